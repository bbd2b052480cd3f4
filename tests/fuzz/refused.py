"""Requests that once ended in an unforeseen error. Each is refused, and the generated requests use their parts."""

from tests.fuzz.fuzzed_app import IMAGE, MINIMAL_POLICY, Call
from tests.workflow.estate import GALLERY, HERE

SCOPE = {"subscription": HERE}

# what stands in a policy, behind the smallest one that is valid
POLICY_PARTS = {
    "a YAML boolean that is none": "rules: !!bool maybe",
    "a YAML integer that is none": "rules: !!int abc",
    "a YAML time that is none": "rules: !!timestamp soon",
    "YAML nested too deep": f"rules: {'[' * 3000}",
    "a pattern that repeats too often": "  name_pattern: 'a{99999}'",
    "a repetition that RE2 reads as text": "  name_pattern: 'a{4294967295}'",
    "a text that aliases repeat": (f"rules:\n- {{name: &n {'n' * 50_000}}}\n" + "- {name: *n}\n" * 900),
    "what the defaults have wrong, in every rule": (
        "  tags: {" + ", ".join(f"t{number}: '{{x}}'" for number in range(40)) + "}\n"
        "rules:\n" + "\n".join(f"- {{name: r{number}}}" for number in range(900))
    ),
    "a template that grows with the name of the image": f"  definition: {{name: '{'{image}' * 2000}'}}",
    "a name of a rule for each image": f"rules: [{{name: {'n' * 10_000}}}]",
    "images older than time itself": "rules: [{name: old, match: {older_than_days: 10000000000}}]",
}
REFUSED = {
    "text with half of a surrogate pair": Call("POST", "migrations", b'{"image": "\\ud800"}'),
    "text with half of a surrogate pair, in a field that is read as it is": Call(
        "POST", "migrations/plan", {"image": IMAGE, "definition": "\ud800"}
    ),
    "more values than can be looked at": Call("POST", "migrations", {"image": [[]] * 100_000}),
    "more galleries than can be planned": Call(
        "POST",
        "migrations/plan",
        {"image": IMAGE, "galleries": [f"{GALLERY}{number}" for number in range(5_000)]},
    ),
    "more scopes than can be looked at": Call("POST", "batches", {"scope": [SCOPE] * 5_000}),
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
