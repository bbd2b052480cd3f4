// Coverage at a glance: how many managed images there are, in which category, and why.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get } from "../api.js";
import { commands } from "../commands.js";
import { fleet } from "../fleet.js";
import { galleryPath, nameOf, number, partsOf } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Nothing, Problem, Text, Unreadable, When } from "../parts.js";
import { address } from "../route.js";
import { Table } from "../table.js";

const CATEGORIES = ["migrated", "running", "blocked", "untouched", "ignored", "unknown"];
const MEANINGS = {
  migrated: "in every region of every target gallery",
  running: "a migration runs",
  blocked: "something has to be done first",
  untouched: "not begun",
  ignored: "the policy leaves them alone",
  unknown: "not read yet, or not readable",
};
const READS = 30;

export function Coverage({ query }) {
  const [coverage, setCoverage] = useState(null);
  const [error, setError] = useState(null);
  const category = CATEGORIES.includes(query.category) ? query.category : "";
  useEffect(() => {
    let here = true;
    let timer = 0;
    async function read(left) {
      try {
        const { data, retryAfter } = await get("coverage", { category });
        if (!here) return;
        setCoverage(data);
        setError(null);
        // the API reads on where it stopped
        if (data.unread && left > 0) timer = setTimeout(() => read(left - 1), (retryAfter ?? 30) * 1000);
      } catch (failure) {
        if (here) setError(failure);
      }
    }
    read(READS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [category]);
  return html`
    <div class="section-head"><h1>Coverage</h1><${CopyCommand} command=${commands.coverage(category)} /></div>
    <${Problem} error=${error} />
    ${!coverage && !error && html`<p class="reading" role="status">Asking Azure…</p>`}
    ${coverage && html`<${Counts} coverage=${coverage} chosen=${category} />`}
    ${coverage?.unread && html`<p class="note" role="status">More is being read: ${coverage.unread.reason}.</p>`}
    ${coverage && (category ? html`<${Listed} listed=${coverage.listed ?? []} category=${category} />` : html`<${Reasons} coverage=${coverage} />`)}
    ${coverage && !category && html`<${Limits} forecast=${coverage.forecast ?? []} />`}
    <${Unreadable} all=${coverage?.unreadable} />
  `;
}

function Counts({ coverage, chosen }) {
  const all = coverage.images;
  const share = (name) => (all ? (coverage[name] / all) * 100 : 0);
  return html`
    <p class="big"><b>${number(coverage.migrated)}</b> of ${number(all)} managed images are migrated${all > 0 && html` <span class="dim">${Math.floor(share("migrated"))} %</span>`}</p>
    <div class="stack" role="img" aria-label=${CATEGORIES.map((name) => `${coverage[name]} ${name}`).join(", ")}>
      ${CATEGORIES.map((name) => coverage[name] > 0 && html`<span data-category=${name} style=${{ width: `${share(name)}%` }}></span>`)}
    </div>
    <ul class="categories">
      ${CATEGORIES.map(
        (name) => html`<li key=${name}><a href=${address("coverage", "", { category: name === chosen ? "" : name })} aria-current=${name === chosen ? "true" : undefined}>
          <span class="swatch" data-category=${name} aria-hidden="true"></span><b>${number(coverage[name])}</b> ${name}<span class="dim">${MEANINGS[name]}</span>
        </a></li>`,
      )}
    </ul>
  `;
}

function Reasons({ coverage }) {
  const blocked = Object.entries(coverage.blocked_why).sort((a, b) => b[1] - a[1]);
  const ignored = Object.entries(coverage.ignored_by).sort((a, b) => b[1] - a[1]);
  const list = (title, rows, category) =>
    rows.length > 0 &&
    html`<section><h2>${title}</h2>
      <table class="plain"><thead><tr><th scope="col" class="number">Images</th><th scope="col">Reason</th></tr></thead>
        <tbody>${rows.map(([why, count]) => html`<tr key=${why}><td class="number">${number(count)}</td><td><a href=${address("coverage", "", { category })}><${Text} text=${why.replace(/^blocked: /, "")} /></a></td></tr>`)}</tbody>
      </table>
    </section>`;
  return html`${list("Why images are blocked", blocked, "blocked")}${list("What the policy ignores", ignored, "ignored")}`;
}

function Limits({ forecast }) {
  if (!forecast.length) return null;
  return html`<section><h2>Limits of the galleries</h2>
    <table class="plain">
      <thead><tr><th scope="col">Limit</th><th scope="col">Region</th><th scope="col" class="roomy">Subscription</th><th scope="col" class="number">Used</th><th scope="col" class="number">Of</th><th scope="col" class="number">Days left</th></tr></thead>
      <tbody>${forecast.map(
        (one) => html`<tr key=${one.limit + one.subscription + one.region}>
          <td>${one.limit}</td><td>${one.region}</td><td class="roomy"><code>${one.subscription}</code></td>
          <td class="number">${number(one.used)}</td><td class="number">${number(one.most)}</td>
          <td class="number">${one.days_left === null ? "–" : one.days_left > 3650 ? "over 10 years" : number(Math.floor(one.days_left))}</td>
        </tr>`,
      )}</tbody>
    </table>
  </section>`;
}

function Listed({ listed, category }) {
  useObservable(fleet);
  const migrations = new Map([...fleet.value.rows.values()].map((row) => [row.image.toLowerCase(), row.id]));
  if (!listed.length) return html`<${Nothing} title=${`No image is ${category}.`} />`;
  const items = listed.map((one) => ({ ...one, id: one.image }));
  const row = (one) => {
    const id = migrations.get(one.image.toLowerCase());
    const name = nameOf(one.image);
    return html`
      <div role="cell" class="c-name">${id ? html`<a href=${address("migrations", id)}>${name}</a>` : name} <span class="dim">${partsOf(one.image).resourcegroups}</span></div>
      <div role="cell" class="c-state"><span class="dim"><${Text} text=${(one.why ?? "").replace(/^blocked: /, "")} /></span></div>
      <div role="cell" class="c-gallery">${one.definitions.map(galleryPath).join(", ")}</div>
      <div role="cell" class="c-when"><${When} at=${one.created_at} /></div>
    `;
  };
  return html`<section><h2>${number(listed.length)} ${category}</h2>
    <${Table} kind="listed" label=${`Images: ${category}`} items=${items} heads=${["Image", "Why", "Definition", "Captured"]} row=${row} />
  </section>`;
}
