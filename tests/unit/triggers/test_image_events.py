"""The Event Grid trigger: an image that was written is migrated once, whatever the schema and however often."""

from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

from domain.resources.events import IMAGE_WRITE, WRITE_SUCCEEDED
from domain.resources.provenance import migration_id
from tests.unit.app import code
from tests.unit.builders import PROVIDER, image_id
from tests.unit.fakes import FakeDurableClient

image_events = code("image_events")

MOMENT = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)


def in_grid_schema(subject: str, event_type: str = WRITE_SUCCEEDED, **data: Any) -> func.EventGridEvent:
    return func.EventGridEvent(
        id="7",
        topic="/subscriptions/s",
        subject=subject,
        event_type=event_type,
        event_time=MOMENT,
        data={"operationName": IMAGE_WRITE, "resourceUri": subject, **data},
        data_version="2",
    )


def in_cloud_schema(subject: str, event_type: str = WRITE_SUCCEEDED, **data: Any) -> func.CloudEvent:
    return func.CloudEvent(
        id="7",
        source="/subscriptions/s",
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
