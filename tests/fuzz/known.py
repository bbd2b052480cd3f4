"""The faults of the HTTP API that are known: a request for each, and the kind of error that it ends in."""

from dataclasses import dataclass
from typing import Any

from tests.fuzz.fuzzed_app import IMAGE, MINIMAL_POLICY, Call, Kind
from tests.workflow.estate import HERE

SCOPE = {"subscription": HERE}


@dataclass(frozen=True)
class Known:
    """A request that is answered with 500 today. `name` starts with the number of the fault."""

    name: str
    kind: Kind
    call: Call


def _check(policy: str) -> Call:
    return Call("POST", "policy/check", {"scope": SCOPE, "policy": policy})


def _policy(name: str, error: str, text: Any, file: str = "adapters/policy_file.py") -> Known:
    return Known(f"4: {name}", Kind(error, file), _check(f"{MINIMAL_POLICY}{text}"))


KNOWN = [
    Known(
        "7: text with half of a surrogate pair",
        Kind("UnicodeEncodeError", "api/requests.py"),
        Call("POST", "migrations", b'{"image": "\\ud800"}'),
    ),
    Known(
        "7: text with half of a surrogate pair, in a field that is read as it is",
        Kind("UnicodeEncodeError", "triggers/http/requests.py"),
        Call("POST", "migrations/plan", {"image": IMAGE, "definition": "\ud800"}),
    ),
    Known(
        "7: a time before the year 1 in UTC",
        Kind("OverflowError", "api/requests.py"),
        Call("GET", "migrations?since=0001-01-01T00:00:00%2B14:00"),
    ),
    Known(
        "7: a time after the year 9999 in UTC",
        Kind("OverflowError", "api/requests.py"),
        Call("GET", "migrations?since=9999-12-31T23:59:59-14:00"),
    ),
    _policy("a YAML boolean that is none", "KeyError", "rules: !!bool maybe"),
    _policy("a YAML integer that is none", "ValueError", "rules: !!int abc"),
    _policy("a YAML time that is none", "AttributeError", "rules: !!timestamp soon"),
    _policy("YAML nested too deep", "RecursionError", f"rules: {'[' * 3000}"),
    _policy(
        "a pattern that repeats too often",
        "OverflowError",
        "  name_pattern: 'a{4294967295}'",
        "domain/policy/sections.py",
    ),
]
