"""What a migration waits for: told by itself, by the orchestration that takes its present step, or by its watch."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.task_hub import find_migration
from domain.migration.replication import ReplicationReport
from domain.migration.results import StepStatus, Waiting
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.provenance import migration_id
from tests.unit.builders import NOW, definition_id, image_id, in_regions, migration_request
from tests.unit.fakes import FakeDurableClient

INSTANCE = migration_id(image_id())
WAITING = Waiting(reason="TooManyRequests: slow down", until=NOW + timedelta(minutes=5))
TOLD = WAITING.model_dump(mode="json")


async def waiting_for(client: FakeDurableClient, runtime_status: str = "Running", **status: Any) -> Any:
    shown = MigrationStatus(image=image_id(), **status).model_dump(mode="json")
    asked = migration_request().model_dump(mode="json")
    client.add(INSTANCE, runtime_status, asked, customStatus=shown, output="stopped")
    found = await find_migration(client, INSTANCE)
    assert found is not None
    assert "works" not in found
    return found["waiting_for"]


def a_step(waiting: Waiting | None) -> dict[str, Any]:
    return StepStatus(waiting_for=waiting).model_dump(mode="json")


async def test_a_migration_tells_by_itself() -> None:
    assert await waiting_for(FakeDurableClient(), waiting_for=WAITING) == TOLD


@pytest.mark.parametrize(
    ("runtime_status", "waiting", "shown"),
    [
        ("Running", WAITING, TOLD),
        ("Running", None, None),
        ("Completed", WAITING, None),
    ],
)
async def test_a_step_tells_while_it_runs(
    runtime_status: str, waiting: Waiting | None, shown: dict[str, Any] | None
) -> None:
    client = FakeDurableClient()
    client.add("publish-1-0", runtime_status, customStatus=a_step(waiting))
    works = ["publish-1-0", "publish-1-1"]
    assert await waiting_for(client, state=MigrationState.PUBLISHING, works=works) == shown


async def test_a_watch_tells_beside_its_regions() -> None:
    client = FakeDurableClient()
    report = ReplicationReport(
        provisioning_state="Succeeded", regions=in_regions(westeurope="Replicating"), waiting_for=WAITING
    )
    client.add("watch-1", "Running", customStatus=report.model_dump(mode="json"))
    target = TargetStatus(definition=definition_id(), state=MigrationState.REPLICATING, watched_by="watch-1")
    assert await waiting_for(client, state=MigrationState.REPLICATING, targets=[target]) == TOLD


async def test_a_migration_that_was_terminated_waits_for_nothing() -> None:
    """Neither it nor the steps that it left behind have told that the wait is over."""
    client = FakeDurableClient()
    client.add("publish-1-0", "Running", customStatus=a_step(WAITING))
    told = {"state": MigrationState.PUBLISHING, "waiting_for": WAITING, "works": ["publish-1-0"]}
    assert await waiting_for(client, "Terminated", **told) is None


async def test_the_output_of_what_has_ended_is_told_whole() -> None:
    """The custom status is cut to what fits."""
    client = FakeDurableClient()
    whole = MigrationStatus(image=image_id(), state=MigrationState.COMPLETED, warnings=["look out"])
    cut = whole.model_copy(update={"warnings": []})
    asked = migration_request().model_dump(mode="json")
    client.add(
        INSTANCE,
        "Completed",
        asked,
        customStatus=cut.model_dump(mode="json"),
        output=whole.model_dump(mode="json"),
    )
    found = await find_migration(client, INSTANCE)
    assert found is not None
    assert (found["state"], found["warnings"]) == ("completed", ["look out"])
