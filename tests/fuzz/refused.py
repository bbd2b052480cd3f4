"""Requests that once ended in an unforeseen error. Each is refused, and the generated requests use their parts."""

from tests.fuzz.fuzzed_app import IMAGE, MINIMAL_POLICY, Call
from tests.workflow.estate import HERE

SCOPE = {"subscription": HERE}

# what stands in a policy, behind the smallest one that is valid
POLICY_PARTS = {
    "a YAML boolean that is none": "rules: !!bool maybe",
    "a YAML integer that is none": "rules: !!int abc",
    "a YAML time that is none": "rules: !!timestamp soon",
    "YAML nested too deep": f"rules: {'[' * 3000}",
    "a pattern that repeats too often": "  name_pattern: 'a{99999}'",
    "images older than time itself": "rules: [{name: old, match: {older_than_days: 10000000000}}]",
}
REFUSED = {
    "text with half of a surrogate pair": Call("POST", "migrations", b'{"image": "\\ud800"}'),
    "text with half of a surrogate pair, in a field that is read as it is": Call(
        "POST", "migrations/plan", {"image": IMAGE, "definition": "\ud800"}
    ),
    "a time before the year 1 in UTC": Call("GET", "migrations?since=0001-01-01T00:00:00%2B14:00"),
    "a time after the year 9999 in UTC": Call("GET", "migrations?since=9999-12-31T23:59:59-14:00"),
    "a batch for images older than time itself": Call(
        "POST", "batches", {"scope": [SCOPE], "filter": {"older_than_days": 1e10}}
    ),
    **{
        name: Call("POST", "policy/check", {"scope": SCOPE, "policy": f"{MINIMAL_POLICY}{part}"})
        for name, part in POLICY_PARTS.items()
    },
}
