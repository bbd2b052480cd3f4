// What changes is looked at again: only while the page is visible, less often while nothing changes, and at most one
// look at a time.

import { useEffect, useState } from "./vendor/htm-preact.js";

const SHORTEST = 10_000; // the API's own Retry-After
const LONGEST = 60_000;
const GROWTH = 1.5;

// A value that views can watch. Those who watch are told at most ten times a second.
export function observable(value) {
  const watchers = new Set();
  let told = null;
  const self = {
    value,
    version: 0,
    set(changes) {
      self.value = { ...self.value, ...changes };
      self.changed();
    },
    changed() {
      self.version += 1;
      told ??= setTimeout(() => {
        told = null;
        for (const watcher of [...watchers]) watcher();
      }, 100);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  return self;
}

export function useObservable(one) {
  const [, render] = useState(0);
  useEffect(() => {
    render(one.version);
    return one.watch(() => render(one.version));
  }, [one]);
  return one.value;
}

// Calls `look` again and again until it is stopped. `look` returns whether anything changed.
export function repeat(look) {
  let pause = SHORTEST;
  let timer = null;
  let looking = false;
  let last = 0;
  async function turn() {
    timer = null;
    if (document.hidden || looking) return;
    looking = true;
    last = Date.now();
    let changed = false;
    try {
      changed = await look();
    } catch {
      // the connection shows the error
    }
    looking = false;
    pause = changed ? SHORTEST : Math.min(pause * GROWTH, LONGEST);
    plan(pause);
  }
  function plan(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(turn, milliseconds);
  }
  function seen() {
    if (!document.hidden && !looking) plan(Math.max(0, last + SHORTEST - Date.now()));
  }
  document.addEventListener("visibilitychange", seen);
  plan(SHORTEST);
  return {
    // after something was done there is more to see
    soon() {
      pause = SHORTEST;
      if (!looking) plan(1_000);
    },
    stop() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
