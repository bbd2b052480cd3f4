"""Each bound of a request: what is at it is read, what is beyond it is refused with what is wrong and what to do."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from api.requests import (
    CheckPolicy,
    PlanMigration,
    RepointConsumers,
    StartBatch,
    StartMigration,
    StartPromotion,
)
from api.requests.batches import MOST_SCOPES
from api.requests.migrations import MOST_BESIDES, MOST_FACTS
from api.requests.policy import MOST_PREVIEWS
from domain.planning.facts import LONGEST_FACT
from domain.policy.second_half import MOST_RINGS
from domain.policy.section import MOST_REGIONS
from domain.policy.sections import LONGEST_GLOB, LONGEST_POLICY, MOST_GALLERIES, MOST_GLOBS
from domain.references.repoint import MOST_CONSUMERS
from services.refusals import InvalidRequestError
from tests.unit.builders import GALLERY, image_id
from tests.unit.triggers.http.requesting import request
from triggers.http.requests import DEEPEST_BODY, LONGEST_BODY, MOST_VALUES, parse_body, parse_json

# short, so that a body has room for many
VERSION = f"{GALLERY}/images/web/versions/1.0.0"
SCOPE = {"subscription": image_id().subscription}
FEWER, SHORTER = "; give fewer", "; shorten it"


def start(**fields: Any) -> dict[str, Any]:
    return {"image": str(image_id()), **fields}


def numbered(count: int) -> list[str]:
    return [f"n{number}" for number in range(count)]


Bound = tuple[type[BaseModel], Callable[[int], dict[str, Any]], int, str]
BOUNDS: dict[str, Bound] = {
    "galleries": (
        StartMigration,
        lambda n: start(galleries=[f"{GALLERY}{number}" for number in range(n)]),
        MOST_GALLERIES,
        FEWER,
    ),
    "regions": (StartMigration, lambda n: start(regions=numbered(n)), MOST_REGIONS, FEWER),
    "facts": (StartMigration, lambda n: start(facts=dict.fromkeys(numbered(n), "x")), MOST_FACTS, FEWER),
    "fact": (StartMigration, lambda n: start(facts={"x": "n" * n}), LONGEST_FACT, SHORTER),
    "besides": (PlanMigration, lambda n: start(besides=[VERSION] * n), MOST_BESIDES, FEWER),
    "scopes": (StartBatch, lambda n: {"scope": [SCOPE] * n}, MOST_SCOPES, FEWER),
    "globs": (
        StartBatch,
        lambda n: {"scope": [SCOPE], "filter": {"names": numbered(n)}},
        MOST_GLOBS,
        FEWER,
    ),
    "glob": (
        StartBatch,
        lambda n: {"scope": [SCOPE], "filter": {"names": ["n" * n]}},
        LONGEST_GLOB,
        SHORTER,
    ),
    "policy": (CheckPolicy, lambda n: {"scope": SCOPE, "policy": " " * n}, LONGEST_POLICY, SHORTER),
    "previews": (CheckPolicy, lambda n: {"scope": SCOPE, "limit": n}, MOST_PREVIEWS, ""),
    "rings": (
        StartPromotion,
        lambda n: {"version": VERSION, "rings": [[name] for name in numbered(n)]},
        MOST_RINGS,
        FEWER,
    ),
    "consumers": (
        RepointConsumers,
        lambda n: {"version": VERSION, "consumers": [VERSION] * n},
        MOST_CONSUMERS,
        FEWER,
    ),
}


@pytest.mark.parametrize(("model", "body", "bound", "fix"), BOUNDS.values(), ids=BOUNDS)
def test_what_is_beyond_a_bound_is_refused_with_what_to_do(
    model: type[BaseModel], body: Callable[[int], dict[str, Any]], bound: int, fix: str
) -> None:
    parse_body(request("x", body(bound), "POST"), model)
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(request("x", body(bound + 1), "POST"), model)
    (fault,) = refused.value.errors
    assert str(bound) in fault.message
    assert fault.message.endswith(fix)


def test_a_body_has_no_more_values_than_can_be_looked_at() -> None:
    """A mebibyte can hold half a million of them, which kept everybody else waiting for a second."""

    def body(values: int) -> bytes:
        # the object and the list are two
        return json.dumps({"x": [0] * (values - 2)}).encode()

    assert parse_json(request("x", body(MOST_VALUES), "POST"))
    with pytest.raises(InvalidRequestError) as refused:
        parse_json(request("x", body(MOST_VALUES + 1), "POST"))
    (fault,) = refused.value.errors
    assert fault == ("body", f"more than {MOST_VALUES} values; send less in one request")


def test_a_body_at_the_bounds_of_length_and_depth_is_read() -> None:
    assert parse_json(request("x", b'{"x": 1}'.ljust(LONGEST_BODY), "POST")) == {"x": 1}
    deep = b'{"a":' * (DEEPEST_BODY - 1) + b"{}" + b"}" * (DEEPEST_BODY - 1)
    assert parse_json(request("x", deep, "POST"))


def test_of_many_invalid_plans_the_first_is_told() -> None:
    """To look at all of them takes a quarter of a second, in which nobody else has an answer."""
    body = start(besides=["x"] * MOST_BESIDES)
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(request("x", body, "POST"), PlanMigration)
    assert [error.field for error in refused.value.errors] == ["besides[0]"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"x": "%s"}' % (b"[{," * MOST_VALUES),
        b'{"x": "%s"}' % (b'\\"[,' * MOST_VALUES),
        json.dumps({"x": ",[" * MOST_VALUES}).encode("utf-16"),
    ],
    ids=["text", "quotes in it", "utf-16"],
)
def test_what_stands_in_a_text_is_no_value(body: bytes) -> None:
    assert parse_json(request("x", body, "POST"))


@pytest.mark.parametrize("start", [b'"', b'{"x": "', b'"\\"'], ids=["quote", "value", "escape"])
@pytest.mark.parametrize("rest", [b'\\"', b'"', b"\\", b"[,"], ids=["escapes", "quotes", "slashes", "signs"])
def test_a_body_whose_text_does_not_end_is_refused_at_once(start: bytes, rest: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(InvalidRequestError):
        parse_json(request("x", start + rest * (LONGEST_BODY // len(rest) - 8), "POST"))
    assert time.process_time() - begun < 1
