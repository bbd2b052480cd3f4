"""Interrupted orchestrations go on: rewound, or started anew, until they make progress or nothing helps."""

from typing import Any

import pytest

from domain.fleet.batches import SWEEP_BATCH_ID, Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.interruptions import MOST_ATTEMPTS
from domain.fleet.scopes import Scope
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.provenance import migration_id
from services.interruptions import continue_interrupted
from tests.unit.builders import SUBSCRIPTION, definition_id, image_id, migration_request
from tests.unit.fakes import FakeDurableClient

INSTANCE = migration_id(image_id())


def shown(state: MigrationState, **fields: Any) -> dict[str, Any]:
    return MigrationStatus(image=image_id(), state=state, **fields).model_dump(mode="json")


def hub(runtime_status: str = "Failed", **fields: Any) -> FakeDurableClient:
    client = FakeDurableClient()
    client.add(INSTANCE, runtime_status, migration_request().model_dump(mode="json"), **fields)
    return client


async def fail_again(client: FakeDurableClient) -> None:
    client.instances[INSTANCE]["runtimeStatus"] = "Failed"
    await continue_interrupted(client)


async def test_a_failed_migration_is_rewound() -> None:
    client = hub(customStatus=shown(MigrationState.PREPARING))
    assert await continue_interrupted(client) == 1
    assert (client.rewound, client.started) == ([INSTANCE], [])


@pytest.mark.parametrize("runtime_status", ["Running", "Pending", "Completed", "Terminated", "Suspended"])
async def test_what_runs_or_ended_as_it_should_is_left_alone(runtime_status: str) -> None:
    client = hub(runtime_status)
    assert await continue_interrupted(client) == 0
    assert (client.rewound, client.started, client.entity_states) == ([], [], {})


async def test_where_the_rewind_did_not_help_the_migration_is_started_anew_with_its_input() -> None:
    client = hub(customStatus=shown(MigrationState.PREPARING))
    await continue_interrupted(client)
    await fail_again(client)
    assert client.rewound == [INSTANCE]
    assert client.started == [("migrate_image", INSTANCE, migration_request().model_dump(mode="json"))]


async def test_a_backend_that_refuses_the_rewind_gets_a_new_start_at_once() -> None:
    client = hub()
    client.rewind_refusal = Exception("not supported")
    await continue_interrupted(client)
    assert [instance_id for _, instance_id, _ in client.started] == [INSTANCE]


async def test_a_new_start_leaves_no_child_behind_that_works_on_the_same_version() -> None:
    target = TargetStatus(definition=definition_id(), state=MigrationState.PUBLISHING)
    children = ["publish-1", "publish-2"]
    status = shown(MigrationState.PUBLISHING, targets=[target], child_instance_ids=children)
    client = hub(customStatus=status)
    client.add("publish-1", "Running")
    client.add("publish-2", "Completed")
    client.rewind_refusal = Exception("not supported")
    await continue_interrupted(client)
    assert client.terminated == ["publish-1"]


async def test_without_progress_it_ends_after_eight_attempts() -> None:
    client = hub()
    for _ in range(MOST_ATTEMPTS + 3):
        client.instances[INSTANCE]["runtimeStatus"] = "Failed"
        await continue_interrupted(client)
    assert len(client.rewound) + len(client.started) == MOST_ATTEMPTS
    assert MOST_ATTEMPTS >= 6


async def test_progress_begins_the_count_anew() -> None:
    client = hub(customStatus=shown(MigrationState.PREPARING))
    for state in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING):
        client.instances[INSTANCE]["customStatus"] = shown(state)
        for _ in range(MOST_ATTEMPTS):
            await fail_again(client)
    assert len(client.rewound) + len(client.started) == 3 * MOST_ATTEMPTS


async def test_a_start_that_gets_as_far_as_the_one_before_made_no_progress() -> None:
    """Else two workers that die in turn at two steps would go on for ever."""
    client = hub()
    states = [MigrationState.PLANNED, MigrationState.PREPARING]
    for attempt in range(2 * MOST_ATTEMPTS):
        client.instances[INSTANCE]["customStatus"] = shown(states[attempt % 2])
        await fail_again(client)
    assert len(client.rewound) + len(client.started) == 1 + MOST_ATTEMPTS


async def test_what_it_waits_for_is_no_progress() -> None:
    client = hub()
    for attempt in range(MOST_ATTEMPTS + 1):
        wait = {"reason": f"attempt {attempt}", "until": "2026-01-01T00:00:00Z"}
        client.instances[INSTANCE]["customStatus"] = {
            **shown(MigrationState.PREPARING),
            "waiting_for": wait,
        }
        await fail_again(client)
    assert len(client.rewound) + len(client.started) == MOST_ATTEMPTS


async def test_a_person_who_starts_a_given_up_migration_again_gets_all_attempts() -> None:
    client = hub()
    for _ in range(MOST_ATTEMPTS + 1):
        await fail_again(client)
    before = len(client.rewound)
    client.add(INSTANCE, "Failed", {**migration_request().model_dump(mode="json"), "start_id": "second"})
    await continue_interrupted(client)
    assert len(client.rewound) == before + 1


async def test_attempts_are_forgotten_when_the_migration_has_ended() -> None:
    client = hub()
    await continue_interrupted(client)
    assert INSTANCE in client.entity_states["interruptions"]
    await continue_interrupted(client)
    assert INSTANCE in client.entity_states["interruptions"]
    client.instances[INSTANCE]["runtimeStatus"] = "Completed"
    await continue_interrupted(client)
    assert client.entity_states["interruptions"] == {}


async def test_a_batch_is_continued_too_and_a_foreign_instance_is_not() -> None:
    client = FakeDurableClient()
    batch = Batch(request=BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)]), started_by="sweep")
    client.add(SWEEP_BATCH_ID, "Failed", batch.model_dump(mode="json"))
    client.add("migration-foreign", "Failed", "what")
    client.add("migration-nonsense", "Failed", {"image": "nonsense"})
    client.add("publish_version-1", "Failed", {})
    assert await continue_interrupted(client) == 1
    assert client.rewound == [SWEEP_BATCH_ID]


async def test_giving_up_is_logged_once_as_a_migration_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    client = hub(output="boom")
    failed = dict(client.instances[INSTANCE])
    for _ in range(MOST_ATTEMPTS + 4):
        client.instances[INSTANCE] = dict(failed)
        await continue_interrupted(client)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(lines) == 1
    assert lines[0].startswith(
        f"migration failed id={INSTANCE} image={image_id()} state=failed by=gallerist-"
    )
    assert 'reason="boom" fix="Start the migration again' in lines[0]


async def test_the_log_has_one_line_for_each_attempt(caplog: pytest.LogCaptureFixture) -> None:
    client = hub(output='Orchestrator function failed: boom {"$type":"System.Exception"}')
    await continue_interrupted(client)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        f"{INSTANCE} was interrupted, attempt 1 to continue it (rewind): Orchestrator function failed: boom"
    )


class Refusing(FakeDurableClient):
    """A task hub that neither rewinds nor starts one of its instances."""

    refused = ""

    async def rewind(self, instance_id: str, reason: str) -> None:
        if instance_id == self.refused:
            raise OSError("the storage is away")
        await super().rewind(instance_id, reason)

    async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
        if instance_id == self.refused:
            raise OSError("the storage is away")
        return await super().start_new(name, instance_id, input_)


async def test_an_instance_that_cannot_be_continued_holds_no_other_up_and_its_attempt_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = Refusing()
    client.refused = "migration-0"
    for name in ("migration-0", "migration-1"):
        client.add(name, "Failed", migration_request().model_dump(mode="json"))
    await continue_interrupted(client)
    assert client.rewound == ["migration-1"]
    assert client.entity_states["interruptions"]["migration-0"]["attempts"] == 1
    assert "attempt 1 to continue migration-0 failed" in caplog.text


@pytest.mark.parametrize("status", ["what", ["a"], {"targets": ["a"]}, {"targets": 7}, None])
async def test_a_custom_status_that_is_not_readable_names_no_children(status: Any) -> None:
    client = hub(customStatus=status)
    client.rewind_refusal = Exception("not supported")
    await continue_interrupted(client)
    assert [instance_id for _, instance_id, _ in client.started] == [INSTANCE]


@pytest.mark.parametrize("state", ["what", {INSTANCE: 3}, [1]])
async def test_attempts_that_another_release_counted_in_its_own_way_are_forgotten(state: Any) -> None:
    client = hub()
    client.entity_states["interruptions"] = state
    await continue_interrupted(client)
    assert client.rewound == [INSTANCE]
