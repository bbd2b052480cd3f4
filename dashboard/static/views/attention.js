// The first view: what needs a person, the reason first.

import { html, useMemo } from "../vendor/htm-preact.js";
import { groupsOf } from "../attention.js";
import { commands } from "../commands.js";
import { fleet, isRunning, promotions, retirements } from "../fleet.js";
import { counted, nameOf, number } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Nothing, State, Text, Unreadable } from "../parts.js";
import { address, go } from "../route.js";
import { selectedMigrations, selectedRetirements } from "../selection.js";

const NAMED = 4;
const WHERE = { migration: "migrations", promotion: "promotions", retirement: "retirements" };

export function Attention() {
  const { rows, whole, unreadable } = useObservable(fleet);
  const { all: allPromotions } = useObservable(promotions);
  const { all: allRetirements } = useObservable(retirements);
  const groups = useMemo(
    () => groupsOf(rows.values(), allPromotions, allRetirements),
    [fleet.version, allPromotions, allRetirements],
  );
  const decisions = groups.filter((group) => ["awaiting-approval", "paused"].includes(group.state));
  const stopped = groups.filter((group) => !decisions.includes(group));
  return html`
    <h1>Needs attention</h1>
    <${Glance} rows=${rows} whole=${whole} />
    ${groups.length === 0 && whole && html`<${Nothing} title="Nothing needs attention."><p>${running(rows)}</p><//>`}
    ${groups.length === 0 && !whole && html`<p class="reading" role="status">Reading the fleet…</p>`}
    ${decisions.length > 0 && html`<${Section} title="Waits for a decision" groups=${decisions} />`}
    ${stopped.length > 0 && html`<${Section} title="Stopped" groups=${stopped} command=${commands.attention()} />`}
    <${Unreadable} all=${unreadable} />
  `;
}

function running(rows) {
  const count = [...rows.values()].filter(isRunning).length;
  if (count) return `${counted(count, "migration")} ${count === 1 ? "runs" : "run"}.`;
  return rows.size ? `All ${number(rows.size)} migrations have ended.` : "No managed image was migrated yet.";
}

function Glance({ rows, whole }) {
  const counts = useMemo(() => {
    const found = new Map([["running", 0], ["completed", 0], ["failed", 0], ["blocked", 0], ["partial", 0], ["unverified", 0]]);
    for (const row of rows.values()) {
      const name = isRunning(row) ? "running" : row.state;
      found.set(name, (found.get(name) ?? 0) + 1);
    }
    return [...found];
  }, [fleet.version]);
  return html`<ul class="glance" aria-label="Migrations by state">
    <li><a href=${address("fleet")}><b>${number(rows.size)}</b> ${whole ? "in all" : "read so far"}</a></li>
    ${counts.map(
      ([name, count]) =>
        (count > 0 || name === "completed") &&
        html`<li key=${name}><a href=${address("fleet", "", { state: name })}><b>${number(count)}</b> ${name}</a></li>`,
    )}
  </ul>`;
}

function Section({ title, groups, command }) {
  return html`<section>
    <div class="section-head"><h2>${title}</h2>${command && html`<${CopyCommand} command=${command} />`}</div>
    ${groups.map((group) => html`<${Group} group=${group} key=${group.key} />`)}
  </section>`;
}

function Group({ group }) {
  const { items, kind, state } = group;
  const more = items.length - NAMED;
  return html`<article class="group" data-state=${state}>
    <h3><${Text} text=${group.reason} /></h3>
    <p class="about"><${State} state=${state} /> ${counted(items.length, kind)}${group.code && html` · <code>${group.code}</code>`}</p>
    ${group.cause && html`<p class="cause"><${Text} text=${group.cause} /></p>`}
    ${group.fix && html`<p class="fix"><b>${state === "awaiting-approval" ? "Next" : "Fix"}</b> <${Text} text=${group.fix} /></p>`}
    <ul class="names">
      ${items.slice(0, NAMED).map((item) => html`<li key=${item.id}><a href=${address(WHERE[kind], item.id)}>${nameOf(item.image ?? item.definition)}</a></li>`)}
      ${more > 0 && html`<li><a href=${allOf(group)}>and ${number(more)} more</a></li>`}
    </ul>
    <div class="actions">${actionsOf(group)}</div>
  </article>`;
}

function allOf({ kind, state, reason }) {
  if (kind === "migration") return address("fleet", "", { state, reason });
  if (kind === "retirement") return address("retirements", "", { state });
  return address("promotions");
}

function actionsOf(group) {
  const { kind, items, reason, state } = group;
  const ids = items.map((item) => item.id);
  if (kind === "migration") {
    const retry = () => {
      selectedMigrations.put(ids);
      go("fleet", "", { state, reason, do: "retry" });
    };
    return html`
      <button type="button" onClick=${retry}>Retry ${items.length > 1 ? `all ${number(items.length)}` : ""}</button>
      <${CopyCommand} command=${commands.retry(ids)} />
    `;
  }
  if (kind === "promotion") {
    return html`<a class="button" href=${address("promotions", items[0].id)}>Look at its rings</a>`;
  }
  if (state === "awaiting-approval" && items.length > 1) {
    const decide = () => {
      selectedRetirements.put(ids);
      go("retirements", "", { state });
    };
    return html`
      <button type="button" onClick=${decide}>Decide about ${number(items.length)}</button>
      <${CopyCommand} command=${commands.approve(ids)} />
    `;
  }
  return html`<a class="button" href=${address("retirements", items[0].id)}>Look at its obligations</a>`;
}
