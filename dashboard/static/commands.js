// "Copy as command": what the command line does with the same choice. One place, so that the two stay in step.

import { ENDED, RUNNING, STOPPED } from "./format.js";

export function quoted(word) {
  const text = String(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function command(...parts) {
  return ["gallerist", ...parts.flat().filter((part) => part !== undefined && part !== "")].map(quoted).join(" ");
}

// the groups of states that the page has names for
const STATES = { attention: STOPPED, running: RUNNING, ended: ENDED };

function states(state) {
  const names = (state ?? "").split(",").filter(Boolean);
  return names.flatMap((name) => STATES[name] ?? [name]).flatMap((name) => ["--state", name]);
}

function option(name, value) {
  return value ? [`--${name}`, value] : [];
}

export const commands = {
  attention: () => command("status", states("attention")),
  // what the command line cannot filter by, such as a reason, is left out
  fleet: ({ state, gallery, q }) =>
    command("status", states(state), option("gallery", gallery), option("name", /^\S+$/.test(q ?? "") ? `*${q}*` : "")),
  migration: (id) => command("status", id),
  watch: (id) => command("watch", id),
  retry: (ids) => command("retry", ids),
  cancel: (ids) => command("cancel", ids),
  coverage: (category) => command("coverage", option("category", category)),
  promotions: () => command("promotion", "list"),
  promotion: (id) => command("promotion", "show", id),
  order: (verb, id) => (verb === "rollback" ? command("rollback", id) : command("promotion", verb, id)),
  retirements: (state) => command("retirement", "list", states(state)),
  retirement: (id) => command("retirement", "show", id),
  approve: (ids, reason) => command("approve", ids, "--reason", reason || "…"),
  reject: (ids, reason) => command("reject", ids, "--reason", reason || "…"),
  lineage: (version) => command("lineage", version),
};
