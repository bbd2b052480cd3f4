"""The version ledger: one number for one content, never one number for two."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.planning.numbering import Reservation, reserve
from domain.resources.versions import Version
from tests.unit.app import handle

# the SDK's advice about typed payloads, once per process
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")


@pytest.mark.parametrize(
    ("numbers", "request_", "version"),
    [
        ({}, {}, "1.0.0"),
        ({}, {"taken": ["1.0.0", "1.0.9"]}, "1.0.10"),
        ({"b": "1.0.0"}, {}, "1.0.1"),
        ({"b": "1.0.3"}, {"taken": ["1.0.7"]}, "1.0.8"),
        ({"a": "1.0.4"}, {}, "1.0.4"),
        ({"a": "1.0.4", "b": "1.0.5"}, {"taken": ["1.0.2"]}, "1.0.4"),
        ({"a": "1.0.4"}, {"taken": ["1.0.4"]}, "1.0.5"),
        ({"a": "1.0.4"}, {"held": "1.0.2"}, "1.0.2"),
        ({}, {"held": "2.0.0", "taken": ["3.0.0"]}, "2.0.0"),
        ({}, {"wanted": "5.0.0"}, "5.0.0"),
        ({"a": "1.0.0"}, {"wanted": "5.0.0"}, "5.0.0"),
        ({"b": "6.0.0"}, {"wanted": "5.0.0"}, "5.0.0"),
        ({}, {"wanted": "5.0.0", "held": "5.0.0"}, "5.0.0"),
        ({}, {"preferred": "3.0.0"}, "3.0.0"),
        ({"b": "3.0.0"}, {"preferred": "3.0.0"}, "3.0.1"),
        ({"b": "4.0.0"}, {"preferred": "3.0.0"}, "3.0.0"),
        ({"a": "1.0.0"}, {"preferred": "3.0.0"}, "1.0.0"),
    ],
)
def test_a_holder_gets_its_number(numbers: dict[str, str], request_: dict[str, Any], version: str) -> None:
    reserved, after = reserve(numbers, Reservation(holder="a", **request_))
    assert (reserved.version, reserved.refused) == (version, None)
    assert after == {**numbers, "a": version}


@pytest.mark.parametrize(
    ("numbers", "request_", "refused"),
    [
        ({"b": "5.0.0"}, {"wanted": "5.0.0"}, "version 5.0.0 belongs to another image"),
        ({}, {"wanted": "5.0.0", "taken": ["5.0.0"]}, "version 5.0.0 belongs to another image"),
        ({"a": "5.0.0"}, {"wanted": "5.0.0", "taken": ["5.0.0"]}, "version 5.0.0 belongs to another image"),
        ({}, {"wanted": "5.0.0", "held": "1.0.0"}, "the image is already version 1.0.0"),
    ],
)
def test_a_demand_that_cannot_be_met_is_refused_and_changes_nothing(
    numbers: dict[str, str], request_: dict[str, Any], refused: str
) -> None:
    reserved, after = reserve(numbers, Reservation(holder="a", **request_))
    assert (reserved.version, reserved.refused) == (None, refused)
    assert after == numbers


NUMBERS = st.sampled_from([f"1.{minor}.{patch}" for minor in range(2) for patch in range(4)])
RESERVATIONS = st.builds(
    Reservation,
    holder=st.sampled_from("abcd"),
    wanted=st.none() | NUMBERS,
    preferred=st.none() | NUMBERS,
    taken=st.lists(NUMBERS, max_size=3),
)


@given(st.lists(RESERVATIONS, max_size=12))
def test_no_two_holders_ever_get_one_number(requests: list[Reservation]) -> None:
    """Whatever is asked in whatever order; numbers that the gallery shows as taken are nobody's."""
    numbers: dict[str, str] = {}
    for request in requests:
        reserved, numbers = reserve(numbers, request)
        assert len(set(numbers.values())) == len(numbers)
        if reserved.version is not None:
            assert reserved.version not in request.taken
            assert numbers[request.holder] == reserved.version
            Version.parse(reserved.version)


@given(RESERVATIONS, st.dictionaries(st.sampled_from("abcd"), NUMBERS))
def test_asking_twice_gives_the_same_number(request: Reservation, numbers: dict[str, str]) -> None:
    once, after = reserve(numbers, request)
    twice, again = reserve(after, request)
    assert (twice, again) == (once, after)


def call(state: dict[str, str] | None, *operations: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The entity as the extension calls it: a batch in, the new state and the results out."""
    batch = [
        {"name": name, "input": json.dumps(json.dumps(body)), "isSignal": False} for name, body in operations
    ]
    asked = {
        "self": {"name": "version_ledger", "key": "k"},
        "exists": state is not None,
        "state": None if state is None else json.dumps(state),
        "batch": batch,
    }
    answered: dict[str, Any] = json.loads(handle("version_ledger")(json.dumps(asked)))
    return answered


def results(answered: dict[str, Any]) -> list[Any]:
    assert not any(result["isError"] for result in answered["results"])
    return [json.loads(result["result"]) for result in answered["results"]]


def test_the_entity_hands_out_numbers_and_keeps_them() -> None:
    first = call(None, ("reserve", {"holder": "a"}))
    assert results(first) == [{"version": "1.0.0", "refused": None}]
    second = call(
        json.loads(first["entityState"]), ("reserve", {"holder": "b"}), ("reserve", {"holder": "a"})
    )
    assert [result["version"] for result in results(second)] == ["1.0.1", "1.0.0"]
    assert json.loads(second["entityState"]) == {"a": "1.0.0", "b": "1.0.1"}


def test_two_images_that_race_in_one_batch_get_two_numbers() -> None:
    raced = call(None, ("reserve", {"holder": "a"}), ("reserve", {"holder": "b"}))
    assert [result["version"] for result in results(raced)] == ["1.0.0", "1.0.1"]


def test_an_operation_that_nobody_knows_is_refused_and_changes_nothing() -> None:
    answered = call({"a": "1.0.0"}, ("forget", {}))
    assert results(answered) == [{"version": None, "refused": "unknown operation 'forget'"}]
    assert json.loads(answered["entityState"]) == {"a": "1.0.0"}
