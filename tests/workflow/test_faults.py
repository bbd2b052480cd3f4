"""Throttling and faults: what passes is waited for, what was lost is looked up, what fails for good says why."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, SEED, THERE, TWIN, Estate, an_image, eventually

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  replication: {{deadline_hours: 300}}
rules:
  - name: elsewhere
    match: {{names: ["there-*"]}}
    galleries: [{TWIN}]
  - name: one family
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""
TOO_MANY = (
    "The server rejected the request because too many requests have been received for this subscription."
)
OVER_LIMIT = (
    "Number of requests for subscription 's' and operation 'PUT' exceeded the backend storage limit. "
    "Please try again after '6' seconds."
)
PUT_VERSION = {"method": "PUT", "path": "/versions/"}
GET_VERSION = {"method": "GET", "path": "/versions/1"}
PUT_DEFINITION = {"method": "PUT", "path": r"/golden/images/[^/]+\?"}
GET_GALLERY = {"method": "GET", "path": r"/galleries/golden\?"}

PASSING: dict[str, dict[str, Any]] = {
    "compute throttles, with Retry-After": {
        **PUT_VERSION,
        "status": 429,
        "code": "OperationNotAllowed",
        "message": TOO_MANY,
        "retry_after": 1235,
        "times": 3,
    },
    "compute throttles, without Retry-After, longer than tries are counted": {
        **PUT_VERSION,
        "status": 429,
        "code": "OperationNotAllowed",
        "message": TOO_MANY,
        "times": 30,
    },
    "ARM throttles, saying how long in its text": {
        **GET_GALLERY,
        "status": 429,
        "code": "SubscriptionRequestsThrottled",
        "message": OVER_LIMIT,
        "times": 3,
    },
    "a 429 of the third shape": {
        **PUT_DEFINITION,
        "status": 429,
        "code": "TooManyRequests",
        "message": "The request is being throttled.",
        "times": 3,
    },
    "a 429 with nothing in it": {**GET_VERSION, "status": 429, "times": 3},
    "a source that is asked too much": {
        **PUT_VERSION,
        "status": 409,
        "code": "Conflict",
        "message": "Too many requests on source '/i'. Please reduce the number of requests on the source",
        "times": 3,
    },
    "a 503 with nothing in it, while planning": {**GET_GALLERY, "status": 503, "times": 3},
    "a 503 with nothing in it, while publishing": {**PUT_VERSION, "status": 503, "times": 3},
    "a 503 with nothing in it, while replicating": {**GET_VERSION, "status": 503, "times": 3},
    "a gateway that gets no answer": {
        **PUT_DEFINITION,
        "status": 504,
        "code": "GatewayTimeout",
        "message": "The gateway did not receive a response from 'Microsoft.Compute' within the time period.",
        "times": 2,
    },
    "connections that break while planning": {**GET_GALLERY, "kind": "drop", "times": 3},
    "connections that break before the work": {**PUT_VERSION, "kind": "drop", "times": 3},
    "connections that break while replicating": {**GET_VERSION, "kind": "drop", "times": 3},
    "a definition whose answer is lost": {**PUT_DEFINITION, "kind": "lost-answer"},
    "a parent that is not seen just after it was made": {
        **PUT_VERSION,
        "status": 404,
        "code": "ParentResourceNotFound",
        "message": "Can not perform requested operation on nested resource. Parent resource 'golden' not found.",
        "times": 3,
    },
    "a version that a stale cache does not know": {
        **GET_VERSION,
        "status": 404,
        "code": "ResourceNotFound",
        "message": "The Resource 'Microsoft.Compute/galleries' under resource group 'images' was not found.",
        "times": 3,
        # the first look is before the version is made
        "skip": 1,
    },
    "an image that a stale cache does not know": {
        "method": "GET",
        "path": "/providers/Microsoft.Compute/images/",
        "status": 404,
        "code": "ResourceNotFound",
        "message": "The Resource 'Microsoft.Compute/images' under resource group 'packer' was not found.",
        # the first look is the HTTP API's own
        "skip": 1,
    },
}


def _seed() -> dict[str, Any]:
    """The estate with an image whose disk carries a purchase plan that nothing tells of, and one of another group."""
    seed = copy.deepcopy(SEED)
    bought = an_image("bought")
    bought["_simulator"] = {"plan": {"name": "gen1", "product": "rocky", "publisher": "resf"}}
    there = an_image("there-1")
    there["id"] = there["id"].replace(HERE, THERE).replace("/packer/", "/images/")
    seed["resources"] += [bought, there]
    return seed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A Gallerist for the module: nothing tells it of images, so that each test starts what it looks at."""
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(
        folder,
        _seed(),
        POLICY,
        transitions="polls:3",
        host_options=["--clock", "skip", "--log-level", "info"],
    )
    with stack, Estate(stack) as estate:
        yield estate


@pytest.fixture
def estate(running: Estate) -> Iterator[Estate]:
    """The Gallerist, left without faults and with a clock that skips."""
    yield running
    running.stack.control("DELETE", "faults")
    clock(running, mode="skip")


def clock(estate: Estate, **change: Any) -> None:
    estate.http.post(f"{estate.stack.host['url']}/_host/clock", json=change).raise_for_status()


def spoil(estate: Estate, **fault: Any) -> None:
    estate.stack.control("POST", "faults", fault)


def spoilt(estate: Estate) -> int:
    """How many requests have met a fault so far."""
    return sum(entry["fault"] is not None for entry in estate.stack.control("GET", "requests"))


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_is_waited_for_and_leaves_one_version(estate: Estate, case: str) -> None:
    """Nobody has to start anything again, and nothing is done twice."""
    name = re.sub(r"\W+", "-", case)
    image = estate.write(an_image(name))
    before = spoilt(estate)
    spoil(estate, **PASSING[case])

    response = estate.start(image)
    assert response.status_code == 202, response.text
    migration = estate.ended(image)

    assert (migration["state"], migration["failure"], migration["waiting_for"]) == ("completed", None, None)
    assert list(estate.versions(name)) == ["1.0.0"]
    assert spoilt(estate) - before == PASSING[case].get("times", 1)


def test_a_version_whose_answer_was_lost_is_found_by_reading(estate: Estate) -> None:
    """An unknown outcome is never guessed: the version is read, known by its tags, and not asked for again."""
    image = estate.write(an_image("lost-answer"))
    spoil(estate, **PUT_VERSION, kind="lost-answer")
    estate.start(image)

    migration = estate.ended(image)

    assert (migration["state"], migration["targets"][0]["outcome"]) == ("completed", "adopted")
    assert list(estate.versions("lost-answer")) == ["1.0.0"]
    assert len(estate.writes("lost-answer/versions")) == 1


def test_a_service_that_stays_unwell_ends_in_a_failure_that_says_so(estate: Estate) -> None:
    """What is no throttling is waited for a bounded number of times."""
    image = estate.write(an_image("unwell"))
    spoil(estate, **PUT_VERSION, status=503, times=1000)
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "failed"
    assert migration["failure"]["http_status"] == 503
    assert migration["failure"]["cause"] == "The service did not answer, or failed temporarily."
    assert migration["waiting_for"] is None
    estate.stack.control("DELETE", "faults")
    assert estate.start(image).status_code == 202
    assert estate.ended(image)["state"] == "completed"


def test_an_operation_that_fails_after_it_was_accepted_says_why_and_what_mends_it(estate: Estate) -> None:
    """Recorded: such a failure comes inside HTTP 200, minutes after a 201."""
    image = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/bought"
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "failed"
    failure = migration["failure"]
    assert (failure["code"], failure["http_status"]) == ("Conflict", 200)
    assert "has a different plan" in failure["message"]
    assert failure["cause"].startswith("The image definition does not have the marketplace purchase plan")
    assert "tags PlanInfo, PlanProduct, PlanPublisher" in migration["fix"]


def test_what_a_migration_waits_for_is_shown_while_it_waits(estate: Estate) -> None:
    """Why, and until when; nothing of it is left afterwards."""
    first = estate.write(an_image("family-1"))
    estate.start(first)
    estate.ended(first)
    image = estate.write(an_image("family-2"))
    throttled = {"status": 429, "code": "TooManyRequests", "message": "The request is being throttled."}
    spoil(estate, **PUT_VERSION, **throttled, retry_after=600)
    clock(estate, mode="manual")
    estate.start(image)

    waiting = eventually(lambda: (estate.migration(image) or {})["waiting_for"])

    assert estate.migration(image)["state"] == "publishing"
    assert waiting["reason"] == "TooManyRequests: The service is throttling requests."
    assert waiting["until"] > estate.migration(image)["updated"]
    clock(estate, mode="skip")
    assert estate.ended(image)["waiting_for"] is None


def test_one_subscription_goes_on_while_another_is_throttled(estate: Estate) -> None:
    """Nothing but the throttled subscription's own migrations waits."""
    here = estate.write(an_image("held-up"))
    there = f"/subscriptions/{THERE}/resourceGroups/images/providers/Microsoft.Compute/images/there-1"
    path = f"/subscriptions/{HERE}/.*/galleries"
    throttled = {"status": 429, "code": "OperationNotAllowed", "message": TOO_MANY, "retry_after": 36000}
    spoil(estate, path=path, times=1000, **throttled)
    clock(estate, mode="manual")
    estate.start(here)
    eventually(lambda: (estate.migration(here) or {})["waiting_for"])

    estate.start(there)
    done = eventually(lambda: _ended_after(estate, there, seconds=60))

    assert done["state"] == "completed"
    assert estate.migration(here)["waiting_for"]["reason"].startswith("OperationNotAllowed: ")
    estate.stack.control("DELETE", "faults")
    clock(estate, mode="skip")
    assert estate.ended(here)["state"] == "completed"


def _ended_after(estate: Estate, image: str, *, seconds: int) -> dict[str, Any] | None:
    migration = estate.migration(image)
    if migration and migration["state"] == "completed":
        return migration
    clock(estate, advance_seconds=seconds)
    return None


def test_every_migration_is_logged_once_when_it_starts_and_once_when_it_ends(estate: Estate) -> None:
    """Alerts are built on these lines, whose form docs/operations.md tells."""
    image = estate.write(an_image("too-big-for-it", data_disks_gb=(4095,)))
    estate.start(image)
    migration = estate.ended(image)

    log = estate.stack.log("host")
    lines = [line[line.index("migration ") :] for line in log.splitlines() if f"image={image} " in line]
    told = f"id={migration['id']} image={image}"
    assert lines == [
        f'migration started {told} state=planned reason="" fix=""',
        f'migration blocked {told} state=blocked reason="{migration["reason"]}" fix="{migration["fix"]}"',
    ]


def test_a_number_that_another_writer_takes_first_is_not_fought_over(estate: Estate) -> None:
    """Somebody else writes between the look and the write: nothing is written over, and the migration goes on."""
    first = estate.write(an_image("contested"))
    estate.start(first)
    estate.ended(first)
    refusal = {
        "status": 409,
        "code": "PropertyChangeNotAllowed",
        "method": "PUT",
        "path": "/images/contested/versions/1.0.1",
        "message": "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.",
    }
    estate.stack.control("POST", "faults", refusal)
    second = estate.write(an_image("contested2"))
    estate.start(second, definition="contested")

    migration = estate.ended(second)

    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "1.0.1")
    assert sorted(estate.versions("contested")) == ["1.0.0", "1.0.1"]
