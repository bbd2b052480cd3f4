// Where the page is: `#/fleet?state=blocked&q=web`. Every view, with its filters, has an address of its own.

import { useEffect, useState } from "./vendor/htm-preact.js";

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/").map(decoded);
  return { view: view || "attention", id: rest.join("/"), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function address(view, id = "", query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(kept).toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${text ? `?${text}` : ""}`;
}

export function go(view, id, query) {
  location.hash = address(view, id, query);
}

// Changes the filters of the present view. Typing leaves one entry in the history, not one for each letter.
export function refine(changes) {
  const here = parse(location.hash);
  const there = address(here.view, here.id, { ...here.query, ...changes });
  history.replaceState(null, "", there);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute() {
  const [route, change] = useState(() => parse(location.hash));
  useEffect(() => {
    const moved = () => change(parse(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return route;
}
