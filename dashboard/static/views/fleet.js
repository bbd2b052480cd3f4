// The fleet: every migration, filtered in the browser, with every filter in the address.

import { html, useEffect, useMemo, useRef } from "../vendor/htm-preact.js";
import { Bulk } from "../bulk.js";
import { commands } from "../commands.js";
import { fleet, isRunning, readOne } from "../fleet.js";
import { ENDED, RUNNING, STATES, STOPPED, counted, number, words } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Meter, Nothing, State, Text, Unreadable, When } from "../parts.js";
import { address, refine } from "../route.js";
import { selectedMigrations } from "../selection.js";
import { Table } from "../table.js";

const READ_AGAIN = 20;
const GROUPS = { running: RUNNING, attention: STOPPED, ended: ENDED };
const SORTS = {
  updated: (a, b) => (a.updated < b.updated ? 1 : a.updated > b.updated ? -1 : a.id < b.id ? -1 : 1),
  created: (a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? -1 : 1),
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1),
};
const ACTIONS = [
  {
    verb: "retry",
    past: "Retried",
    doing: "Retrying",
    path: "migrations",
    applies: (row) => !isRunning(row) && !["completed", "skipped"].includes(row.state),
    about: "Each migration is started again with the choices of its request, and goes on with what is there.",
    command: (items) => commands.retry(items.map((item) => item.id)),
  },
  {
    verb: "cancel",
    past: "Cancelled",
    doing: "Cancelling",
    path: "migrations",
    danger: true,
    applies: isRunning,
    about: "What Azure has begun goes on there. Another start of a migration continues with it.",
    command: (items) => commands.cancel(items.map((item) => item.id)),
  },
];

export function matches(query) {
  const states = new Set((query.state ?? "").split(",").filter(Boolean).flatMap((name) => GROUPS[name] ?? [name]));
  const found = (query.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (!states.size || states.has(row.state)) &&
    (!query.gallery || row.galleries.includes(query.gallery)) &&
    (!query.subscription || row.subscription === query.subscription) &&
    (!query.reason || row.reason === query.reason) &&
    found.every((word) => row.text.includes(word));
}

export function Fleet({ query }) {
  const { rows, whole, unreadable } = useObservable(fleet);
  useObservable(selectedMigrations);
  const sort = SORTS[query.sort] ? query.sort : "updated";
  const all = useMemo(() => [...rows.values()], [fleet.version]);
  const sorted = useMemo(() => all.sort(SORTS[sort]), [all, sort]);
  const key = JSON.stringify({ ...query, do: "" });
  const shown = useMemo(() => sorted.filter(matches(query)), [sorted, key]);
  const chosen = shown.filter((row) => selectedMigrations.has(row.id)).length;
  const everything = shown.length > 0 && chosen === shown.length;
  const select = (event) => (event.target.checked ? selectedMigrations.put : selectedMigrations.drop)(shown.map((row) => row.id));
  const box = html`<input type="checkbox" aria-label=${`Select all ${number(shown.length)} that match`} checked=${everything} indeterminate=${chosen > 0 && !everything} onChange=${select} />`;
  // a link to an action is about everything that matches; it only asks
  const linked = useRef(Boolean(query.do));
  useEffect(() => {
    if (!linked.current || !whole) return;
    linked.current = false;
    if (query.do && !selectedMigrations.value.ids.size) selectedMigrations.put(shown.map((row) => row.id));
  }, [whole]);
  const after = async (done) => {
    for (const row of done.slice(0, READ_AGAIN)) await readOne(row.id);
  };
  return html`
    <div class="section-head"><h1>Fleet</h1><${CopyCommand} command=${commands.fleet(query)} /></div>
    <${Filters} query=${query} rows=${all} sort=${sort} />
    <p class="count" role="status">
      ${counted(shown.length, "migration")}${shown.length !== rows.size && ` of ${number(rows.size)}`}${!whole && ", reading on…"}
      ${shown.length > 0 && !everything && html` <button type="button" class="link" onClick=${() => selectedMigrations.put(shown.map((row) => row.id))}>Select all ${number(shown.length)}</button>`}
    </p>
    <${Bulk}
      selection=${selectedMigrations} items=${sorted} actions=${ACTIONS} things="migration"
      asked=${query.do} onAsk=${(verb) => refine({ do: verb })} onDone=${after}
    />
    ${
      shown.length
        ? html`<${Table} kind="fleet" label="Migrations" items=${shown} heads=${[{ key: "box", cell: box }, "Image", "State", "Regions", "Gallery", "Changed"]} row=${cells} />`
        : whole && html`<${Nothing} title="No migration matches."><p><a href=${address("fleet")}>Show all ${number(rows.size)}</a></p><//>`
    }
    <${Unreadable} all=${unreadable} />
  `;
}

function cells(row) {
  return html`
    <div role="cell" class="c-box"><input type="checkbox" aria-label=${`Select ${row.name}`} checked=${selectedMigrations.has(row.id)} onChange=${() => selectedMigrations.toggle(row.id)} /></div>
    <div role="cell" class="c-name"><a href=${address("migrations", row.id)}>${row.name}</a> <span class="dim">${row.group}</span></div>
    <div role="cell" class="c-state"><${State} state=${row.state} />${about(row)}</div>
    <div role="cell" class="c-regions">${regions(row)}</div>
    <div role="cell" class="c-gallery">${row.galleries.join(", ")}</div>
    <div role="cell" class="c-when"><${When} at=${row.updated} /></div>
  `;
}

function about(row) {
  if (row.reason) return html` <span class="dim"><${Text} text=${row.reason} /></span>`;
  if (row.waits) return html` <span class="dim waits">waits until <${When} at=${row.waits.until} /></span>`;
  return null;
}

function regions(row) {
  if (!row.regions) return null;
  if (!isRunning(row)) return html`<span>${row.done} of ${row.regions}</span>`;
  return html`<${Meter} value=${row.progress} label=${`Replication of ${row.name}`} /> <span>${row.done}/${row.regions}</span>`;
}

function Filters({ query, rows, sort }) {
  const field = useRef(null);
  const galleries = useMemo(() => [...new Set(rows.flatMap((row) => row.galleries))].sort(), [rows]);
  const subscriptions = useMemo(() => [...new Set(rows.map((row) => row.subscription))].sort(), [rows]);
  useEffect(() => {
    const pressed = (event) => {
      if (event.key !== "/" || /INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName)) return;
      event.preventDefault();
      field.current.focus();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  const change = (name) => (event) => refine({ [name]: event.target.value });
  const named = (value, known) => (value && !known.includes(value) ? [value, ...known] : known);
  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <label class="grow">Filter
      <input ref=${field} type="search" placeholder="image, group, reason, version" value=${query.q ?? ""} onInput=${change("q")} />
    </label>
    <label>State
      <select value=${query.state ?? ""} onChange=${change("state")}>
        <option value="">all</option>
        <option value="attention">needs attention</option>
        <option value="running">running</option>
        ${named(query.state, STATES).filter((one) => !GROUPS[one]).map((one) => html`<option value=${one}>${words(one)}</option>`)}
      </select>
    </label>
    <${Choice} name="Gallery" value=${query.gallery} all=${named(query.gallery, galleries)} onChange=${change("gallery")} />
    <${Choice} name="Subscription" value=${query.subscription} all=${named(query.subscription, subscriptions)} onChange=${change("subscription")} />
    <label>Order
      <select value=${sort} onChange=${change("sort")}>
        <option value="updated">changed last</option><option value="created">started last</option><option value="name">name</option>
      </select>
    </label>
    ${query.reason && html`<p class="chosen">Only: ${query.reason} <button type="button" class="link" onClick=${() => refine({ reason: "" })}>show others, too</button></p>`}
  </form>`;
}

function Choice({ name, value, all, onChange }) {
  if (all.length < 2 && !value) return null;
  return html`<label>${name}
    <select value=${value ?? ""} onChange=${onChange}>
      <option value="">all</option>
      ${all.map((one) => html`<option value=${one}>${one}</option>`)}
    </select>
  </label>`;
}
