"""Starts at one moment and short pages of lists, as Azure has them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from testhost_client import TestClient

API = "/runtime/webhooks/durabletask"


def test_starts_at_the_same_moment_are_all_accepted_and_one_remains(paused: TestClient) -> None:
    """Seen on the extension 3.19.0. A longer moment makes sure that all four starts fall into it."""
    paused.host.switches.start_seconds = 1

    def start(number: int) -> httpx.Response:
        return paused.http.post(f"{API}/orchestrators/waiting/w", json={"number": number})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(start, range(4)))
    assert Counter(answer.status_code for answer in answers) == {202: 4}
    assert {answer.json()["id"] for answer in answers} == {"w"}
    paused.wait_until_idle()
    assert paused.status("w")["input"]["number"] in range(4)
    assert paused.http.get("/_host/status").json()["instances"] == {"Running": 1}
    assert paused.http.post(f"{API}/orchestrators/waiting/w").status_code == 409, "a later start is refused"


def pages(client: TestClient, **query: str) -> list[list[str]]:
    """Lists the instances page by page, up to the empty continuation token."""
    seen, token = [], ""
    while True:
        answer = client.http.get(
            f"{API}/instances/", params=query, headers={"x-ms-continuation-token": token}
        )
        seen.append([instance["instanceId"] for instance in answer.json()])
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            return seen


@pytest.fixture
def five(paused: TestClient) -> TestClient:
    """A client of a host with five instances."""
    for number in range(5):
        paused.start("waiting", instance_id=f"w{number}")
    paused.wait_until_idle()
    return paused


def test_a_page_may_hold_fewer_instances_than_asked_for_and_even_none(five: TestClient) -> None:
    """The continuation token leads to the rest (documented for Azure Tables)."""
    five.host.switches.list_segments = (0, 2, 1)
    assert pages(five) == [[], ["w0", "w1"], ["w2"], [], ["w3", "w4"]]


def test_a_short_page_never_holds_more_than_asked_for(five: TestClient) -> None:
    five.host.switches.list_segments = (3,)
    assert pages(five, top="2") == [["w0", "w1"], ["w2", "w3"], ["w4"]]


def test_pages_are_whole_unless_a_test_shortens_them(five: TestClient) -> None:
    assert pages(five) == [["w0", "w1", "w2", "w3", "w4"]]


def test_switches_are_changed_over_http(five: TestClient) -> None:
    answer = five.http.post("/_host/switches", json={"list_segments": [4], "start_seconds": 0})
    assert (answer.status_code, answer.json()) == (200, {"list_segments": [4], "start_seconds": 0.0})
    assert five.http.get("/_host/switches").json() == answer.json()
    assert pages(five) == [["w0", "w1", "w2", "w3"], ["w4"]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"segments": [1]}, "unknown switches: segments; use list_segments and start_seconds"),
        ({"list_segments": 3}, "'list_segments' must be a list of numbers that are not negative, not 3"),
        (
            {"list_segments": [-1]},
            "'list_segments' must be a list of numbers that are not negative, not [-1]",
        ),
        ({"list_segments": [0]}, "'list_segments' needs a number above 0, or a list would never end"),
        ({"start_seconds": "1"}, "'start_seconds' must be a number that is not negative, not '1'"),
    ],
)
def test_a_wrong_switch_is_a_400_that_names_it(
    paused: TestClient, body: dict[str, object], reason: str
) -> None:
    answer = paused.http.post("/_host/switches", json=body)
    assert (answer.status_code, answer.json()) == (400, {"error": reason})
