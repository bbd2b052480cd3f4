"""The version ledger reserves one number per image content, and never the same number twice."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.planning.numbering import Reservation, reserve
from domain.resources.versions import Version
from tests.unit.app import handle

# the SDK warns about typed payloads once per process
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")


@pytest.mark.parametrize(
    ("numbers", "fields", "version"),
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
def test_a_reservation_gets_the_right_number(
    numbers: dict[str, str], fields: dict[str, Any], version: str
) -> None:
    reserved, after = reserve(numbers, Reservation(holder="a", **fields))
    assert (reserved.version, reserved.refused) == (version, None)
    assert after == {**numbers, "a": version}


@pytest.mark.parametrize(
    ("numbers", "fields", "refused"),
    [
        ({"b": "5.0.0"}, {"wanted": "5.0.0"}, "version 5.0.0 belongs to another image"),
        ({}, {"wanted": "5.0.0", "taken": ["5.0.0"]}, "version 5.0.0 belongs to another image"),
        ({"a": "5.0.0"}, {"wanted": "5.0.0", "taken": ["5.0.0"]}, "version 5.0.0 belongs to another image"),
        ({}, {"wanted": "5.0.0", "held": "1.0.0"}, "the image is already version 1.0.0"),
    ],
)
def test_a_number_that_another_image_has_is_refused_and_changes_nothing(
    numbers: dict[str, str], fields: dict[str, Any], refused: str
) -> None:
    reserved, after = reserve(numbers, Reservation(holder="a", **fields))
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
def test_no_two_holders_get_the_same_number(requests: list[Reservation]) -> None:
    """This is true for every sequence of requests. No holder gets a number that the gallery shows as taken."""
    numbers: dict[str, str] = {}
    for request in requests:
        reserved, numbers = reserve(numbers, request)
        assert len(set(numbers.values())) == len(numbers)
        if reserved.version is not None:
            assert reserved.version not in request.taken
            assert numbers[request.holder] == reserved.version
            Version.parse(reserved.version)


@given(RESERVATIONS, st.dictionaries(st.sampled_from("abcd"), NUMBERS))
def test_a_repeated_reservation_gets_the_same_number(request: Reservation, numbers: dict[str, str]) -> None:
    once, after = reserve(numbers, request)
    twice, again = reserve(after, request)
    assert (twice, again) == (once, after)


def call(state: dict[str, str] | None, *operations: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Calls the entity as the extension does, with a batch; returns the new state and the results."""
    batch = [
        {"name": name, "input": json.dumps(json.dumps(body)), "isSignal": False} for name, body in operations
    ]
    request = {
        "self": {"name": "version_ledger", "key": "k"},
        "exists": state is not None,
        "state": None if state is None else json.dumps(state),
        "batch": batch,
    }
    response: dict[str, Any] = json.loads(handle("version_ledger")(json.dumps(request)))
    return response


def results(response: dict[str, Any]) -> list[Any]:
    assert not any(result["isError"] for result in response["results"])
    return [json.loads(result["result"]) for result in response["results"]]


def test_the_entity_keeps_reserved_numbers_in_its_state() -> None:
    first = call(None, ("reserve", {"holder": "a"}))
    assert results(first) == [{"version": "1.0.0", "refused": None, "fix": None}]
    second = call(
        json.loads(first["entityState"]), ("reserve", {"holder": "b"}), ("reserve", {"holder": "a"})
    )
    assert [result["version"] for result in results(second)] == ["1.0.1", "1.0.0"]
    assert json.loads(second["entityState"]) == {"a": "1.0.0", "b": "1.0.1"}


def test_two_images_in_one_batch_of_operations_get_different_numbers() -> None:
    raced = call(None, ("reserve", {"holder": "a"}), ("reserve", {"holder": "b"}))
    assert [result["version"] for result in results(raced)] == ["1.0.0", "1.0.1"]


def test_an_unknown_operation_is_refused_and_changes_nothing() -> None:
    response = call({"a": "1.0.0"}, ("forget", {}))
    assert results(response) == [{"version": None, "refused": "unknown operation 'forget'", "fix": None}]
    assert json.loads(response["entityState"]) == {"a": "1.0.0"}
