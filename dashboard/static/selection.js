// Which migrations or retirements are selected. It outlives a change of the filter, and an action that fails.

import { observable } from "./live.js";

function selection() {
  const one = observable({ ids: new Set() });
  return Object.assign(one, {
    has: (id) => one.value.ids.has(id),
    put(ids) {
      for (const id of ids) one.value.ids.add(id);
      one.set({ ids: one.value.ids });
    },
    drop(ids) {
      for (const id of ids) one.value.ids.delete(id);
      one.set({ ids: one.value.ids });
    },
    toggle(id) {
      if (one.has(id)) one.drop([id]);
      else one.put([id]);
    },
    clear() {
      one.set({ ids: new Set() });
    },
  });
}

export const selectedMigrations = selection();
export const selectedRetirements = selection();
