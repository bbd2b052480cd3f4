"""Cancelling and retrying migrations, over a task hub in memory."""

from typing import Any

import pytest

from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.requests import Overrides
from domain.resources.provenance import migration_id
from services.end_migration import cancel_migration, retry_migration
from services.refusals import ConflictError, NotFoundError
from services.view_migration import find_migration
from tests.unit.builders import image_id
from tests.unit.fakes import FakeDurableClient

ID = migration_id(image_id())
REQUEST = MigrationRequest(image=image_id(), started_by="ann", overrides=Overrides(version="1.2.3"))


def hub(
    runtime: str,
    state: MigrationState = MigrationState.REPLICATING,
    name: str = "migrate_image",
    **status: Any,
) -> FakeDurableClient:
    client = FakeDurableClient()
    shown = MigrationStatus(state=state, image=image_id(), **status).model_dump(mode="json")
    client.add(ID, runtime, REQUEST.model_dump(mode="json"), name=name, customStatus=shown, output=shown)
    return client


async def cancel(client: FakeDurableClient) -> None:
    await cancel_migration(client, ID, "bob")  # type: ignore[arg-type] # a fake


async def retry(client: FakeDurableClient) -> None:
    await retry_migration(client, ID, "bob")  # type: ignore[arg-type] # a fake


async def test_a_cancelled_migration_ends_with_its_children() -> None:
    client = hub("Running", child_instance_ids=["publish-1", "publish-2"])
    client.add("publish-1", "Completed", {})
    client.add("publish-2", "Running", {})

    await cancel(client)

    assert client.terminated == [ID, "publish-2"]
    record = await find_migration(client, ID)  # type: ignore[arg-type] # a fake
    assert record is not None
    assert (record.status.state, record.running) == (MigrationState.CANCELLED, False)


@pytest.mark.parametrize("state", [MigrationState.COMPLETED, MigrationState.PARTIAL, MigrationState.FAILED])
async def test_what_has_ended_cannot_be_cancelled(state: MigrationState) -> None:
    client = hub("Completed", state)
    with pytest.raises(ConflictError, match=f"has ended: it is {state}"):
        await cancel(client)
    assert client.terminated == []


async def test_what_was_interrupted_is_cancelled_once_it_continues() -> None:
    client = hub("Failed")
    with pytest.raises(ConflictError, match="was interrupted and continues within minutes"):
        await cancel(client)


async def test_a_migration_that_does_not_exist_is_neither_cancelled_nor_retried() -> None:
    for act in (cancel, retry):
        with pytest.raises(NotFoundError):
            await act(FakeDurableClient())


@pytest.mark.parametrize(
    ("runtime", "state"),
    [
        ("Completed", MigrationState.FAILED),
        ("Completed", MigrationState.PARTIAL),
        ("Completed", MigrationState.BLOCKED),
        ("Completed", MigrationState.UNVERIFIED),
        ("Terminated", MigrationState.REPLICATING),
    ],
)
async def test_what_did_not_succeed_is_started_again_with_its_choices(
    runtime: str, state: MigrationState
) -> None:
    client = hub(runtime, state)

    await retry(client)

    ((name, instance_id, stored),) = client.started
    request = MigrationRequest.model_validate(stored)
    assert (name, instance_id) == ("migrate_image", ID)
    assert (request.image, request.started_by, request.overrides.version) == (image_id(), "bob", "1.2.3")


@pytest.mark.parametrize("state", [MigrationState.COMPLETED, MigrationState.SKIPPED])
async def test_there_is_nothing_to_retry_of_a_success(state: MigrationState) -> None:
    client = hub("Completed", state)
    with pytest.raises(ConflictError, match="nothing to retry"):
        await retry(client)
    assert client.started == []


async def test_a_running_migration_is_not_retried() -> None:
    with pytest.raises(ConflictError, match="is running"):
        await retry(hub("Running"))


async def test_what_last_added_regions_is_not_retried_as_a_migration() -> None:
    with pytest.raises(ConflictError, match="add them again instead"):
        await retry(hub("Completed", MigrationState.FAILED, name="add_regions"))
