// What the page knows of migrations, promotions and retirements. The API lists migrations a hundred at a time in the
// order of their ids, so the whole fleet is read once, page by page, and then only what can have changed.

import { BACKGROUND, NOW, VIEW, get, getNext } from "./api.js";
import { RUNNING, nameOf, partsOf } from "./format.js";
import { observable } from "./live.js";

const RUNNING_STATES = new Set(RUNNING);
const LOOKS = 8; // requests of one turn
const OVERLAP = 2_000; // milliseconds: the API's `since` is inclusive, and whole seconds

// rows: by id, whole: every page was read.
export const fleet = observable({ rows: new Map(), whole: false, reading: false, unreadable: [], newest: 0 });
export const promotions = observable({ all: [], unreadable: [], readAt: 0, error: null });
export const retirements = observable({ all: [], unreadable: [], readAt: 0, whole: false, error: null, freeze: null });

// The part of a migration that lists, filters and groups need: ten thousand of them fit into a tab.
export function compact(migration, page) {
  const { subscriptions, resourcegroups } = partsOf(migration.image);
  const failures = [migration.failure, ...migration.targets.map((target) => target.failure)].filter(Boolean);
  const regions = migration.targets.flatMap((target) => target.regions);
  const row = {
    id: migration.id,
    image: migration.image,
    name: nameOf(migration.image),
    group: resourcegroups ?? "",
    subscription: subscriptions ?? "",
    state: migration.state,
    reason: migration.reason ?? "",
    fix: migration.fix ?? "",
    cause: failures[0]?.cause ?? "",
    code: failures[0]?.code ?? "",
    rule: migration.rule ?? "",
    waits: migration.waiting_for,
    galleries: [...new Set(migration.targets.map((target) => target.gallery))],
    versions: migration.targets.filter((target) => target.version).map((target) => `${target.definition} ${target.version}`),
    regions: regions.length,
    done: regions.filter((region) => region.state === "Completed").length,
    progress: regions.length ? regions.reduce((sum, region) => sum + region.progress, 0) / regions.length : 0,
    created: migration.created,
    updated: migration.updated,
    page,
    lookedAt: Date.now(),
  };
  row.text = [row.name, row.group, row.subscription, row.state, row.reason, ...row.galleries, ...row.versions].join("\n").toLowerCase();
  return row;
}

// Takes what was read; returns whether anything is new.
export function take(migrations, page) {
  let changed = false;
  const { rows } = fleet.value;
  for (const migration of migrations) {
    const before = rows.get(migration.id);
    const row = compact(migration, page ?? before?.page);
    changed ||= !before || before.updated !== row.updated || before.state !== row.state;
    rows.set(row.id, row);
    fleet.value.newest = Math.max(fleet.value.newest, Date.parse(row.created));
  }
  fleet.changed();
  return changed;
}

export const isRunning = (row) => RUNNING_STATES.has(row.state);

let walk = 0;

// Reads every page, one after the other. A second call replaces the first.
export async function readFleet() {
  const mine = ++walk;
  fleet.set({ reading: true, whole: false });
  const found = new Set();
  const unreadable = [];
  let query = {};
  let priority = VIEW;
  try {
    while (query && mine === walk) {
      const page = query;
      const { data } = await get("migrations", page, priority);
      take(data.migrations, page);
      for (const one of data.migrations) found.add(one.id);
      unreadable.push(...data.unreadable);
      query = data.next ? Object.fromEntries(new URL(data.next, location.href).searchParams) : null;
      priority = BACKGROUND;
    }
    if (mine !== walk) return;
    for (const id of fleet.value.rows.keys()) if (!found.has(id)) fleet.value.rows.delete(id);
    fleet.set({ unreadable, whole: true });
  } finally {
    if (mine === walk) fleet.set({ reading: false });
  }
}

// One turn of looking: what was started since, and the running ones that were not looked at for longest.
export async function lookAtFleet() {
  if (!fleet.value.whole) {
    if (!fleet.value.reading) await readFleet();
    return true;
  }
  let changed = await readStarted();
  const running = [...fleet.value.rows.values()].filter(isRunning).sort((a, b) => a.lookedAt - b.lookedAt);
  const before = Date.now();
  let looks = 0;
  for (const row of running) {
    if (looks === LOOKS) break;
    if (fleet.value.rows.get(row.id)?.lookedAt >= before) continue;
    looks += 1;
    changed = (running.length > LOOKS && row.page ? await readPageOf(row) : await readOne(row.id, BACKGROUND)) || changed;
  }
  return changed;
}

async function readStarted() {
  const { newest } = fleet.value;
  if (!newest) return await readPages({});
  return await readPages({ since: new Date(newest - OVERLAP).toISOString() });
}

async function readPages(query) {
  let changed = false;
  let answer = await get("migrations", query, BACKGROUND);
  for (;;) {
    changed = take(answer.data.migrations) || changed;
    if (!answer.data.next) return changed;
    answer = await getNext("migrations", answer.data.next, BACKGROUND);
  }
}

async function readPageOf(row) {
  const { data } = await get("migrations", row.page, BACKGROUND);
  return take(data.migrations, row.page);
}

// One migration, as its own view and the bulk actions read it; undefined when the task hub has forgotten it.
export async function readOne(id, priority = NOW) {
  try {
    const { data } = await get(`migrations/${encodeURIComponent(id)}`, {}, priority);
    return take([data]);
  } catch (error) {
    if (error.status !== 404) throw error;
    fleet.value.rows.delete(id);
    fleet.changed();
    return true;
  }
}

export async function readPromotions(priority = VIEW) {
  try {
    const { data } = await get("promotions", {}, priority);
    const changed = JSON.stringify(data.promotions) !== JSON.stringify(promotions.value.all);
    promotions.set({ all: data.promotions, unreadable: data.unreadable, readAt: Date.now(), error: null });
    return changed;
  } catch (error) {
    promotions.set({ error });
    throw error;
  }
}

export async function readRetirements(priority = VIEW) {
  const all = [];
  const unreadable = [];
  try {
    let answer = await get("retirements", {}, priority);
    for (;;) {
      all.push(...answer.data.retirements);
      unreadable.push(...answer.data.unreadable);
      if (!retirements.value.whole) retirements.set({ all: [...all] });
      if (!answer.data.next) break;
      answer = await getNext("retirements", answer.data.next, BACKGROUND);
    }
    const freeze = (await get("freeze", {}, priority)).data;
    const changed = JSON.stringify(all) !== JSON.stringify(retirements.value.all);
    retirements.set({ all, unreadable, readAt: Date.now(), whole: true, error: null, freeze });
    return changed;
  } catch (error) {
    retirements.set({ error });
    throw error;
  }
}
