// Promotions, ring by ring: which regions have the version as `latest`, who has taken it, and what comes when.

import { html, useState } from "../vendor/htm-preact.js";
import { post } from "../api.js";
import { commands } from "../commands.js";
import { promotions, readPromotions } from "../fleet.js";
import { counted, galleryPath, nameOf } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Dialog, Fields, Nothing, Problem, State, Text, Unreadable, When } from "../parts.js";
import { address } from "../route.js";

const RUNS = ["planned", "promoting", "baking", "paused"];
const ORDERS = {
  resume: { title: "Resume", about: "The promotion goes on from what is there.", allowed: (one) => one.state === "paused" },
  pause: { title: "Pause", about: "It does not go on to the next ring. What is promoted stays.", allowed: (one) => RUNS.includes(one.state) && one.state !== "paused" },
  abort: { title: "Abort", danger: true, about: "The promotion ends. What is promoted stays; a rollback restores what was before.", allowed: (one) => RUNS.includes(one.state) },
  rollback: { title: "Roll back", danger: true, about: "Exactly the flags that were before are restored. Machines that run the version keep it.", allowed: (one) => one.can_roll_back },
};

export function Promotions({ id }) {
  const { all, unreadable, readAt, error } = useObservable(promotions);
  const shown = id ? all.filter((one) => one.id === id) : [...all].sort((a, b) => rank(a) - rank(b) || (a.updated < b.updated ? 1 : -1));
  return html`
    ${id && html`<p class="crumbs"><a href=${address("promotions")}>Promotions</a></p>`}
    <div class="section-head"><h1>${id ? "Promotion" : "Promotions"}</h1>${!id && html`<${CopyCommand} command=${commands.promotions()} />`}</div>
    <${Problem} error=${error} />
    ${!readAt && !error && html`<p class="reading" role="status">Reading…</p>`}
    ${readAt > 0 && !shown.length && html`<${Nothing} title=${id ? "The task hub knows no promotion of this id." : "No version was promoted yet."} />`}
    ${shown.map((one) => html`<${Promotion} promotion=${one} whole=${Boolean(id)} key=${one.id} />`)}
    <${Unreadable} all=${unreadable} />
  `;
}

const rank = ({ state }) => (state === "paused" ? 0 : state === "failed" ? 1 : RUNS.includes(state) ? 2 : 3);

function Promotion({ promotion, whole }) {
  const [asked, ask] = useState(null);
  const order = ORDERS[asked];
  const act = async () => {
    await post(`promotions/${encodeURIComponent(promotion.id)}/${asked}`);
    await readPromotions();
  };
  const { reason, fix, failure, waiting_for: wait } = promotion;
  return html`<article class="promotion">
    <div class="section-head">
      <h2><a href=${address("promotions", promotion.id)}>${galleryPath(promotion.definition)}</a> <b class="version">${nameOf(promotion.version)}</b> <${State} state=${promotion.state} /></h2>
      <div class="actions">
        ${Object.entries(ORDERS).map(([verb, { title, danger, allowed }]) => allowed(promotion) && html`<button type="button" class=${danger ? "danger-quiet" : ""} onClick=${() => ask(verb)}>${title}</button>`)}
        <${CopyCommand} command=${commands.promotion(promotion.id)} />
      </div>
    </div>
    ${reason && html`<p class="why"><${Text} text=${reason} />${failure?.cause && html` <span class="dim">${failure.cause}</span>`}</p>`}
    ${fix && html`<p class="fix"><b>Fix</b> <${Text} text=${fix} /></p>`}
    ${wait && html`<p class="dim waits">waits until <${When} at=${wait.until} />${wait.attempt && ` for attempt ${wait.attempt}`}: <${Text} text=${wait.reason} /></p>`}
    <ol class="rings" aria-label="Rings">${promotion.rings.map((regions, position) => html`<${Ring} promotion=${promotion} regions=${regions} number=${position + 1} />`)}</ol>
    ${whole && html`<${Details} promotion=${promotion} />`}
    ${order && html`<${Dialog} title=${`${order.title} ${nameOf(promotion.definition)} ${nameOf(promotion.version)}?`} action=${order.title} danger=${order.danger} onDo=${act} onClose=${() => ask(null)}>
      <p>${order.about}</p>
      <${CopyCommand} command=${commands.order(asked, promotion.id)} />
    <//>`}
  </article>`;
}

function Ring({ promotion, regions, number }) {
  const followers = promotion.followers.filter((one) => regions.includes(one.region));
  const taken = followers.reduce((sum, one) => sum + one.taken, 0);
  const instances = followers.reduce((sum, one) => sum + one.instances, 0);
  const done = regions.every((region) => promotion.promoted[region]);
  const here = promotion.ring === number && RUNS.includes(promotion.state);
  const how = here ? promotion.state : done ? "promoted" : "later";
  const say = here ? (promotion.state === "baking" ? html`bakes until <${When} at=${promotion.bake_until} />` : promotion.state) : done ? "latest" : "not yet";
  return html`<li data-how=${how} aria-current=${here ? "step" : undefined}>
    <span class="ring-head"><b>Ring ${number}</b> <span class="dim">${say}</span></span>
    <ul>${regions.map((region) => html`<li key=${region}><span>${region}</span> <span class="dim">${promotion.promoted[region] ? html`since <${When} at=${promotion.promoted[region]} />` : (promotion.latest[region] ?? "")}</span></li>`)}</ul>
    ${followers.length > 0 && html`<span class="dim">${counted(followers.length, "scale set")}: ${taken} of ${counted(instances, "instance")} took it</span>`}
  </li>`;
}

function Details({ promotion }) {
  return html`
    ${
      promotion.followers.length > 0 &&
      html`<table class="plain">
        <thead><tr><th scope="col">Scale set</th><th scope="col">Region</th><th scope="col" class="number">Took it</th><th scope="col" class="number">Instances</th><th scope="col">Upgrade</th></tr></thead>
        <tbody>${promotion.followers.map((one) => html`<tr key=${one.id}><th scope="row">${nameOf(one.id)}</th><td>${one.region}</td><td class="number">${one.taken}</td><td class="number">${one.instances}</td><td>${one.upgrade ? one.upgrade.error || one.upgrade.code : (one.window ?? "")}</td></tr>`)}</tbody>
      </table>`
    }
    ${promotion.warnings.length > 0 && html`<ul class="warnings">${promotion.warnings.map((one) => html`<li><${Text} text=${one} /></li>`)}</ul>`}
    <${Fields} rows=${[
      ["Version", html`<a href=${address("lineage", "", { version: promotion.version })}><code>${promotion.version}</code></a>`],
      ["Kind", promotion.action],
      ["Started by", promotion.started_by],
      ["Last order by", promotion.ordered_by],
      ["Each ring bakes", `${promotion.bake_hours} h`],
      ["Still run the version", promotion.still_running],
      ["Started", html`<${When} at=${promotion.created} />`],
      ["Changed", html`<${When} at=${promotion.updated} />`],
    ]} />
  `;
}
