"""Throttling and faults: temporary errors are retried, lost answers are looked up, permanent errors are explained."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.about import VERSION
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, PACE, SEED, THERE, TWIN, Estate, an_image

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
# the first read is that of the request
GET_IMAGE = {"method": "GET", "path": r"Microsoft.Compute/images/", "skip": 1}

TEMPORARY_ERRORS: dict[str, dict[str, Any]] = {
    "compute throttles, with Retry-After": {
        **PUT_VERSION,
        "status": 429,
        "code": "OperationNotAllowed",
        "message": TOO_MANY,
        "retry_after": 1235,
        "times": 3,
    },
    "compute throttles, without Retry-After, more often than other errors are retried": {
        **PUT_VERSION,
        "status": 429,
        "code": "OperationNotAllowed",
        "message": TOO_MANY,
        "times": 30,
    },
    "ARM throttles, with the time in its message": {
        **GET_IMAGE,
        "status": 429,
        "code": "SubscriptionRequestsThrottled",
        "message": OVER_LIMIT,
        "times": 3,
    },
    "a 429 with the code TooManyRequests": {
        **PUT_DEFINITION,
        "status": 429,
        "code": "TooManyRequests",
        "message": "The request is being throttled.",
        "times": 3,
    },
    "a 429 with an empty body": {**GET_VERSION, "status": 429, "times": 3},
    "too many requests on one source": {
        **PUT_VERSION,
        "status": 409,
        "code": "Conflict",
        "message": "Too many requests on source '/i'. Please reduce the number of requests on the source",
        "times": 3,
    },
    "a 503 with an empty body while planning": {**GET_IMAGE, "status": 503, "times": 3},
    "a 503 with an empty body while publishing": {**PUT_VERSION, "status": 503, "times": 3},
    "a 503 with an empty body while replicating": {**GET_VERSION, "status": 503, "times": 3},
    "a gateway timeout": {
        **PUT_DEFINITION,
        "status": 504,
        "code": "GatewayTimeout",
        "message": "The gateway did not receive a response from 'Microsoft.Compute' within the time period.",
        "times": 2,
    },
    "broken connections while planning": {**GET_IMAGE, "kind": "drop", "times": 3},
    "broken connections before the version is written": {**PUT_VERSION, "kind": "drop", "times": 3},
    "broken connections while replicating": {**GET_VERSION, "kind": "drop", "times": 3},
    "a lost answer to the write of the definition": {**PUT_DEFINITION, "kind": "lost-answer"},
    "a parent that ARM does not list yet": {
        **PUT_VERSION,
        "status": 404,
        "code": "ParentResourceNotFound",
        "message": "Can not perform requested operation on nested resource. Parent resource 'golden' not found.",
        "times": 3,
    },
    "a version missing from a stale cache": {
        **GET_VERSION,
        "status": 404,
        "code": "ResourceNotFound",
        "message": "The Resource 'Microsoft.Compute/galleries' under resource group 'images' was not found.",
        "times": 3,
        # the first read is before the version is created
        "skip": 1,
    },
    "an image missing from a stale cache": {
        "method": "GET",
        "path": "/providers/Microsoft.Compute/images/",
        "status": 404,
        "code": "ResourceNotFound",
        "message": "The Resource 'Microsoft.Compute/images' under resource group 'packer' was not found.",
        # the first read is the HTTP API's own
        "skip": 1,
    },
}


def _seed() -> dict[str, Any]:
    """Returns the usual seed with two more images: one has a purchase plan but no tags for it, one is in THERE."""
    seed = copy.deepcopy(SEED)
    bought = an_image("bought")
    bought["_simulator"] = {"plan": {"name": "gen1", "product": "rocky", "publisher": "resf"}}
    there = an_image("there-1")
    there["id"] = there["id"].replace(HERE, THERE).replace("/packer/", "/images/")
    seed["resources"] += [bought, there]
    return seed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The app for all tests of the module, without events, so that each test starts its own migrations."""
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(
        folder,
        _seed(),
        POLICY,
        PACE,
        host_options=["--log-level", "info"],
        one_clock=True,
    )
    with stack, Estate(stack) as estate:
        yield estate


@pytest.fixture
def estate(running: Estate) -> Iterator[Estate]:
    """The app; after each test, the faults are removed."""
    yield running
    running.stack.control("DELETE", "faults")


def inject_fault(estate: Estate, **fault: Any) -> None:
    estate.stack.control("POST", "faults", fault)


def requests_with_faults(estate: Estate) -> int:
    """Returns how many requests have met a fault so far."""
    return sum(entry["fault"] is not None for entry in estate.stack.control("GET", "requests"))


@pytest.mark.parametrize("case", TEMPORARY_ERRORS)
def test_a_temporary_error_is_retried_and_leaves_one_version(estate: Estate, case: str) -> None:
    """The migration completes without a second start, and creates its version once."""
    name = re.sub(r"\W+", "-", case)
    image = estate.write(an_image(name))
    before = requests_with_faults(estate)
    inject_fault(estate, **TEMPORARY_ERRORS[case])

    estate.start(image)
    migration = estate.ended(image)

    assert (migration["state"], migration["failure"], migration["waiting_for"]) == ("completed", None, None)
    assert list(estate.versions(name)) == ["1.0.0"]
    assert requests_with_faults(estate) - before == TEMPORARY_ERRORS[case].get("times", 1)


def test_a_version_is_adopted_if_the_answer_to_its_write_was_lost(estate: Estate) -> None:
    """The outcome of the write is not guessed: the version is read, recognized by its tags, and not written again."""
    image = estate.write(an_image("lost-answer"))
    inject_fault(estate, **PUT_VERSION, kind="lost-answer")
    estate.start(image)

    migration = estate.ended(image)

    assert (migration["state"], migration["targets"][0]["outcome"]) == ("completed", "adopted")
    assert list(estate.versions("lost-answer")) == ["1.0.0"]
    assert len(estate.writes("lost-answer/versions")) == 1


def test_a_migration_fails_with_the_cause_if_an_error_persists(estate: Estate) -> None:
    """Errors other than throttling are retried a limited number of times. A second start completes the migration."""
    image = estate.write(an_image("unwell"))
    inject_fault(estate, **PUT_VERSION, status=503, times=1000)
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "failed"
    assert migration["failure"]["http_status"] == 503
    assert migration["failure"]["cause"] == "The service did not answer, or failed temporarily."
    assert migration["waiting_for"] is None
    estate.stack.control("DELETE", "faults")
    estate.start(image)
    assert estate.ended(image)["state"] == "completed"


def test_an_operation_that_fails_after_it_was_accepted_has_a_cause_and_a_fix(estate: Estate) -> None:
    """Recorded: such a failure arrives as HTTP 200, minutes after the 201."""
    image = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/bought"
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "failed"
    failure = migration["failure"]
    assert (failure["code"], failure["http_status"]) == ("Conflict", 200)
    assert "has a different plan" in failure["message"]
    assert failure["cause"].startswith("The image definition does not have the marketplace purchase plan")
    assert "tags PlanInfo, PlanProduct and PlanPublisher" in migration["fix"]


def test_a_waiting_migration_shows_why_and_until_when(estate: Estate) -> None:
    """`waiting_for` is null again after the wait."""
    first = estate.write(an_image("family-1"))
    estate.start(first)
    estate.ended(first)
    image = estate.write(an_image("family-2"))
    throttled = {"status": 429, "code": "TooManyRequests", "message": "The request is being throttled."}
    inject_fault(estate, **PUT_VERSION, **throttled, retry_after=600)
    estate.start(image)

    waiting = estate.eventually(lambda: (estate.migration(image) or {})["waiting_for"])

    assert estate.migration(image)["state"] == "publishing"
    assert waiting["reason"] == "TooManyRequests: The service is throttling requests."
    assert waiting["until"] > estate.migration(image)["updated"]
    assert waiting["attempt"] == 2, "the first one was refused"
    course = estate.ended(image)["course"]
    assert estate.migration(image)["waiting_for"] is None
    states = ["planned", "preparing", "publishing", "publishing", "publishing", "replicating", "completed"]
    assert [change["state"] for change in course] == states
    assert [change["waits_for"] for change in course if change["waits_for"]] == [waiting["reason"]]
    assert course == sorted(course, key=lambda change: change["at"])


def test_throttling_in_one_subscription_does_not_delay_another(estate: Estate) -> None:
    """Only the migrations of the throttled subscription wait."""
    here = estate.write(an_image("held-up"))
    there = f"/subscriptions/{THERE}/resourceGroups/images/providers/Microsoft.Compute/images/there-1"
    path = f"/subscriptions/{HERE}/.*/galleries"
    throttled = {"status": 429, "code": "OperationNotAllowed", "message": TOO_MANY, "retry_after": 36000}
    inject_fault(estate, path=path, times=1000, **throttled)
    estate.start(here)
    estate.eventually(lambda: (estate.migration(here) or {})["waiting_for"])

    estate.start(there)

    assert estate.ended(there)["state"] == "completed"
    assert estate.migration(here)["waiting_for"]["reason"].startswith("OperationNotAllowed: ")
    estate.stack.control("DELETE", "faults")
    assert estate.ended(here)["state"] == "completed"


def test_a_migration_logs_one_line_when_it_starts_and_one_when_it_ends(estate: Estate) -> None:
    """The alerts read these lines; docs/operations.md describes their form."""
    image = estate.write(an_image("too-big-for-it", data_disks_gb=(4095,)))
    estate.start(image)
    migration = estate.ended(image)

    log = estate.stack.log("host")
    lines = [line[line.index("migration ") :] for line in log.splitlines() if f"image={image} " in line]
    identity = f"id={migration['id']} image={image}"
    release = f"gallerist-{VERSION}"
    explanation = f'reason="{migration["reason"]}" fix="{migration["fix"]}"'
    assert lines == [
        f'migration started {identity} state=planned by={release} reason="" fix=""',
        f"migration blocked {identity} state=blocked by={release} {explanation}",
    ]


def test_a_version_write_that_conflicts_overwrites_nothing_and_completes(estate: Estate) -> None:
    """Another writer takes the number between read and write; the migration then reads the gallery again."""
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
