// Names, moments and states as people read them.

const DAY = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const NUMBER = new Intl.NumberFormat();

export function moment(text) {
  const at = new Date(text);
  if (!text || Number.isNaN(at.getTime())) return "";
  const day = at.getFullYear() === new Date().getFullYear() ? DAY : YEAR;
  return `${day.format(at)} ${TIME.format(at)}`;
}

export function clock(at) {
  return SECONDS.format(at);
}

export function duration(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

export function number(value) {
  return NUMBER.format(value);
}

export function counted(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

// The parts of an Azure resource id by the word before each: { subscriptions, resourceGroups, galleries, … }.
export function partsOf(id) {
  const words = String(id ?? "").split("/").filter(Boolean);
  const parts = {};
  for (let at = 0; at + 1 < words.length; at += 2) parts[words[at].toLowerCase()] = words[at + 1];
  return parts;
}

export function nameOf(id) {
  return String(id ?? "").replace(/\/+$/, "").split("/").pop();
}

// `golden / ubuntu-2204 / 1.0.0` of a version or a definition
export function galleryPath(id) {
  const { galleries, images, versions } = partsOf(id);
  return [galleries, images, versions].filter(Boolean).join(" / ") || nameOf(id);
}

// A text without the long beginning of the resource ids in it; the whole text is in a title.
export function shortIds(text) {
  return String(text ?? "").replace(/\/subscriptions\/[^\s;,]*?\/providers\/Microsoft\.[A-Za-z]+\//gi, "");
}

export const RUNNING = ["planned", "preparing", "publishing", "replicating", "verifying", "interrupted"];
export const STOPPED = ["failed", "blocked", "partial", "unverified"];
export const ENDED = ["completed", "skipped", "cancelled"];
export const STATES = [...STOPPED, ...RUNNING, ...ENDED];

// how a state is drawn: its tone
const TONES = {
  bad: ["failed"],
  stopped: ["blocked", "partial", "unverified", "aborted", "expired"],
  ask: ["awaiting-approval", "paused"],
  run: [...RUNNING, "promoting", "baking", "rolling-back", "soaking", "deleting", "restoring"],
  good: ["completed", "promoted", "retired"],
};

export function tone(state) {
  return Object.keys(TONES).find((name) => TONES[name].includes(state)) ?? "rest";
}

export function words(state) {
  return String(state ?? "").replaceAll("-", " ");
}
