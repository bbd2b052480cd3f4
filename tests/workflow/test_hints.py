"""Azure's hints that a version was written: they reach the migration that waits for it, and can do no harm."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, PACE, POLICY, SEED, THERE, TWIN, Estate, an_image
from tests.workflow.test_events import cloud_event, deliver, grid_event

VERSION_WRITE = "Microsoft.Compute/galleries/images/versions/write"
FAILED = "Microsoft.Resources.ResourceWriteFailure"
AS_AZURE = {"version_events": "ended", "version_event_delay_seconds": 0}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """As in the other modules, with the lines of the log that say who was asked to look."""
    folder = tmp_path_factory.mktemp("stack")
    stack = Stack(folder, SEED, POLICY, PACE, one_clock=True, host_options=["--log-level", "info"])
    with stack as running, Estate(running) as estate:
        running.subscribe_to_events()
        yield estate


@pytest.fixture
def hints(estate: Estate) -> Iterator[Estate]:
    """The estate, whose events come as Azure's afterwards."""
    yield estate
    estate.stack.control("POST", "switches", AS_AZURE)
    estate.stack.control("POST", "events", {"copies": 1, "reorder": False})
    estate.stack.control("DELETE", "faults")


def version_id(image: str, gallery: str = GALLERY) -> str:
    return f"{gallery}/images/{image.rpartition('/')[2]}/versions/1.0.0"


def looks(estate: Estate, image: str, gallery: str = GALLERY) -> int:
    """How often the migration of the image was asked to look at its version."""
    line = f"migration {migration_id(ImageId.parse(image))} looks at {version_id(image, gallery)}"
    return estate.stack.log("host").lower().count(line.lower())


def about(version: str, make: Any = grid_event, **fields: Any) -> dict[str, Any]:
    event: dict[str, Any] = make(version, **fields)
    return event | {"data": {"operationName": VERSION_WRITE, "resourceUri": version}}


def test_a_version_that_was_written_makes_its_migration_look(estate: Estate) -> None:
    """In each gallery, also in one of another subscription."""
    image = estate.write(an_image("twin-hinted"))

    assert estate.ended(image)["state"] == "completed"

    assert (looks(estate, image), looks(estate, image, TWIN)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "switches", "delivery", "seen"),
    [
        ("doubled", {"version_events": "both"}, {"copies": 2, "reorder": True}, 4),
        ("early", {"version_events": "accepted"}, {}, 1),
        ("lost", {"version_events": "none"}, {}, 0),
        ("late", {"version_event_delay_seconds": 7200}, {}, 0),
    ],
)
def test_a_hint_that_is_not_what_it_should_be_does_no_harm(
    hints: Estate, name: str, switches: dict[str, Any], delivery: dict[str, Any], seen: int
) -> None:
    """The migration ends when the version is done; a late hint finds it ended."""
    hints.stack.control("POST", "switches", switches)
    hints.stack.control("POST", "events", delivery)
    image = hints.write(an_image(f"hint-{name}"))

    ended = hints.ended(image)

    assert (ended["state"], list(hints.versions(f"hint-{name}"))) == ("completed", ["1.0.0"])
    # of those that the clock has reached
    assert looks(hints, image) <= seen
    assert (looks(hints, image) > 0) is (seen > 0)


@pytest.mark.parametrize("make", [grid_event, cloud_event])
def test_forged_hints_finish_and_fail_nothing(hints: Estate, make: Any) -> None:
    """Whoever has the webhook's key can send them; what counts is what the version shows."""
    name = f"forged-{make.__name__.partition('_')[0]}"
    hints.stack.control("POST", "faults", {"kind": "stuck", "region": "westus2", "version": f"/{name}/"})
    image = hints.write(an_image(name))
    hints.eventually(lambda: (found := hints.migration(image)) and found["state"] == "replicating")
    version = version_id(image)
    kind = {"eventType": FAILED} if make is grid_event else {"type": FAILED}

    events = [about(version, make), about(version.upper(), make), about(version, make, **kind)]
    response = deliver(hints, *events)

    assert response.status_code == 202
    hints.stack.until(lambda: looks(hints, image) == 3)
    found = hints.migration(image)
    assert found is not None
    assert found["state"] == "replicating"
    hints.stack.control("DELETE", "faults")
    assert hints.ended(image)["state"] == "completed"


def test_hints_about_what_nobody_waits_for_are_acknowledged_and_start_nothing(estate: Estate) -> None:
    """After a 500 Event Grid would repeat the request, and the good events in it."""
    version = f"{GALLERY}/images/nobody/versions/1.0.0"
    strange = [
        about(version),
        about(version, cloud_event),
        about(version.replace(HERE, THERE)),
        about(version.replace(HERE, "99999999-9999-4999-8999-999999999999")),
        about(version, eventType=FAILED),
        about(f"{GALLERY}/images/nobody"),
        about("no id"),
        about(f"{version}{'0' * 5000}"),
        about("", subject=None),
    ]
    before = [one.id for one in estate.gallerist.migrations()]
    requests = len(estate.stack.control("GET", "requests"))

    response = deliver(estate, *strange, *strange)

    assert response.status_code == 202
    assert [one.id for one in estate.gallerist.migrations()] == before
    assert len(estate.stack.control("GET", "requests")) == requests
    log = estate.stack.log("host")
    assert log.count("ignored: no migration waits for this image version") == 1
    assert log.count("ignored: its resource is not an image version") == 1
