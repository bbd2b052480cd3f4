"""Makes requests that are hostile in many ways at once, from a seed: other bytes, other fields, policies and events.

What schemathesis makes follows the document; this follows the code: values that are right as far as the next check,
texts at the bounds and beyond them, headers that the app reads, events of both schemas.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from api.operations import OPERATIONS, Operation
from domain.policy.sections import LONGEST_GLOB, LONGEST_PATTERN
from tests.fuzz.fuzzed_app import IMAGE, Call
from tests.fuzz.hostile import NUMBERS, POLICIES, TEXTS, TIMES
from tests.fuzz.refused import SCOPE
from tests.workflow.estate import GALLERY, HERE, THERE

DEFINITION = f"{GALLERY}/images/web"
VERSION = f"{DEFINITION}/versions/1.0.0"
# the right kind of value for a field of this name
SAMPLES: dict[str, list[Any]] = {
    "image": [IMAGE, IMAGE.upper(), f"{IMAGE}-2"],
    "version": ["1.0.0", "0.0.0", VERSION],
    "definition": ["web", DEFINITION],
    "galleries": [[GALLERY], [f"{GALLERY}{number}" for number in range(21)]],
    "regions": [["eastus2"], [{"name": "westus2", "replicas": 2}], []],
    "region": ["eastus2"],
    "rings": [[["eastus2"], ["westus2"]], []],
    "scope": [[SCOPE], SCOPE, [{**SCOPE, "resource_group": "images"}] * 3],
    "filter": [{}, {"names": ["*"]}, {"tags": {"a": "[!b"}, "older_than_days": 1}],
    "subscription": [HERE, THERE],
    "end_of_life": ["2030-01-01T00:00:00Z"],
    "facts": [{"a": "b"}],
    "besides": [[VERSION], ["x"] * 60],
    "consumers": [[IMAGE]],
    "reason": ["because"],
    "fingerprint": ["f" * 64],
    "dry_run": [True],
    "frozen": [False],
    "state": ["completed"],
    "category": ["migrated"],
    "limit": [1, 1000],
}
LONG = ["x" * 9_000, "{image}" * 300, "*a" * (LONGEST_GLOB // 2), "(a+)+" * (LONGEST_PATTERN // 5), "é" * 500]
PATTERNS = [
    "(?P<a>.*)",
    "a{1,1000}",
    "a{,5}",
    "((a{30}){30})?",
    "[^x]{1,900}[^y]{1,900}",
    "(?=a)",
    r"\p{L}{20}",
    "(",
    "{x}",
]
# what a rule or the defaults may say, each of it right in one place or another
CHOICES: dict[str, list[Any]] = {
    "name_pattern": PATTERNS,
    "definition": [
        {"name": "{a}"},
        {"name": "{image}" * 70},
        {"publisher": "", "features": {"SecurityType": "x"}},
    ],
    "version": ["date", "from-name", {"strategy": "tag", "tag": "v"}],
    "tags": [{"a": "{family}"}, {f"t{number}": "{x}" for number in range(40)}],
    "regions": [
        ["eastus2"] * 2,
        [{"name": "westus2", "replicas": 100}],
        [f"r{number}" for number in range(100)],
    ],
    "replication": [{"deadline_hours": 1e-9}, {"heal_attempts": 10, "waves": "home-first"}],
    "verify": ["boot", {"mode": "boot", "resource_group": "g", "subnets": {"eastus2": "x"}}],
    "promote": [{"rings": [["eastus2"], ["westus2"]]}, "after-replication"],
    "retire_source": ["after-soak", {"consumers": [{"name": "a", "until": "2026-02-30"}]}],
    "retention": [{"keep_last": 1, "keep_days": 0}],
    "notify": [{"webhook": "http://127.0.0.1/"}, {"owner": "x" * 200}],
    "end_of_life_after_days": [36_500, 0],
    "action": ["ignore", "migrate"],
}
MATCHES: dict[str, list[Any]] = {
    "names": [
        ["*"],
        ["[!a-z]*", "[]a]", "[z-a]"],
        ["*a" * 200] * 20,
        [f"{number}*" for number in range(1_000)],
    ],
    "tags": [{"a": "*"}, {"a" * 500: "?"}],
    "older_than_days": [36_500, 0.5],
    "locations": [["East US 2"]],
    "os_type": ["Linux", "linux"],
}
SOURCES = ["", "/subscriptions/x", "s" * 5_000, f"/subscriptions/{HERE}"]
OPERATION_NAMES = [
    "Microsoft.Compute/images/write",
    "Microsoft.Compute/galleries/images/versions/write",
    "Microsoft.Resources/tags/write",
    "",
    None,
    7,
]


def fields(random: Random) -> Call:
    """A request to an operation whose fields are right, wrong, missing or too many."""
    operation = random.choice(OPERATIONS)
    body = None if operation.body is None else _fields_of(random, list(operation.body.model_fields))
    return Call(operation.method, _path(random, operation), body, headers=_headers(random))


def raw_bytes(random: Random) -> Call:
    """A request whose body is no JSON, or JSON that is hard to read."""
    operation = random.choice([one for one in OPERATIONS if one.body is not None])
    assert operation.body is not None
    text = json.dumps(_fields_of(random, list(operation.body.model_fields))).encode()
    return Call(
        "POST", _path(random, operation), random.choice(SPOILERS)(random, text), headers=_headers(random)
    )


def policies(random: Random) -> Call:
    """A check of a policy that is put together from keys, aliases and values that are hard to read."""
    if random.random() < 0.3:
        text = f"defaults:\n  galleries: [{GALLERY}]\n{random.choice(POLICIES)}"
    else:
        text = json.dumps(_policy(random))
    if random.random() < 0.15:
        position = random.randrange(len(text) + 1)
        text = (
            text[:position]
            + random.choice(["&a ", "*a", "[", "{", "!!int ", "\t", "\0", "<<: "])
            + text[position:]
        )
    return Call("POST", "policy/check", {"policy": text, "scope": SCOPE, "limit": random.choice([1, 100])})


def events(random: Random) -> Call:
    """One request of the webhook with some events: of both schemas, of other kinds, about what does not exist."""
    made = [_event(random) for _ in range(random.choice([1, 1, 3, 20]))]
    return Call("POST", "", made)


SURFACES: dict[str, Callable[[Random], Call]] = {
    "fields": fields,
    "bytes": raw_bytes,
    "policies": policies,
    "events": events,
}


def _leaf(random: Random) -> Any:
    return random.choice([*TEXTS, *TIMES, *NUMBERS, *LONG, None, [], {}])


def _tree(random: Random, depth: int = 0) -> Any:
    if depth > 3 or random.random() < 0.5:
        return _leaf(random)
    if random.random() < 0.5:
        return [_tree(random, depth + 1) for _ in range(random.randrange(5))]
    return {str(_leaf(random))[:100]: _tree(random, depth + 1) for _ in range(random.randrange(5))}


def _fields_of(random: Random, names: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in names:
        dice = random.random()
        if dice < 0.65 and name in SAMPLES:
            body[name] = random.choice(SAMPLES[name])
        elif dice < 0.8:
            body[name] = _tree(random)
    if random.random() < 0.1:
        body[random.choice(TEXTS)] = _leaf(random)
    return body


def _path(random: Random, operation: Operation) -> str:
    path = operation.path
    for parameter in operation.path_parameters:
        value = random.choice(
            ["migration-1", "batch-sweep", "promotion-1", "a\nb", "☃", "x" * 1_000, "%2F", "é"]
        )
        path = path.replace(f"{{{parameter}}}", quote(value, safe=""))
    names = [*(operation.query.model_fields if operation.query else ()), random.choice(["code", "x", "page"])]
    query = {
        name: str(random.choice(SAMPLES.get(name, [""])) if random.random() < 0.6 else _leaf(random))[:1_500]
        for name in names
        if random.random() < 0.7
    }
    return f"{path}?{urlencode(query, errors='replace')}" if query else path


def _headers(random: Random) -> dict[str, str]:
    choices = {
        "Content-Type": ["application/json", "text/plain", "application/json; charset=utf-16"],
        "Content-Encoding": ["identity", "br", "x" * 300],
        "X-MS-CLIENT-PRINCIPAL": ["e30=", "W10=", "bnVsbA==", "%", "A" * 3_000],
        "X-MS-CLIENT-PRINCIPAL-NAME": ["<a>", "x" * 3_000],
        "X-Forwarded-Host": ["x:99999", "[", "evil.example"],
        "Accept": ["text/html", "*"],
    }
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.12}


SPOILERS: list[Callable[[Random, bytes], bytes]] = [
    lambda random, text: text[: random.randrange(len(text) + 1)],
    lambda random, text: text.replace(b'"', random.choice([b"'", b'""', b"\\u0000"]), random.randrange(5)),
    lambda random, text: random.randbytes(random.randrange(200)),
    lambda random, text: text.decode().encode(random.choice(["utf-16", "utf-8-sig", "utf-32"])),
    lambda random, text: random.choice([b"[", b'{"a":']) * random.choice([10, 1_000, 100_000]),
    lambda random, text: b'{"image": [%s]}' % b",".join([b"{}"] * random.choice([10, 30_000])),
    lambda random, text: (
        b"{%s}" % b",".join(b'"k%d": NaN' % number for number in range(random.choice([1, 3_000])))
    ),
    lambda random, text: b'{"a": %s}' % (b"9" * random.choice([30, 31, 10_000])),
    lambda random, text: (
        text[:-1] + random.choice([b', "image": "\\ud800"}', b', "image": "\xff"}', b"}}", b"]"])
    ),
    lambda random, text: b" " * random.choice([0, 1, 1024 * 1024 + 1]),
]


def _policy(random: Random) -> dict[str, Any]:
    rules = [
        {
            "name": random.choice([f"r{number}", "a"]),
            "match": _some(random, MATCHES),
            **_some(random, CHOICES),
        }
        for number in range(random.choice([0, 1, 2, 30]))
    ]
    policy = {"defaults": {"galleries": [GALLERY], **_some(random, CHOICES)}, "rules": rules}
    return (
        policy if random.random() < 0.9 else {**policy, random.choice(["freeze", "<<", "x"]): _tree(random)}
    )


def _some(random: Random, choices: dict[str, list[Any]]) -> dict[str, Any]:
    names = random.sample(list(choices), random.choice([0, 0, 1, 2]))
    return {name: random.choice(choices[name]) if random.random() < 0.95 else _tree(random) for name in names}


def _event(random: Random) -> dict[str, Any]:
    resource = random.choice([IMAGE, VERSION, DEFINITION, f"{IMAGE}/{'x' * 3_000}", *TEXTS])
    data = {
        "operationName": random.choice(OPERATION_NAMES),
        "resourceUri": random.choice([resource, None, 7, [1]]),
    }
    kind = random.choice(
        ["Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceWriteFailure", "x"]
    )
    body = data if random.random() < 0.8 else _tree(random)
    if random.random() < 0.5:
        return {"id": "1", "type": kind, "source": random.choice(SOURCES), "specversion": "1.0", "subject": resource,
                "time": "2026-01-05T00:00:00Z", "data": body}  # fmt: skip
    return {"id": "1", "eventType": kind, "topic": random.choice(SOURCES), "subject": resource, "dataVersion": "2",
            "eventTime": "2026-01-05T00:00:00Z", "metadataVersion": "1", "data": body}  # fmt: skip
