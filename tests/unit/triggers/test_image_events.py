"""The Event Grid trigger: an image that was written is migrated once, whatever the schema and however often."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

from domain.field_errors import LONGEST_REASON
from domain.resources.events import IMAGE_WRITE, VERSION_WRITE, WRITE_FAILED, WRITE_SUCCEEDED
from domain.resources.provenance import migration_id
from services.container import EVENTS_AT_ONCE
from tests.unit.app import code
from tests.unit.builders import PROVIDER, definition_id, image_id
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with
from triggers.image_events import ignored_so_far

image_events = code("image_events")

MOMENT = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def services() -> Iterator[None]:
    with working_with(FakeCompute()):
        yield


def in_grid_schema(
    subject: str, event_type: Any = WRITE_SUCCEEDED, source: str = "/subscriptions/s", **data: Any
) -> func.EventGridEvent:
    return func.EventGridEvent(
        id="7",
        topic=source,
        subject=subject,
        event_type=event_type,
        event_time=MOMENT,
        data={"operationName": IMAGE_WRITE, "resourceUri": subject, **data},
        data_version="2",
    )


def in_cloud_schema(
    subject: str, event_type: Any = WRITE_SUCCEEDED, source: str = "/subscriptions/s", **data: Any
) -> func.CloudEvent:
    return func.CloudEvent(
        id="7",
        source=source,
        type=event_type,
        specversion="1.0",
        subject=subject,
        time=MOMENT,
        data={"operationName": IMAGE_WRITE, "resourceUri": subject, **data},
    )


SCHEMAS = pytest.mark.parametrize("event", [in_grid_schema, in_cloud_schema])


@SCHEMAS
async def test_an_image_that_was_written_is_migrated(event: Any) -> None:
    client = FakeDurableClient()
    await image_events(event=event(str(image_id())), client=client)
    ((name, instance_id, request),) = client.started
    assert (name, instance_id) == ("migrate_image", migration_id(image_id()))
    assert (request["image"], request["started_by"]) == (str(image_id()), "event 7")


@SCHEMAS
async def test_an_event_that_is_delivered_twice_starts_one_migration(event: Any) -> None:
    """Event Grid delivers at least once, and changes the case of ids."""
    client = FakeDurableClient()
    await image_events(event=event(str(image_id())), client=client)
    await image_events(event=event(str(image_id()).lower()), client=client)
    assert len(client.started) == 1


@SCHEMAS
@pytest.mark.parametrize(
    "changes",
    [
        {"event_type": "Microsoft.Resources.ResourceDeleteSuccess"},
        {"event_type": None},
        {"resourceUri": str(image_id()).replace("/1", "/2")},
        {"operationName": "Microsoft.Compute/virtualMachines/write"},
        {"resourceUri": f"{PROVIDER}/disks/web"},
    ],
)
async def test_an_unrelated_event_is_acknowledged_and_starts_nothing(
    event: Any, changes: dict[str, Any]
) -> None:
    """After an exception Event Grid would redeliver it for 24 hours."""
    client = FakeDurableClient()
    await image_events(event=event(str(image_id()), **changes), client=client)
    assert client.started == []


async def test_an_event_fails_if_its_migration_cannot_be_started() -> None:
    """Event Grid then delivers it again."""
    client = FakeDurableClient()
    client.refusal = Exception("the task hub is unavailable")
    with pytest.raises(Exception, match="the task hub is unavailable"):
        await image_events(event=in_grid_schema(str(image_id())), client=client)


@SCHEMAS
async def test_an_ignored_event_is_logged_once_per_source_and_reason(
    event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = FakeDurableClient()
    elsewhere = str(image_id()).replace("/1", "/2")
    with caplog.at_level(logging.INFO):
        for source in ("one", "two"):
            for _ in range(3):
                await image_events(event=event(elsewhere, source=f"{source} {event.__name__}"), client=client)
                await image_events(
                    event=event("", event_type=None, source=f"{source} {event.__name__}"), client=client
                )
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"] * 2
    assert "is not one of GALLERIST_SUBSCRIPTIONS. Others like it are not logged." in caplog.messages[0]
    assert "no event type" in caplog.messages[1]


@SCHEMAS
@pytest.mark.parametrize("event_type", [WRITE_SUCCEEDED, WRITE_FAILED])
async def test_a_version_that_was_written_makes_its_migration_look(event: Any, event_type: str) -> None:
    client = FakeDurableClient()
    client.entity_states["version_ledger"] = {f"{image_id().key}@fingerprint": "1.0.0"}
    version = str(definition_id().version("1.0.0"))
    await image_events(event=event(version, event_type, operationName=VERSION_WRITE), client=client)
    assert client.raised == [(migration_id(image_id()), "look")]
    assert client.started == []


@SCHEMAS
async def test_a_version_that_nobody_waits_for_is_acknowledged_and_logged_once(
    event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = FakeDurableClient()
    with caplog.at_level(logging.INFO):
        for number in range(3):
            version = str(definition_id().version(f"1.0.{number}"))
            source = f"versions {event.__name__}"
            await image_events(
                event=event(version, source=source, operationName=VERSION_WRITE), client=client
            )
    assert client.raised == client.started == []
    (message,) = caplog.messages
    assert "no migration waits for this image version. Others like it are not logged." in message


class CountingHub(FakeDurableClient):
    """A task hub that counts how many starts it works on at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.turn = asyncio.Barrier(EVENTS_AT_ONCE)

    async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        # until as many are there as may be
        await self.turn.wait()
        self.now -= 1
        return await super().start_new(name, instance_id, input_)


async def test_the_events_of_one_request_take_turns() -> None:
    """A request may bring thousands, and everybody else waits for the same event loop."""
    client = CountingHub()
    events = [in_grid_schema(str(image_id(f"web-{number}"))) for number in range(3 * EVENTS_AT_ONCE)]
    await asyncio.gather(*(image_events(event=event, client=client) for event in events))
    assert (len(client.started), client.most) == (3 * EVENTS_AT_ONCE, EVENTS_AT_ONCE)


async def test_what_is_kept_of_the_source_of_an_event_is_short() -> None:
    """An event may have a megabyte."""
    for number in range(3):
        event = in_grid_schema("x", "Other", source=f"/{number}" + "s" * 100_000)
        await image_events(event=event, client=FakeDurableClient())
    assert any(source.startswith("/2s") for source, _ in ignored_so_far)
    assert max(len(source) for source, _ in ignored_so_far) <= LONGEST_REASON
