"""Adding regions as a use case: what is started, and why a request is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.migration.messages import AddRegionsRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.policy.rules import Policy
from domain.resources.galleries import TargetRegion
from domain.resources.provenance import migration_id
from services.add_regions import add_regions
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from tests.unit.builders import GALLERY, definition_id, image, image_id, in_regions, migration_request
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

INSTANCE = migration_id(image_id())
POLICY = Policy.model_validate(
    {
        "defaults": {"galleries": [str(GALLERY)]},
        "rules": [
            {
                "name": "patient",
                "match": {"names": ["web-*"]},
                "regions": ["northeurope"],
                "replication": {"deadline_hours": 99, "heal_attempts": 7, "first_replicas": 1},
            }
        ],
    }
)


@pytest.fixture(autouse=True)
def azure() -> Iterator[FakeCompute]:
    compute = FakeCompute(images=[image()])
    with working_with(compute, POLICY):
        yield compute


def hub(runtime_status: str = "Completed", rule: str | None = "patient", **changes: Any) -> FakeDurableClient:
    """A task hub with a migration that made one version in West Europe."""
    target = TargetStatus(
        definition=definition_id(),
        state=MigrationState.COMPLETED,
        version_id=definition_id().version("1.0.0"),
        regions=in_regions(westeurope="Completed"),
    )
    fields = {"state": MigrationState.COMPLETED, "targets": [target], "rule": rule, **changes}
    status = MigrationStatus(image=image_id(), **fields).model_dump(mode="json")
    client = FakeDurableClient()
    request = migration_request().model_dump(mode="json")
    client.add(INSTANCE, runtime_status, request, output=status, customStatus=status)
    return client


def started(client: FakeDurableClient) -> AddRegionsRequest:
    ((name, instance_id, body),) = client.started
    assert (name, instance_id) == ("add_regions", INSTANCE)
    return AddRegionsRequest.model_validate(body)


async def test_the_regions_are_added_under_the_migrations_own_id() -> None:
    client = hub()
    await add_regions(client, INSTANCE, [TargetRegion(name="eastus2", replicas=2)], "anna")
    request = started(client)
    assert (request.started_by, request.rule) == ("anna", "patient")
    assert [(region.name, region.replicas) for region in request.regions] == [("eastus2", 2)]
    (target,) = request.targets
    assert target.version_id == definition_id().version("1.0.0")
    assert [[region.name for region in wave] for wave in target.rollout.waves] == [["westeurope", "eastus2"]]


@pytest.mark.parametrize(("rule", "hours", "heals"), [("patient", 99, 7), ("a rule that is gone", 24, 2)])
async def test_the_pace_and_the_healing_are_those_of_the_rule_that_migrated_the_image(
    rule: str, hours: float, heals: int
) -> None:
    client = hub(rule=rule)
    await add_regions(client, INSTANCE, [TargetRegion(name="eastus2")], "anna")
    request = started(client)
    assert request.pace.deadline_hours == hours
    assert request.targets[0].rollout.heal_attempts == heals


async def test_the_home_region_in_the_request_is_not_added_twice() -> None:
    client = hub()
    await add_regions(
        client, INSTANCE, [TargetRegion(name="westeurope"), TargetRegion(name="eastus2")], "anna"
    )
    (wave,) = started(client).targets[0].rollout.waves
    assert [region.name for region in wave] == ["westeurope", "eastus2"]


async def test_without_regions_those_of_the_policy_are_added() -> None:
    client = hub()
    await add_regions(client, INSTANCE, None, "anna")
    assert [region.name for region in started(client).regions] == ["westeurope", "northeurope"]


async def test_the_policy_cannot_choose_for_an_image_that_is_gone(azure: FakeCompute) -> None:
    azure.images.clear()
    with pytest.raises(InvalidRequestError, match="list them in 'regions'"):
        await add_regions(hub(), INSTANCE, None, "anna")


async def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"regions\[0\]\.name: .*atlantis"):
        await add_regions(hub(), INSTANCE, [TargetRegion(name="atlantis")], "anna")


async def test_a_migration_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="there is no migration 'migration-0'"):
        await add_regions(FakeDurableClient(), "migration-0", None, "anna")


async def test_a_running_migration_is_a_conflict_that_names_it() -> None:
    with pytest.raises(ConflictError, match="the migration is running") as refused:
        await add_regions(hub("Running"), INSTANCE, None, "anna")
    assert refused.value.id == INSTANCE


async def test_a_migration_that_starts_in_the_same_moment_is_a_conflict_too() -> None:
    class Raced(FakeDurableClient):
        def on_refusal(self, instance_id: str) -> None:
            self.add(instance_id, "Running", migration_request().model_dump(mode="json"))

    client = Raced()
    client.instances = hub().instances
    client.refusal = Exception("409")
    with pytest.raises(ConflictError, match="the migration is running"):
        await add_regions(client, INSTANCE, [TargetRegion(name="eastus2")], "anna")


async def test_a_migration_without_a_version_takes_no_regions() -> None:
    client = hub(state=MigrationState.BLOCKED, targets=[])
    with pytest.raises(ConflictError, match="the migration made no version: it is blocked"):
        await add_regions(client, INSTANCE, [TargetRegion(name="eastus2")], "anna")
