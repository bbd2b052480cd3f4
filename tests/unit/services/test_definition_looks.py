"""Looking at definitions: one list tells each migration whose version is done, and no failure holds the batch up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.errors import ArmError
from domain.fleet.batch_images import Candidate, RunningMigration
from domain.fleet.batches import Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.scopes import Scope
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from services.definition_looks import LISTS_AT_ONCE, look_at_definitions
from tests.unit.builders import GALLERY, NOW, SUBSCRIPTION, definition_id, image_id, version
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

DUE = NOW + timedelta(seconds=90)


@pytest.fixture
def azure() -> Iterator[FakeCompute]:
    """A definition with a version that is done and one that is being made."""
    compute = FakeCompute(versions=[version("1.0.0"), version("1.0.1", provisioning_state="Creating")])
    with working_with(compute):
        yield compute


def image_number(number: int) -> ImageId:
    return image_id(f"image-{number}")


def waiting_batch(*versions: str) -> Batch:
    """A batch whose migrations wait for these versions, and whose look is due."""
    batch = Batch(request=BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)]), started_by="anna")
    for number, name in enumerate(versions):
        image = image_number(number)
        batch.running.append(RunningMigration(candidate=Candidate(image=image), numbered=True))
        batch.looks.expect(definition_id().version(name), migration_id(image), NOW, DUE)
    batch.now = DUE
    return batch


def running(*numbers: int) -> FakeDurableClient:
    hub = FakeDurableClient()
    for number in numbers:
        hub.add(migration_id(image_number(number)), "Running")
    return hub


async def test_the_migration_of_a_version_that_is_done_is_told(azure: FakeCompute) -> None:
    batch, hub = waiting_batch("1.0.0", "1.0.1"), running(0, 1)
    await look_at_definitions(hub, batch)
    assert hub.raised == [(migration_id(image_number(0)), "look")]
    assert [one.told for one in batch.running] == [True, False]
    assert list(batch.looks.known[definition_id().key].awaited) == ["1.0.1"]
    await look_at_definitions(hub, batch)
    assert len(hub.raised) == 1


@pytest.mark.parametrize(
    "error", [ArmError(429, "TooManyRequests", "slow down"), ArmError(403, "Forbidden", "no")]
)
async def test_a_list_that_cannot_be_read_is_put_off(azure: FakeCompute, error: ArmError) -> None:
    azure.error = error
    batch, hub = waiting_batch("1.0.0"), running(0)
    await look_at_definitions(hub, batch)
    assert hub.raised == []
    due = batch.looks.next_due
    assert due is not None
    assert due > DUE
    azure.error, batch.now = None, due
    await look_at_definitions(hub, batch)
    assert hub.raised == [(migration_id(image_number(0)), "look")]


async def test_all_definitions_that_are_due_are_looked_at(azure: FakeCompute) -> None:
    """A definition that is gone has no version that is still being made."""
    batch = waiting_batch()
    hub = FakeDurableClient()
    for number in range(2 * LISTS_AT_ONCE + 1):
        image = image_number(number)
        hub.add(migration_id(image), "Running")
        batch.running.append(RunningMigration(candidate=Candidate(image=image), numbered=True))
        awaited = definition_id(f"family-{number}").version("1.0.0")
        batch.looks.expect(awaited, migration_id(image), NOW, DUE)
    await look_at_definitions(hub, batch)
    assert len(hub.raised) == 2 * LISTS_AT_ONCE + 1
    assert batch.looks.next_due is None


async def test_where_a_limit_runs_low_the_other_definitions_of_the_subscription_wait(
    azure: FakeCompute,
) -> None:
    batch, hub = waiting_batch(), FakeDurableClient()
    azure.scarce = True
    for number in range(LISTS_AT_ONCE + 3):
        awaited = GALLERY.definition(f"family-{number}").version("1.0.0")
        batch.looks.expect(awaited, migration_id(image_number(number)), NOW, DUE)
    await look_at_definitions(hub, batch)
    waiting = [look for look in batch.looks.known.values() if look.awaited]
    assert [look.due for look in waiting] == [DUE] * 3
    azure.scarce = False
    await look_at_definitions(hub, batch)
    assert not any(look.awaited for look in batch.looks.known.values())


async def test_a_batch_that_never_took_a_step_looks_at_nothing(azure: FakeCompute) -> None:
    batch = waiting_batch("1.0.0")
    batch.now = None
    await look_at_definitions(running(0), batch)
    assert not batch.running[0].told
