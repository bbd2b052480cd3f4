"""The task hub's migrations: started once, found with their regions, listed without loss."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.task_hub import find_migration, list_migrations, start_migration
from domain.migration.messages import MigrationRequest
from domain.migration.replication import ReplicationReport
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.provenance import migration_id
from tests.unit.builders import definition_id, image_id, in_regions, migration_request
from tests.unit.fakes import FakeDurableClient

INSTANCE = migration_id(image_id())
REQUEST = migration_request()


async def test_a_migration_starts_under_its_images_id() -> None:
    client = FakeDurableClient()
    started = await start_migration(client, REQUEST)
    assert (started.id, started.fresh) == (INSTANCE, True)
    assert client.started == [("migrate_image", INSTANCE, REQUEST.model_dump(mode="json"))]


@pytest.mark.parametrize("state", ["Pending", "Running", "ContinuedAsNew", "Suspended"])
async def test_a_migration_that_runs_is_not_started_again(state: str) -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, state, REQUEST.model_dump(mode="json"))
    started = await start_migration(client, REQUEST)
    assert (started.id, started.fresh) == (INSTANCE, False)
    assert client.started == []


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated", "Canceled"])
async def test_a_migration_that_has_ended_is_started_again(state: str) -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, state, REQUEST.model_dump(mode="json"))
    assert (await start_migration(client, REQUEST)).fresh


async def test_of_two_callers_at_the_same_moment_one_is_told_that_it_runs() -> None:
    """The extension refuses the second start, and the SDK tells so with a bare exception."""

    class Raced(FakeDurableClient):
        def on_refusal(self, instance_id: str) -> None:
            self.add(instance_id, "Running", REQUEST.model_dump(mode="json"))

    client = Raced()
    client.refusal = Exception("409")
    assert await start_migration(client, REQUEST) == (INSTANCE, False)


async def test_a_start_that_failed_for_another_reason_is_raised() -> None:
    client = FakeDurableClient()
    client.refusal = Exception("the task hub is away")
    with pytest.raises(Exception, match="the task hub is away"):
        await start_migration(client, REQUEST)


def many(count: int, **fields: Any) -> tuple[FakeDurableClient, list[str]]:
    """A task hub with so many migrations, in no order, and some instances that are none."""
    client = FakeDurableClient()
    names = [migration_id(image_id(f"image-{number}")) for number in range(count)]
    for number, name in enumerate(names):
        request = MigrationRequest(image=image_id(f"image-{number}"), started_by="test")
        client.add(name, "Running", request.model_dump(mode="json"), **fields)
        client.add(name.replace("migration-", "watch-") + "-0", "Running")
    return client, names


async def listed(client: FakeDurableClient, after: str = "") -> list[str]:
    return [row["id"] async for row in list_migrations(client, after)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000, 2500])
async def test_every_migration_is_listed_exactly_once_in_the_order_of_the_ids(count: int) -> None:
    """The extension answers with a hundred instances at most, and the SDK drops the token to the next page."""
    client, names = many(count)
    assert await listed(client) == sorted(names)


@pytest.mark.parametrize("place", [0, 99, 250, 498, 499])
async def test_a_list_goes_on_after_an_id(place: int) -> None:
    client, names = many(500)
    ordered = sorted(names)
    assert await listed(client, after=ordered[place]) == ordered[place + 1 :]


async def test_going_on_does_not_read_what_was_read_before() -> None:
    client, names = many(2000)
    await listed(client)
    whole, client.queries = client.queries, 0
    await listed(client, after=sorted(names)[1900])
    assert client.queries < whole / 4


async def test_a_list_can_begin_at_a_moment() -> None:
    client, _ = many(1)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    _ = [row async for row in list_migrations(client, since=moment)]
    assert client.since == moment


async def test_a_migration_that_has_not_begun_is_planned() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Pending", REQUEST.model_dump(mode="json"))
    found = await find_migration(client, INSTANCE)
    assert found is not None
    assert (found["id"], found["image"], found["state"]) == (INSTANCE, str(image_id()), "planned")
    assert (found["started_by"], found["targets"]) == ("test", [])
    assert found["created"] == "2026-01-15T08:30:00+00:00"


def replicating(**changes: Any) -> dict[str, Any]:
    target = TargetStatus(
        definition=definition_id(),
        version_id=definition_id().version("1.0.0"),
        state=MigrationState.REPLICATING,
        outcome="created",
        operation_url="https://management.azure.com/operations/1?secret",
        watched_by="watch-1",
    )
    status = MigrationStatus(image=image_id(), state=MigrationState.REPLICATING, targets=[target], **changes)
    return status.model_dump(mode="json")


async def test_the_regions_of_a_running_migration_come_from_its_watch() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Running", REQUEST.model_dump(mode="json"), customStatus=replicating())
    report = ReplicationReport(provisioning_state="Succeeded", regions=in_regions(westeurope="Replicating"))
    client.add("watch-1", "Running", customStatus=report.model_dump(mode="json"))
    found = await find_migration(client, INSTANCE)
    assert found is not None
    (target,) = found["targets"]
    assert (target["gallery"], target["definition"], target["version"]) == ("golden", "web-20260115", "1.0.0")
    assert [(region["region"], region["state"]) for region in target["regions"]] == [
        ("westeurope", "Replicating")
    ]


@pytest.mark.parametrize("watch", [{}, {"customStatus": None}])
async def test_a_watch_that_has_not_looked_yet_shows_no_region(watch: dict[str, Any]) -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Running", REQUEST.model_dump(mode="json"), customStatus=replicating())
    if watch:
        client.add("watch-1", "Running", **watch)
    found = await find_migration(client, INSTANCE)
    assert found is not None
    assert found["targets"][0]["regions"] == []


async def test_signed_urls_are_not_shown() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Running", REQUEST.model_dump(mode="json"), customStatus=replicating())
    assert "secret" not in str(await find_migration(client, INSTANCE))


@pytest.mark.parametrize(
    ("runtime_status", "state"),
    [("Failed", "failed"), ("Terminated", "cancelled"), ("Canceled", "cancelled")],
)
async def test_an_instance_that_broke_off_says_so_itself(runtime_status: str, state: str) -> None:
    """Its custom status is that of the moment before."""
    client = FakeDurableClient()
    client.add(
        INSTANCE,
        runtime_status,
        REQUEST.model_dump(mode="json"),
        customStatus=replicating(),
        output="stopped by me",
    )
    found = await find_migration(client, INSTANCE)
    assert found is not None
    assert (found["state"], found["reason"]) == (state, "stopped by me")


@pytest.mark.parametrize("instance_id", ["watch-1", "migration-unknown", ""])
async def test_what_is_no_migration_is_not_found(instance_id: str) -> None:
    client = FakeDurableClient()
    client.add("watch-1", "Running")
    assert await find_migration(client, instance_id) is None
