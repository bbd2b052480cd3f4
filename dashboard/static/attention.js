// What needs a person, grouped by reason: one reason is one thing to do, however many images it stopped.

const ORDER = ["awaiting-approval", "paused", "failed", "blocked", "partial", "unverified"];

export function groupsOf(rows, promotions, retirements) {
  const groups = new Map();
  for (const row of rows) {
    if (["failed", "blocked", "partial", "unverified"].includes(row.state)) {
      add(groups, "migration", row.state, row.reason || "no reason was given", row, row);
    }
  }
  for (const promotion of promotions) {
    if (["paused", "failed"].includes(promotion.state)) {
      const { reason, fix, failure } = promotion;
      const about = { fix: fix || failure?.fix, cause: failure?.cause, code: failure?.code };
      add(groups, "promotion", promotion.state, reason || failure?.message || "somebody paused it", promotion, about);
    }
  }
  for (const retirement of retirements) {
    if (["awaiting-approval", "blocked", "failed"].includes(retirement.state)) {
      const { reason, about } = whyRetirementWaits(retirement);
      add(groups, "retirement", retirement.state, reason, retirement, about);
    }
  }
  return [...groups.values()].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.items.length - a.items.length,
  );
}

// What keeps a retirement from going on. Of several obligations the first one that does not pass by itself.
export function whyRetirementWaits(retirement) {
  if (retirement.state === "awaiting-approval") {
    const about = { fix: "read its obligations, then approve or reject the deletion of the managed image" };
    return { reason: "A deletion waits for an approval", about };
  }
  const unmet = retirement.obligations.filter((one) => !one.met);
  const first = unmet.find((one) => !one.passes) ?? unmet[0];
  const reason = retirement.refusal?.message || first?.reason || retirement.reason || "no reason was given";
  const fix = retirement.refusal?.fix || first?.lifted_by;
  return { reason, about: { fix, cause: retirement.refusal?.cause, code: first?.name } };
}

function add(groups, kind, state, reason, item, about) {
  const key = `${kind} ${state} ${reason}`;
  const group = groups.get(key) ?? { key, kind, state, reason, fix: "", cause: "", code: "", items: [] };
  group.fix ||= about.fix ?? "";
  group.cause ||= about.cause ?? "";
  group.code ||= about.code ?? "";
  group.items.push(item);
  groups.set(key, group);
}
