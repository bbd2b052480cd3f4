"""Turns generated requests into ones that pass the first checks: real ids, mixed with values that break parsers."""

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.fuzzed_app import IMAGE, MINIMAL_POLICY
from tests.fuzz.refused import POLICY_PARTS, SCOPE
from tests.workflow.estate import GALLERY, HERE

# what makes the body of an operation meaningful
REAL: dict[str, dict[str, Any]] = {
    "post_plan": {"image": IMAGE},
    "post_migration": {"image": IMAGE},
    "post_batch": {"scope": [SCOPE]},
    "post_policy_check": {"scope": SCOPE},
}
TEXTS = [
    "",
    " ",
    "\0",
    "\ud800",
    "☃",
    "../..",
    "a" * 5000,
    "%00",
    "<a>",
    "{image}",
    "1.0.0",
    "eastus2",
    GALLERY,
    HERE,
]
TIMES = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01", "2026-02-30", "now"]
NUMBERS: list[Any] = [0, -1, 0.5, 2**63, 10**400, 1e308, -1e308, True]
POLICIES = [
    "",
    "rules: []",
    "rules: [{name: a, match: {names: ['*']}, action: ignore}]",
    "rules: [{name: a, match: {names: ['[']}}]",
    "rules: [{name: a, match: {os_type: Windows}, galleries: []}]",
    "  regions: [eastus2, {name: westus2, replicas: 0}]",
    "  definition: {name: '{image'}",
    "  version: {strategy: by-date}",
    "rules: &a [*a]",
    "\t",
    "? {a: b}\n: c",
    *POLICY_PARTS.values(),
]

leaves = st.sampled_from([*TEXTS, *TIMES, *NUMBERS, None])
policies = st.sampled_from(POLICIES).map(lambda text: f"{MINIMAL_POLICY}{text}")
one_in_four = st.integers(0, 3).map(lambda number: number == 0)


def hostile_body(draw: Any, operation: str, body: Any) -> Any:
    """Gives a generated body real ids most of the time, and other leaves now and then."""
    if not isinstance(body, dict):
        return body
    spoiled = {key: _spoiled(draw, value) for key, value in body.items()}
    real = {key: value for key, value in REAL.get(operation, {}).items() if not draw(one_in_four)}
    policy = {"policy": draw(policies)} if operation == "post_policy_check" and not draw(one_in_four) else {}
    return {**spoiled, **real, **policy}


def hostile_query(draw: Any, query: dict[str, Any]) -> dict[str, Any]:
    """Gives a generated query a real subscription, and a time at the end of time now and then."""
    changed = dict(query)
    for name, values in (("subscription", [HERE]), ("since", TIMES)):
        if name in changed and draw(st.booleans()):
            changed[name] = draw(st.sampled_from(values))
    return changed


def _spoiled(draw: Any, value: Any) -> Any:
    match value:
        case dict():
            return {key: _spoiled(draw, inner) for key, inner in value.items()}
        case list():
            return [_spoiled(draw, inner) for inner in value]
        case _:
            return draw(leaves) if draw(one_in_four) else value
