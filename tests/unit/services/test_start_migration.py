"""Starting a migration: once per image, whoever asks and however often."""

from typing import Any

import pytest

from domain.errors import NotYetError
from domain.migration.messages import MigrationRequest
from domain.resources.galleries import TargetRegion
from domain.resources.provenance import migration_id
from services.start_migration import check_in_azure, start_migration
from tests.unit.builders import image, image_id, migration_request
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

INSTANCE = migration_id(image_id())
REQUEST = migration_request()


async def test_a_migration_starts_under_its_images_id() -> None:
    client = FakeDurableClient()
    started = await start_migration(client, REQUEST)
    assert (started.id, started.fresh) == (INSTANCE, True)
    ((orchestrator, instance_id, passed),) = client.started
    assert (orchestrator, instance_id) == ("migrate_image", INSTANCE)
    started_with = MigrationRequest.model_validate(passed)
    assert started_with.model_dump(exclude={"start_id"}) == REQUEST.model_dump(exclude={"start_id"})
    assert started_with.start_id


async def test_a_start_that_another_one_overtook_is_not_reported_as_started() -> None:
    """The extension accepts all starts of one moment, and one of them remains (seen on 3.19.0)."""

    class Overtaken(FakeDurableClient):
        async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
            await super().start_new(name, instance_id, input_)
            self.add(instance_id, "Running", {**input_, "start_id": "another"})
            return instance_id

    client = Overtaken()
    assert await start_migration(client, REQUEST) == (INSTANCE, False)


@pytest.mark.parametrize("state", ["Pending", "Running", "ContinuedAsNew", "Suspended"])
async def test_a_running_migration_is_not_started_again(state: str) -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, state, REQUEST.model_dump(mode="json"))
    started = await start_migration(client, REQUEST)
    assert (started.id, started.fresh) == (INSTANCE, False)
    assert client.started == []


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated", "Canceled"])
async def test_an_ended_migration_is_started_again(state: str) -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, state, REQUEST.model_dump(mode="json"))
    assert (await start_migration(client, REQUEST)).fresh


async def test_of_two_simultaneous_starts_one_finds_the_migration_running() -> None:
    """The extension refuses the second start, and the SDK raises a bare exception."""

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


async def test_a_missing_image_and_unknown_regions_are_reported_together() -> None:
    regions = [TargetRegion(name="eastus2"), TargetRegion(name="atlantis")]
    with working_with(FakeCompute()):
        errors = await check_in_azure(image_id(), regions)
    assert [error.field for error in errors] == ["regions[1].name", "image"]
    assert errors[1].message == f"the managed image {image_id()} does not exist"


async def test_an_image_that_is_still_being_created_exists() -> None:
    """The migration waits for it."""
    compute = FakeCompute(images=[image()])
    with working_with(compute):
        assert await check_in_azure(image_id(), None) == []

    class StillCreating(FakeCompute):
        async def get_managed_image(self, image: object) -> None:
            raise NotYetError("the image is being created")

    with working_with(StillCreating()):
        assert await check_in_azure(image_id(), None) == []
