// One migration: why it stopped or what it waits for, how far it is, region by region, and its time line.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, post } from "../api.js";
import { commands } from "../commands.js";
import { fleet, isRunning, readOne, take } from "../fleet.js";
import { duration, galleryPath, moment, nameOf, partsOf } from "../format.js";
import { repeat, useObservable } from "../live.js";
import { CopyCommand, Dialog, Fields, Meter, Problem, State, Text, When } from "../parts.js";
import { address } from "../route.js";

const STEPS = ["planned", "preparing", "publishing", "replicating", "verifying", "completed"];
const MANY_REGIONS = 12;
const NAMES = { planned: "Plan", preparing: "Definition", publishing: "Version", replicating: "Replication", verifying: "Proof", completed: "Done" };

export function Migration({ id }) {
  useObservable(fleet);
  const [migration, setMigration] = useState(null);
  const [error, setError] = useState(null);
  const [asked, ask] = useState(null);

  async function read() {
    try {
      const { data } = await get(`migrations/${encodeURIComponent(id)}`);
      setMigration(data);
      setError(null);
      return take([data]);
    } catch (failure) {
      setError(failure);
      throw failure;
    }
  }
  useEffect(() => {
    setMigration(null);
    read().catch(() => {});
    const looking = repeat(read);
    return looking.stop;
  }, [id]);

  if (!migration) return html`<h1>Migration</h1>${error ? html`<${Problem} error=${error} />` : html`<p class="reading">Reading…</p>`}`;
  const runs = isRunning(migration);
  const { subscriptions, resourcegroups } = partsOf(migration.image);
  const act = (verb) => async () => {
    await post(`migrations/${encodeURIComponent(id)}/${verb}`);
    await readOne(id);
    await read();
  };
  return html`
    <p class="crumbs"><a href=${address("fleet")}>Fleet</a></p>
    <div class="section-head">
      <h1>${nameOf(migration.image)} <${State} state=${migration.state} /></h1>
      <div class="actions">
        ${runs && html`<button type="button" onClick=${() => ask("cancel")}>Cancel</button>`}
        ${!runs && migration.state !== "completed" && html`<button type="button" class="primary" onClick=${() => ask("retry")}>Retry</button>`}
        <${CopyCommand} command=${runs ? commands.watch(id) : commands.migration(id)} />
      </div>
    </div>
    <p class="dim">${resourcegroups} · ${subscriptions}</p>
    <${Problem} error=${error} />
    <${Why} migration=${migration} />
    <${Steps} migration=${migration} />
    <${TimeLine} migration=${migration} />
    ${migration.targets.map((target) => html`<${Target} target=${target} key=${target.gallery + target.definition} />`)}
    <${Followed} addresses=${migration.followed_by} />
    ${migration.warnings.length > 0 && html`<section><h2>Warnings</h2><ul>${migration.warnings.map((one) => html`<li><${Text} text=${one} /></li>`)}</ul></section>`}
    <section><h2>Facts</h2>
      <${Fields} rows=${[
        ["Managed image", html`<code>${migration.image}</code>`],
        ["Migration", html`<code>${migration.id}</code>`],
        ["Started by", migration.started_by],
        ["Policy rule", migration.rule],
        ["Started", html`<${When} at=${migration.created} />`],
        ["Changed", html`<${When} at=${migration.updated} />`],
        ["Fingerprint", migration.fingerprint && html`<code>${migration.fingerprint}</code>`],
      ]} />
    </section>
    ${asked === "retry" && html`<${Dialog} title=${`Retry ${nameOf(migration.image)}?`} action="Retry" onDo=${act("retry")} onClose=${() => ask(null)}>
      <p>The migration is started again with the choices of its request, and goes on with what is there.</p>
    <//>`}
    ${asked === "cancel" && html`<${Dialog} title=${`Cancel ${nameOf(migration.image)}?`} action="Cancel the migration" danger onDo=${act("cancel")} onClose=${() => ask(null)}>
      <p>What Azure has begun goes on there. Another start of the migration continues with it.</p>
    <//>`}
  `;
}

function Why({ migration }) {
  const { reason, fix, failure, waiting_for: wait } = migration;
  if (reason) {
    const kind = migration.state === "skipped" ? "note" : "group";
    return html`<article class=${kind} data-state=${migration.state}>
      <h2><${Text} text=${reason} /></h2>
      ${failure?.cause && html`<p class="cause"><${Text} text=${failure.cause} /> ${failure.code && html`<code>${failure.code}</code>`}</p>`}
      ${fix && html`<p class="fix"><b>Fix</b> <${Text} text=${fix} /></p>`}
    </article>`;
  }
  if (!wait) return null;
  return html`<article class="wait" data-throttled=${wait.throttled}>
    <h2>Waits until <${When} at=${wait.until} />${wait.attempt && ` for attempt ${wait.attempt}`}</h2>
    <p>${wait.throttled && "Azure puts the calls off: "}<${Text} text=${wait.reason} /></p>
  </article>`;
}

// The step in which a migration is, or in which it ended.
function stepOf({ state, targets }) {
  if (STEPS.includes(state)) return state;
  if (!targets.length) return "planned";
  if (targets.some((target) => target.proofs.length)) return "verifying";
  if (targets.some((target) => target.regions.length)) return "replicating";
  return targets.some((target) => target.version_id) ? "publishing" : "preparing";
}

function Steps({ migration }) {
  const at = STEPS.indexOf(stepOf(migration));
  const runs = isRunning(migration);
  const proofs = migration.targets.some((target) => target.proofs.length) || migration.state === "verifying";
  const here = !runs ? (migration.state === "completed" ? "done" : "stopped") : migration.waiting_for ? "waiting" : "working";
  const say = { done: "done", stopped: "stopped here", waiting: "waits", working: "works", later: "not yet" };
  return html`<ol class="steps" aria-label="Steps">
    ${STEPS.filter((step) => step !== "verifying" || proofs).map((step) => {
      const place = STEPS.indexOf(step);
      const how = place < at ? "done" : place === at ? here : "later";
      return html`<li key=${step} data-how=${how} aria-current=${place === at ? "step" : undefined}><span class="bar" aria-hidden="true"></span>${NAMES[step]} <span class="dim">${say[how]}</span></li>`;
    })}
  </ol>`;
}

// The whole run as its course tells it, and the proofs. An older release may have told no course.
function lanesOf(migration) {
  const begin = Date.parse(migration.created);
  const last = Date.parse(isRunning(migration) ? (migration.waiting_for?.until ?? migration.updated) : migration.updated);
  const parts = migration.course.map((change, position) => {
    const from = Date.parse(change.at);
    const next = migration.course[position + 1];
    const to = next ? Date.parse(next.at) : last;
    return { from, to: Math.max(from, to), how: change.waits_for ? "waiting" : "working", text: change.waits_for ?? change.state };
  });
  const lanes = [{ name: "Migration", parts: parts.filter((part) => part.to > part.from) }];
  for (const target of migration.targets) {
    for (const proof of target.proofs) {
      if (!proof.started_at) continue;
      const from = Date.parse(proof.started_at);
      const to = Date.parse(proof.ended_at ?? migration.updated);
      lanes.push({ name: `Proof in ${proof.region}`, parts: [{ from, to: Math.max(from, to), how: proof.verdict === "failed" ? "stopped" : "working", text: proof.verdict }] });
    }
  }
  const end = Math.max(begin + 1, ...lanes.flatMap((lane) => lane.parts.map((part) => part.to)));
  return { begin, end, lanes };
}

function TimeLine({ migration }) {
  const { begin, end, lanes } = lanesOf(migration);
  const place = (time) => `${((time - begin) / (end - begin)) * 100}%`;
  const used = new Set(lanes.flatMap((lane) => lane.parts.map((part) => part.how)));
  const legend = { working: "works", waiting: "waits", stopped: "failed" };
  return html`<section class="timeline">
    <div class="section-head"><h2>Time line</h2><span class="dim">${duration(end - begin)}</span></div>
    ${lanes.map(
      (lane) => html`<div class="lane" key=${lane.name}>
        <span class="lane-name">${lane.name}</span>
        <div class="track" role="img" aria-label=${lane.parts.map((part) => `${moment(part.from)} to ${moment(part.to)}: ${legend[part.how]}, ${part.text}`).join("; ")}>
          ${lane.parts.map((part) => html`<span class="part" data-how=${part.how} title=${`${part.text} · ${duration(part.to - part.from)}`} style=${{ left: place(part.from), width: `${((part.to - part.from) / (end - begin)) * 100}%` }}></span>`)}
        </div>
      </div>`,
    )}
    <div class="axis"><span>${moment(begin)}</span><span>${moment(end)}</span></div>
    <ul class="legend">${[...used].map((how) => html`<li><span class="part" data-how=${how} aria-hidden="true"></span>${legend[how]}</li>`)}</ul>
  </section>`;
}

function Target({ target }) {
  // of many regions those that have the version need no room
  const shown = target.regions.length > MANY_REGIONS ? target.regions.filter((region) => !completed(region)) : target.regions;
  const path = target.version_id ? galleryPath(target.version_id) : `${target.gallery} / ${target.definition}`;
  return html`<section class="target">
    <div class="section-head">
      <h2>${path} <${State} state=${target.state} /></h2>
      ${target.version_id && html`<a href=${address("lineage", "", { version: target.version_id })}>Lineage</a>`}
    </div>
    ${target.failure && html`<p class="fix"><b>${target.failure.code}</b> <${Text} text=${target.failure.message} />${target.failure.fix && html` <b>Fix</b> ${target.failure.fix}`}</p>`}
    <${Regions} regions=${shown} />
    ${shown.length < target.regions.length && html`<details class="rest"><summary>${target.regions.length - shown.length} regions are completed</summary><${Regions} regions=${target.regions.filter(completed)} /></details>`}
    ${
      target.proofs.length > 0 &&
      html`<table class="plain">
        <thead><tr><th scope="col">Proof</th><th scope="col">Verdict</th><th scope="col">Machine</th><th scope="col">Time</th></tr></thead>
        <tbody>${target.proofs.map(
          (proof) => html`<tr key=${proof.region}>
            <th scope="row">${proof.region}</th><td>${proof.verdict}</td>
            <td>${[proof.size, proof.controller].filter(Boolean).join(", ")}${proof.failure && html` <${Text} text=${proof.failure.message} />`}</td>
            <td><${When} at=${proof.started_at} />${proof.ended_at && html` – <${When} at=${proof.ended_at} />`}</td>
          </tr>`,
        )}</tbody>
      </table>`
    }
  </section>`;
}

const completed = (region) => region.state === "Completed";

function Regions({ regions }) {
  if (!regions.length) return null;
  const told = regions.some((region) => region.details);
  return html`<table class="plain">
    <thead><tr><th scope="col">Region</th><th scope="col">Replication</th><th scope="col" class="wide">Progress</th>${told && html`<th scope="col">Details</th>`}</tr></thead>
    <tbody>${regions.map(
      (region) => html`<tr key=${region.region}>
        <th scope="row">${region.region}</th>
        <td class="word">${region.state}</td>
        <td class="wide"><${Meter} value=${region.progress} label=${`Replication to ${region.region}`} /> <span class="percent">${region.progress} %</span></td>
        ${told && html`<td><${Text} text=${region.details} /></td>`}
      </tr>`,
    )}</tbody>
  </table>`;
}

function Followed({ addresses }) {
  if (!addresses.length) return null;
  const found = addresses.map((one) => one.match(/\/(promotions|retirements)\/([^/]+)$/)).filter(Boolean);
  return html`<section><h2>What follows</h2>
    <ul class="names">${found.map(([, kind, id]) => html`<li><a href=${address(kind, decodeURIComponent(id))}>${kind === "promotions" ? "The promotion" : "The retirement of the managed image"}</a></li>`)}</ul>
  </section>`;
}
