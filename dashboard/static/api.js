// The HTTP API, one request at a time: what a person waits for goes first, what is read in the background last.

import { functionKey } from "./session.js";
import { observable } from "./live.js";

export const NOW = 0; // a person waits for the answer
export const VIEW = 1; // what the view shows
export const BACKGROUND = 2; // the rest of the fleet

const BASE = location.pathname.replace(/\/dashboard\/?$/, "");
const RETRIES = 4;
const LONGEST_PAUSE_SECONDS = 300;

// signIn: the API answered 401; wantsKey says whether the host asks for a function key. pausedUntil: when the API asks to be asked again. failed: the last error of a read.
export const connection = observable({ signIn: null, pausedUntil: null, failed: null, readAt: null });

const waiting = [];
let busy = false;
let order = 0;

export class ApiError extends Error {
  constructor(status, problem, retryAfter, wantsKey) {
    super(problem?.detail || problem?.title || STATUS_TEXTS[status] || `HTTP ${status}`);
    this.status = status;
    this.wantsKey = wantsKey;
    this.problem = problem ?? {};
    this.retryAfter = retryAfter;
  }
}

const STATUS_TEXTS = {
  0: "the API cannot be reached",
  401: "sign in first",
  404: "there is no such thing any more",
  413: "the request is too long",
};

export function get(path, query = {}, priority = VIEW) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
  const text = parameters.toString();
  return enqueue({ method: "GET", path: text ? `${path}?${text}` : path, priority, retries: RETRIES });
}

// A page of a list: `next` of an answer is an absolute address, of which only the query counts here.
export function getNext(path, next, priority) {
  return get(path, Object.fromEntries(new URL(next, location.href).searchParams), priority);
}

// A request that changes something is never repeated by the page itself.
export function post(path, body) {
  return enqueue({ method: "POST", path, body, priority: NOW, retries: 0 });
}

export function forgetWaiting() {
  for (const job of waiting.splice(0)) job.reject(new ApiError(401));
}

function enqueue(job) {
  return new Promise((resolve, reject) => {
    waiting.push({ ...job, order: order++, notBefore: 0, resolve, reject });
    work();
  });
}

async function work() {
  if (busy) return;
  const job = nextJob();
  if (!job) return;
  busy = true;
  try {
    job.resolve(await send(job));
  } catch (error) {
    settle(job, error);
  } finally {
    busy = false;
  }
  work();
}

function nextJob() {
  const now = Date.now();
  const due = waiting.filter((job) => job.notBefore <= now).sort((a, b) => a.priority - b.priority || a.order - b.order);
  if (due.length) return waiting.splice(waiting.indexOf(due[0]), 1)[0];
  if (waiting.length) setTimeout(work, Math.max(50, Math.min(...waiting.map((job) => job.notBefore)) - now));
  return null;
}

// A read that the API puts off is asked again when it says so; everything else is reported.
function settle(job, error) {
  const asked = error.retryAfter ?? (error.status === 0 ? 2 ** (RETRIES - job.retries + 1) : null);
  if (job.retries > 0 && asked !== null && (error.status === 0 || error.status === 429 || error.status === 503)) {
    const until = Date.now() + Math.min(asked, LONGEST_PAUSE_SECONDS) * 1000;
    waiting.push({ ...job, retries: job.retries - 1, notBefore: until });
    connection.set({ pausedUntil: nextAllowed(), failed: error });
    return;
  }
  if (error.status === 401) connection.set({ signIn: { problem: error.problem, wantsKey: error.wantsKey } });
  else if (job.method === "GET") connection.set({ failed: error });
  job.reject(error);
}

async function send(job) {
  const headers = { accept: "application/json" };
  const key = functionKey();
  if (key) headers["x-functions-key"] = key;
  if (job.body !== undefined) headers["content-type"] = "application/json";
  const body = job.body === undefined ? undefined : JSON.stringify(job.body);
  let answer;
  try {
    const address = `${BASE}/${job.path}`;
    answer = await fetch(address, { method: job.method, headers, body, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    throw new ApiError(0, { detail: `the API cannot be reached: ${error.message}` });
  }
  const retryAfter = Number(answer.headers.get("retry-after")) || undefined;
  const text = await answer.text().catch(() => "");
  const data = parsed(text);
  // the host refuses a key without a word; the platform and the app say that they want a token
  const wantsKey = answer.status === 401 && !text && !answer.headers.has("www-authenticate");
  if (!answer.ok) throw new ApiError(answer.status, data, retryAfter, wantsKey);
  if (data === undefined) throw new ApiError(answer.status, { detail: "the answer is not JSON: is this the API of Gallerist?" });
  connection.set({ signIn: null, pausedUntil: nextAllowed(), failed: null, readAt: new Date() });
  return { data, retryAfter, status: answer.status };
}

// When the first of the reads is due that the API has put off; null if there is none.
function nextAllowed() {
  const times = waiting.map((job) => job.notBefore).filter((time) => time > Date.now());
  return times.length ? Math.min(...times) : null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
