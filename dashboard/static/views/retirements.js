// Retirements by obligation: which managed image waits for what.

import { html, useMemo } from "../vendor/htm-preact.js";
import { whyRetirementWaits } from "../attention.js";
import { Bulk } from "../bulk.js";
import { commands } from "../commands.js";
import { readRetirements, retirements } from "../fleet.js";
import { counted, nameOf, number, words } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Nothing, Problem, State, Text, Unreadable, When } from "../parts.js";
import { address, refine } from "../route.js";
import { selectedRetirements } from "../selection.js";
import { Table } from "../table.js";

const OPEN = ["soaking", "blocked", "awaiting-approval", "deleting", "interrupted"];
const STATES = [...OPEN, "retired", "kept", "expired", "cancelled", "failed"];
export const OBLIGATIONS = ["replicated", "proved", "protected", "unreferenced", "unlocked", "unchanged", "soaked", "approved", "permitted"];

export const DECISIONS = [
  {
    verb: "approve",
    past: "Approved",
    doing: "Approving",
    path: "retirements",
    danger: true,
    reasonWanted: true,
    applies: (one) => one.state === "awaiting-approval",
    body: (one, reason) => ({ fingerprint: one.fingerprint, reason }),
    about: "Each managed image is deleted once all of its obligations are met, which is read again immediately before. Azure keeps no copy. The certificate keeps your reason.",
    command: (items, reason) => commands.approve(items.map((item) => item.id), reason),
  },
  {
    verb: "reject",
    past: "Rejected",
    doing: "Rejecting",
    path: "retirements",
    reasonWanted: true,
    applies: (one) => OPEN.includes(one.state),
    body: (one, reason) => ({ reason }),
    about: "The retirement ends, and the managed image is kept. The record of the decision keeps your reason.",
    command: (items, reason) => commands.reject(items.map((item) => item.id), reason),
  },
];

export function Retirements({ query }) {
  const { all, whole, unreadable, error, freeze } = useObservable(retirements);
  useObservable(selectedRetirements);
  const items = useMemo(() => all.map((one) => ({ ...one, name: nameOf(one.image) })).sort(order), [all]);
  const shown = items.filter(matches(query));
  const chosen = shown.filter((one) => selectedRetirements.has(one.id)).length;
  const everything = shown.length > 0 && chosen === shown.length;
  const select = (event) => (event.target.checked ? selectedRetirements.put : selectedRetirements.drop)(shown.map((one) => one.id));
  const box = html`<input type="checkbox" aria-label=${`Select all ${number(shown.length)} that match`} checked=${everything} indeterminate=${chosen > 0 && !everything} onChange=${select} />`;
  const change = (name) => (event) => refine({ [name]: event.target.value });
  return html`
    <div class="section-head"><h1>Retirements</h1><${CopyCommand} command=${commands.retirements(query.state === "open" ? OPEN.join(",") : query.state)} /></div>
    ${freeze?.frozen && html`<p class="banner" role="status"><b>Deletions are stopped.</b> ${freeze.reason}</p>`}
    <${Problem} error=${error} />
    <${Unmet} all=${items} chosen=${query.unmet} />
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow">Filter <input type="search" placeholder="image, reason" value=${query.q ?? ""} onInput=${change("q")} /></label>
      <label>State
        <select value=${query.state ?? ""} onChange=${change("state")}>
          <option value="">all</option><option value="open">not ended</option>
          ${STATES.map((one) => html`<option value=${one}>${words(one)}</option>`)}
        </select>
      </label>
    </form>
    <p class="count" role="status">${counted(shown.length, "retirement")}${shown.length !== items.length && ` of ${number(items.length)}`}${!whole && !error && ", reading on…"}</p>
    <${Bulk} selection=${selectedRetirements} items=${items} actions=${DECISIONS} things="retirement" asked=${query.do} onAsk=${(verb) => refine({ do: verb })} onDone=${() => readRetirements()} />
    ${
      shown.length
        ? html`<${Table} kind="retirements" label="Retirements" items=${shown} heads=${[{ key: "box", cell: box }, "Managed image", "State", "Obligations", "Until", "Changed"]} row=${cells} />`
        : whole && html`<${Nothing} title=${items.length ? "No retirement matches." : "No managed image is being retired."} />`
    }
    <${Unreadable} all=${unreadable} />
  `;
}

const order = (a, b) => rank(a) - rank(b) || (a.updated < b.updated ? 1 : -1);
const rank = ({ state }) => (state === "awaiting-approval" ? 0 : state === "blocked" ? 1 : OPEN.includes(state) ? 2 : 3);

function matches(query) {
  const found = (query.q ?? "").toLowerCase();
  return (one) =>
    (!query.state || (query.state === "open" ? OPEN.includes(one.state) : one.state === query.state)) &&
    (!query.unmet || (OPEN.includes(one.state) && one.obligations.some((each) => each.name === query.unmet && !each.met))) &&
    (!found || [one.image, one.state, one.reason, ...one.obligations.map((each) => each.reason)].join("\n").toLowerCase().includes(found));
}

function Unmet({ all, chosen }) {
  const open = all.filter((one) => OPEN.includes(one.state));
  if (!open.length) return null;
  const count = (name) => open.filter((one) => one.obligations.some((each) => each.name === name && !each.met)).length;
  return html`<ul class="glance" aria-label="Retirements by unmet obligation">
    ${OBLIGATIONS.map((name) => {
      const unmet = count(name);
      if (!unmet && name !== chosen) return null;
      return html`<li key=${name}><a href=${address("retirements", "", name === chosen ? {} : { unmet: name })} aria-current=${name === chosen ? "true" : undefined}><b>${number(unmet)}</b> not ${name}</a></li>`;
    })}
  </ul>`;
}

export function Marks({ obligations }) {
  const met = obligations.filter((one) => one.met).length;
  return html`<span class="marks" role="img" aria-label=${`${met} of ${obligations.length} obligations are met`}>
    ${obligations.map((one) => html`<span data-met=${one.met} title=${`${one.name}: ${one.met ? "met" : one.reason}`}></span>`)}
  </span>`;
}

function cells(one) {
  const until = one.state === "soaking" ? one.soak_ends : one.state === "awaiting-approval" ? one.expires : one.waiting_for?.until;
  const why = OPEN.includes(one.state) ? whyRetirementWaits(one).reason : (one.reason ?? "");
  return html`
    <div role="cell" class="c-box"><input type="checkbox" aria-label=${`Select ${one.name}`} checked=${selectedRetirements.has(one.id)} onChange=${() => selectedRetirements.toggle(one.id)} /></div>
    <div role="cell" class="c-name"><a href=${address("retirements", one.id)}>${one.name}</a></div>
    <div role="cell" class="c-state"><${State} state=${one.state} /> <span class="dim"><${Text} text=${one.state === "awaiting-approval" ? "" : why} /></span></div>
    <div role="cell" class="c-regions"><${Marks} obligations=${one.obligations} /></div>
    <div role="cell" class="c-gallery">${OPEN.includes(one.state) && html`<${When} at=${until} />`}</div>
    <div role="cell" class="c-when"><${When} at=${one.updated} /></div>
  `;
}
