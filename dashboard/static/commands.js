// "Copy as command": what the command line does with the same choice. One place, so that the two stay in step.

export function quoted(word) {
  const text = String(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function command(...parts) {
  return ["gallerist", ...parts.flat().filter((part) => part !== undefined && part !== "")].map(quoted).join(" ");
}

function options(pairs) {
  return Object.entries(pairs).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
}

export const commands = {
  attention: () => ["failed", "blocked", "partial", "unverified"].map((state) => command("status", "--state", state)).join("\n"),
  fleet: ({ state, gallery }) =>
    (state ? state.split(",") : [""]).map((one) => command("status", options({ state: one, gallery }))).join("\n"),
  migration: (id) => command("status", id),
  watch: (id) => command("watch", id),
  retry: (ids) => command("retry", ids),
  cancel: (ids) => command("cancel", ids),
  coverage: () => command("coverage"),
  promotions: () => command("status", "promotions"),
  promotion: (definition) => command("history", definition),
  rollback: (definition) => command("rollback", definition),
  retirements: () => command("retention"),
  approve: (ids, reason) => command("approve", ids, "--reason", reason || "…"),
  reject: (ids, reason) => command("reject", ids, "--reason", reason || "…"),
  lineage: (version) => command("lineage", version),
  why: (version, region) => command("why", version, region),
};
