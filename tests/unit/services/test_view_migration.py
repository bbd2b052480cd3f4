"""Views of migrations: what the task hub and the child orchestrations know of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.fleet.interruptions import MOST_ATTEMPTS
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord, MigrationStatus, TargetStatus, UnreadableInstance
from domain.proofs.proof import ProofProgress, ProofStatus
from domain.resources.provenance import migration_id
from domain.results import CurrentWait, StepStatus
from services.interruptions import continue_interrupted
from services.refusals import ConflictError, InvalidRequestError
from services.view_migration import find_migration, list_migrations, migrations_by_image
from tests.unit.builders import NOW, definition_id, image_id, migration_request
from tests.unit.fakes import FakeDurableClient

INSTANCE = migration_id(image_id())
# as the extension 3.19.0 says it
HOST_SAYS = (
    "Orchestrator function 'migrate_image' failed: Non-Deterministic workflow"
    ' {"$type":"System.Exception","StackTraceString":"at …"}'
)
WAIT = CurrentWait(reason="TooManyRequests: slow down", until=NOW + timedelta(minutes=5))


async def found(
    client: FakeDurableClient, runtime_status: str = "Running", output: Any = None, **status: Any
) -> MigrationRecord:
    shown = MigrationStatus(image=image_id(), **status).model_dump(mode="json")
    request = migration_request().model_dump(mode="json")
    client.add(INSTANCE, runtime_status, request, customStatus=shown, output=output)
    record = await find_migration(client, INSTANCE)
    assert record is not None
    return record


def a_step(wait: CurrentWait | None) -> dict[str, Any]:
    return StepStatus(waiting_for=wait).model_dump(mode="json")


async def test_a_migration_shows_what_it_waits_for_itself() -> None:
    record = await found(FakeDurableClient(), waiting_for=WAIT)
    assert record.status.waiting_for == WAIT


@pytest.mark.parametrize(
    ("runtime_status", "wait", "shown"),
    [("Running", WAIT, WAIT), ("Running", None, None), ("Completed", WAIT, None)],
)
async def test_a_running_child_shows_what_it_waits_for(
    runtime_status: str, wait: CurrentWait | None, shown: CurrentWait | None
) -> None:
    client = FakeDurableClient()
    client.add("publish-1", runtime_status, customStatus=a_step(wait))
    children = ["publish-1", "publish-that-has-not-begun"]
    record = await found(client, state=MigrationState.PUBLISHING, child_instance_ids=children)
    assert record.status.waiting_for == shown


@pytest.mark.parametrize("running", [True, False])
async def test_a_proof_that_runs_is_newer_than_what_the_migration_shows(*, running: bool) -> None:
    client = FakeDurableClient()
    tried = ProofStatus(region="eastus2", size="Standard_A", watched_by="verify-1")
    progress = ProofProgress(proof=tried, waiting_for=WAIT)
    client.add("verify-1", "Running" if running else "Failed", customStatus=progress.model_dump(mode="json"))
    target = TargetStatus(
        definition=definition_id(),
        state=MigrationState.VERIFYING,
        proofs=[ProofStatus(region="eastus2", watched_by="verify-1")],
    )
    record = await found(
        client, state=MigrationState.VERIFYING, targets=[target], child_instance_ids=["verify-1"]
    )
    (proof,) = record.status.targets[0].proofs
    assert proof.size == ("Standard_A" if running else None)
    assert record.status.waiting_for == (WAIT if running else None)


async def test_a_terminated_migration_is_cancelled_and_waits_for_nothing() -> None:
    """Neither it nor the children it left behind clear their custom status."""
    client = FakeDurableClient()
    client.add("publish-1", "Running", customStatus=a_step(WAIT))
    record = await found(
        client,
        "Terminated",
        output="stopped by anna",
        state=MigrationState.PUBLISHING,
        waiting_for=WAIT,
        child_instance_ids=["publish-1"],
    )
    assert (record.status.state, record.status.reason) == (MigrationState.CANCELLED, "stopped by anna")
    assert (record.status.waiting_for, record.running) == (None, False)


async def test_a_migration_that_reached_its_end_keeps_it_although_the_orchestration_failed() -> None:
    record = await found(FakeDurableClient(), "Failed", output="lost", state=MigrationState.COMPLETED)
    assert (record.status.state, record.status.reason) == (MigrationState.COMPLETED, None)


async def test_the_output_of_an_ended_migration_is_preferred_to_its_custom_status() -> None:
    """The custom status is trimmed."""
    whole = MigrationStatus(image=image_id(), state=MigrationState.COMPLETED, warnings=["look out"])
    record = await found(
        FakeDurableClient(),
        "Completed",
        output=whole.model_dump(mode="json"),
        state=MigrationState.COMPLETED,
    )
    assert record.status == whole


async def test_before_its_first_step_a_migration_shows_its_request() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Pending", migration_request().model_dump(mode="json"))
    record = await find_migration(client, INSTANCE)
    assert record is not None
    assert (record.status.image, record.status.started_by) == (image_id(), "test")
    assert (record.status.state, record.running) == (MigrationState.PLANNED, True)


async def test_an_instance_that_is_no_migration_is_not_found() -> None:
    client = FakeDurableClient()
    client.add("batch-1", "Running")
    assert await find_migration(client, "batch-1") is None
    assert await find_migration(client, INSTANCE) is None


def many(count: int, **fields: Any) -> tuple[FakeDurableClient, list[str]]:
    """A task hub with this number of migrations, in no order, and as many other instances."""
    client = FakeDurableClient()
    names = [migration_id(image_id(f"image-{number}")) for number in range(count)]
    for number, name in enumerate(names):
        request = MigrationRequest(image=image_id(f"image-{number}"), started_by="test")
        client.add(name, "Running", request.model_dump(mode="json"), **fields)
        client.add(name.replace("migration-", "publish_version-") + "-0", "Running")
    return client, names


async def listed(client: FakeDurableClient, page: str = "") -> list[str]:
    return [record.id async for record, _ in list_migrations(client, page)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000, 2500])
async def test_every_migration_is_listed_exactly_once_in_the_order_of_the_ids(count: int) -> None:
    """The extension answers with a hundred instances at most."""
    client, names = many(count)
    assert await listed(client) == sorted(names)


@pytest.mark.parametrize("segments", [[7], [0, 0, 3], [1, 0], [100, 0, 0, 1]])
async def test_short_and_empty_segments_hide_no_migration(segments: list[int]) -> None:
    """Azure Tables may answer with fewer rows than asked for, even none, although more follow (documented)."""
    client, names = many(60)
    client.segments = segments
    assert await listed(client) == sorted(names)


@pytest.mark.parametrize("index", [0, 99, 250, 498, 499])
@pytest.mark.parametrize("segments", [(), (7, 0)])
async def test_a_list_goes_on_where_it_stopped(index: int, segments: tuple[int, ...]) -> None:
    client, names = many(500)
    client.segments = segments
    pages = [page async for _, page in list_migrations(client)]
    assert await listed(client, pages[index]) == sorted(names)[index + 1 :]


async def test_continuing_does_not_read_the_earlier_segments_again() -> None:
    client, _ = many(2000)
    pages = [page async for _, page in list_migrations(client)]
    whole = len(client.queries)
    await listed(client, pages[1900])
    assert len(client.queries) - whole < whole / 4


@pytest.mark.parametrize("text", ["nonsense", "migration-0", "ä", "W10", "WzEsMl0", "WyJhIl0"])
async def test_a_text_that_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="page: not a page of this list: follow 'next'"):
        await listed(FakeDurableClient(), text)


async def test_a_list_can_leave_out_older_migrations() -> None:
    client, _ = many(1)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    _ = [record async for record in list_migrations(client, since=moment)]
    assert client.queries[0]["createdTimeFrom"] == "2026-01-01T00:00:00+00:00"


FOREIGN: list[Any] = ["what", None, 7, [], {}, {"image": "nonsense"}, {"image": str(image_id())}]


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("runtime_status", ["Running", "Failed", "Completed"])
async def test_what_is_no_migration_is_named_and_hides_no_other(foreign: Any, runtime_status: str) -> None:
    client, names = many(3)
    client.add("migration-foreign", runtime_status, foreign)
    rows = [record async for record, _ in list_migrations(client)]
    (odd,) = [row for row in rows if isinstance(row, UnreadableInstance)]
    assert odd.id == "migration-foreign"
    assert "which is not a migration that this release can read" in odd.reason
    assert [row.id for row in rows if row is not odd] == sorted(names)
    assert len(await migrations_by_image(client)) == 3


@pytest.mark.parametrize("part", ["customStatus", "output"])
async def test_a_status_of_another_release_makes_a_migration_unreadable_not_the_list(part: str) -> None:
    client, names = many(1)
    request = migration_request().model_dump(mode="json")
    client.add(INSTANCE, "Completed", request, **{part: {"image": str(image_id()), "state": "melted"}})
    assert await listed(client) == sorted([*names, INSTANCE])
    with pytest.raises(ConflictError, match=r"state: .*purge the instance, or start the image's migration"):
        await find_migration(client, INSTANCE)


async def test_the_time_of_the_start_is_shown_although_the_host_began_a_new_execution() -> None:
    client = FakeDurableClient()
    request = migration_request()
    request.started_at = NOW
    client.add(INSTANCE, "Running", request.model_dump(mode="json"))
    record = await find_migration(client, INSTANCE)
    assert record is not None
    assert record.created == NOW


async def given_up(client: FakeDurableClient) -> None:
    """Lets the timer run until it gives up: the instance fails again and again without progress."""
    failed = dict(client.instances[INSTANCE])
    for _ in range(MOST_ATTEMPTS):
        await continue_interrupted(client)
        client.instances[INSTANCE] = dict(failed)


async def test_what_the_host_left_in_failed_is_interrupted_and_still_runs() -> None:
    record = await found(FakeDurableClient(), "Failed", output=HOST_SAYS, state=MigrationState.PREPARING)
    assert (record.status.state, record.running) == (MigrationState.INTERRUPTED, True)
    assert record.status.reason == "Orchestrator function 'migrate_image' failed: Non-Deterministic workflow"
    assert record.status.fix == "No action needed: Gallerist continues the migration within minutes."


async def test_what_was_given_up_is_failed_with_a_next_step() -> None:
    client = FakeDurableClient()
    await found(client, "Failed", output=HOST_SAYS, state=MigrationState.PREPARING)
    await given_up(client)
    record = await find_migration(client, INSTANCE)
    assert record is not None
    assert (record.status.state, record.running) == (MigrationState.FAILED, False)
    assert record.status.fix is not None
    assert record.status.fix.startswith("Start the migration again")
