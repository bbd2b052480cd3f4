"""Batches as a use case: what a step starts, and when a batch can be cancelled or resumed."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.errors import ArmError, NotYetError
from domain.fleet.batch_images import Candidate, RunningMigration
from domain.fleet.batches import BATCH_ID_PREFIX, SWEEP_BATCH_ID, Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.interruptions import MOST_ATTEMPTS
from domain.fleet.scopes import Scope
from domain.fleet.states import BatchState
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, UnreadableInstance
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id
from services.batches import (
    advance_batch,
    cancel_batch,
    find_batch,
    list_batches,
    plan_batch,
    resume_batch,
    start_batch,
    start_sweep,
)
from services.interruptions import continue_interrupted
from services.refusals import ConflictError, NotFoundError
from tests.unit.builders import NOW, SUBSCRIPTION, definition_id, gallery, image, image_id
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

REQUEST = BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)])
BATCH = f"{BATCH_ID_PREFIX}1"


@pytest.fixture(autouse=True)
def azure() -> Iterator[FakeCompute]:
    """A gallery, and two images that the policy sends into it."""
    compute = FakeCompute(images=[image("old"), image("new")], galleries=[gallery()])
    with working_with(compute):
        yield compute


def a_batch(**changes: Any) -> Batch:
    return Batch(request=REQUEST, started_by="anna", **changes)


def hub_with(runtime_status: str, batch: Batch, **fields: Any) -> FakeDurableClient:
    client = FakeDurableClient()
    client.add(BATCH, runtime_status, batch.model_dump(mode="json"), **fields)
    return client


async def test_a_step_starts_the_images_that_need_a_migration() -> None:
    client = FakeDurableClient()
    batch = await advance_batch(client, a_batch())
    assert [name for name, _, _ in client.started] == ["migrate_image"] * 2
    assert {instance_id for _, instance_id, _ in client.started} == {
        migration_id(image_id("old")),
        migration_id(image_id("new")),
    }
    assert (len(batch.running), batch.pending, batch.exhausted) == (2, [], True)


async def test_a_repeated_step_starts_nothing_twice() -> None:
    client = FakeDurableClient()
    await advance_batch(client, a_batch())
    repeated = await advance_batch(client, a_batch())
    assert len(client.started) == 2
    # the second call finds both running: they are counted, not selected
    assert (repeated.running, repeated.left_alone) == ([], {"running": 2})


async def test_a_step_takes_in_the_migrations_that_ended() -> None:
    client = FakeDurableClient()
    batch = await advance_batch(client, a_batch())
    status = MigrationStatus(image=image_id("old"), state=MigrationState.COMPLETED)
    request = client.instances[migration_id(image_id("old"))]["input"]
    client.add(migration_id(image_id("old")), "Completed", request, output=status.model_dump(mode="json"))
    batch = await advance_batch(client, batch)
    assert batch.counts == {"completed": 1}
    assert [running.candidate.image for running in batch.running] == [image_id("new")]


async def test_a_dry_run_plans_and_starts_nothing(azure: FakeCompute) -> None:
    client = FakeDurableClient()
    batch = await plan_batch(client, a_batch())
    assert batch.counts == {"migrate": 2}
    assert (client.started, azure.writes) == ([], [])


async def test_a_dry_run_reports_an_image_that_disappeared(azure: FakeCompute) -> None:
    batch = a_batch(pending=[Candidate(image=image_id("gone"))], exhausted=True)
    planned = await plan_batch(FakeDurableClient(), batch)
    assert [result.reason for result in planned.shown] == ["the managed image does not exist"]


THROTTLED = ArmError(429, "TooManyRequests", "later")
FORBIDDEN = ArmError(403, "AuthorizationFailed", "no read")


class Refusing(FakeCompute):
    """Answers for one image with an error."""

    refused: tuple[str, Exception] = ("", THROTTLED)

    async def get_managed_image(self, image: ImageId) -> ManagedImage | None:
        if image.name == self.refused[0]:
            raise self.refused[1]
        return await super().get_managed_image(image)


async def plan_with(name: str, error: Exception) -> Batch:
    compute = Refusing(images=[image("old"), image("new")], galleries=[gallery()])
    compute.refused = (name, error)
    with working_with(compute):
        return await plan_batch(FakeDurableClient(), a_batch())


async def test_a_dry_run_that_azure_throttles_keeps_what_it_has_planned() -> None:
    """The next step goes on with the others; thousands of images need more than one."""
    batch = await plan_with("old", THROTTLED)
    assert (batch.counts, [one.image.name for one in batch.pending]) == ({"migrate": 1}, ["old"])
    assert not batch.is_look_due


async def test_a_dry_run_that_can_plan_nothing_now_waits() -> None:
    with pytest.raises(ArmError, match="later"):
        await plan_with("new", THROTTLED)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FORBIDDEN, "AuthorizationFailed: no read"),
        (NotYetError("the image is in provisioning state Creating"), "NotYet: the image is in provisioning"),
    ],
)
async def test_an_image_that_cannot_be_planned_is_listed_and_the_others_are_planned(
    error: Exception, reason: str
) -> None:
    batch = await plan_with("new", error)
    assert batch.counts == {"failed": 1, "migrate": 1}
    failed = batch.shown[0]
    assert (failed.outcome, bool(failed.fix)) == ("failed", True)
    assert str(failed.reason).startswith(reason)


async def test_a_batch_migrates_what_it_can_read_and_comes_back_to_the_rest(azure: FakeCompute) -> None:
    """An unread definition is not untouched; an unreadable subscription is named."""
    there = SUBSCRIPTION.replace("1", "9")
    azure.errors = {str(definition_id("new")): THROTTLED, f"/subscriptions/{there}": FORBIDDEN}
    client = FakeDurableClient()
    scope = [Scope(subscription=SUBSCRIPTION), Scope(subscription=there)]
    batch = Batch(request=BatchRequest(scope=scope), started_by="anna")
    batch = await advance_batch(client, batch)
    assert [one.candidate.image.name for one in batch.running] == ["old"]
    assert (batch.exhausted, [one.name for one in batch.walk.unread]) == (False, ["new"])
    assert [part.id for part in batch.walk.unreadable] == [f"/subscriptions/{there}"]
    azure.errors.pop(str(definition_id("new")))
    batch.pause()
    batch = await advance_batch(client, batch)
    assert [one.candidate.image.name for one in batch.running] == ["old", "new"]
    assert batch.exhausted


async def test_a_batch_starts_under_an_id_of_its_own_which_its_migrations_name() -> None:
    client = FakeDurableClient()
    batch_id = await start_batch(client, REQUEST, "anna")
    ((name, instance_id, body),) = client.started
    assert (name, instance_id) == ("migrate_batch", batch_id)
    assert Batch.model_validate(body).started_by == f"anna, {batch_id}"


async def test_one_sweep_runs_at_a_time() -> None:
    client = FakeDurableClient()
    assert await start_sweep(client, [SUBSCRIPTION])
    assert not await start_sweep(client, [SUBSCRIPTION])
    assert [instance_id for _, instance_id, _ in client.started] == [SWEEP_BATCH_ID]


async def test_a_running_batch_shows_the_progress_of_its_custom_status() -> None:
    """It is newer than the batch, which is the one that the execution began with."""
    client = hub_with("Running", a_batch(), customStatus={"selected": 7, "running": 3})
    record = await find_batch(client, BATCH)
    assert record is not None
    assert (record.batch.state, record.progress.selected) == (BatchState.RUNNING, 7)


@pytest.mark.parametrize(
    ("runtime_status", "state"), [("Failed", BatchState.INTERRUPTED), ("Terminated", BatchState.CANCELLED)]
)
async def test_an_orchestration_that_stopped_ends_the_batch(runtime_status: str, state: BatchState) -> None:
    record = await find_batch(hub_with(runtime_status, a_batch(), output="lost"), BATCH)
    assert record is not None
    assert record.batch.state is state


async def test_a_batch_that_was_given_up_has_failed_with_one_sentence() -> None:
    client = hub_with("Failed", a_batch(), output='boom {"$type":"System.Exception"}')
    failed = dict(client.instances[BATCH])
    for _ in range(MOST_ATTEMPTS):
        await continue_interrupted(client)
        client.instances[BATCH] = dict(failed)
    record = await find_batch(client, BATCH)
    assert record is not None
    assert record.batch.state is BatchState.FAILED
    assert record.batch.failure is not None
    assert record.batch.failure.message == "boom"


async def test_an_interrupted_batch_cannot_be_cancelled_and_says_when() -> None:
    with pytest.raises(ConflictError, match="continues within minutes; cancel it then"):
        await cancel_batch(hub_with("Failed", a_batch()), BATCH)


async def test_what_is_no_batch_is_named_and_hides_no_other() -> None:
    client = hub_with("Running", a_batch())
    client.add("batch-foreign", "Running", "what")
    rows = [row async for row in list_batches(client)]
    assert [row.id for row in rows] == [BATCH, "batch-foreign"]
    assert [row.id for row in rows if isinstance(row, UnreadableInstance)] == ["batch-foreign"]
    with pytest.raises(ConflictError, match="which is not a batch that this release can read"):
        await find_batch(client, "batch-foreign")


async def test_a_batch_shows_when_it_was_started_although_it_continued_as_new() -> None:
    batch = a_batch()
    batch.started_at = NOW
    record = await find_batch(hub_with("Running", batch), BATCH)
    assert record is not None
    assert record.created == NOW


@pytest.mark.parametrize("foreign", [None, "what"])
async def test_a_migration_that_vanished_does_not_hold_the_batch_up(foreign: str | None) -> None:
    """Somebody purged its history, or started something else under its id."""
    client = FakeDurableClient()
    if foreign is not None:
        client.add(migration_id(image_id()), "Running", foreign)
    candidate = Candidate(image=image_id())
    batch = a_batch(running=[RunningMigration(candidate=candidate)], exhausted=True)
    with working_with(FakeCompute()):
        after = await advance_batch(client, batch)
    assert (after.done, after.counts) == (True, {"unknown": 1})


async def test_the_output_of_an_ended_batch_is_shown() -> None:
    ended = a_batch(counts={"completed": 2}).ended(BatchState.COMPLETED)
    record = await find_batch(hub_with("Completed", a_batch(), output=ended.model_dump(mode="json")), BATCH)
    assert record is not None
    assert record.batch == ended


async def test_only_batches_are_found_and_listed() -> None:
    client = hub_with("Running", a_batch())
    client.add("migration-1", "Running")
    assert [record.id async for record in list_batches(client)] == [BATCH]
    assert await find_batch(client, "migration-1") is None


async def test_a_running_batch_can_be_cancelled_and_an_ended_one_cannot() -> None:
    client = hub_with("Running", a_batch())
    await cancel_batch(client, BATCH)
    assert client.raised == [(BATCH, "cancel")]
    with pytest.raises(ConflictError, match=f"the batch {BATCH} has ended: it is cancelled"):
        await cancel_batch(hub_with("Terminated", a_batch()), BATCH)


async def test_an_ended_batch_can_be_resumed_from_its_beginning_and_a_running_one_cannot() -> None:
    client = hub_with("Terminated", a_batch(selected=5))
    await resume_batch(client, BATCH, "bert")
    ((_, instance_id, body),) = client.started
    resumed = Batch.model_validate(body)
    assert (instance_id, resumed.request, resumed.selected) == (BATCH, REQUEST, 0)
    assert resumed.started_by == f"bert, {BATCH}"
    with pytest.raises(ConflictError, match=f"the batch {BATCH} is running"):
        await resume_batch(client, BATCH, "bert")


@pytest.mark.parametrize("use", [cancel_batch, lambda client, batch: resume_batch(client, batch, "anna")])
async def test_a_batch_that_does_not_exist_is_not_found(use: Any) -> None:
    with pytest.raises(NotFoundError, match=f"there is no batch '{BATCH}'"):
        await use(FakeDurableClient(), BATCH)
