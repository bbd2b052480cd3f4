"""Each orchestrator through the SDK's own replay: a history written by hand in, the expected actions out."""

import json
from datetime import timedelta
from typing import Any

import pytest

from domain.migration.publishing import DefinitionVersions, PublishRequest, ledger_key
from domain.migration.replication import ReplicationReport, WatchRequest
from domain.planning.plan import MigrationPlan
from domain.planning.targets import TargetPlan
from domain.resources.galleries import TargetRegion
from tests.unit.app import handle
from tests.unit.builders import (
    NOW,
    PACE,
    definition,
    definition_id,
    image,
    in_regions,
    migration_request,
    rollout_in,
    spec,
)
from tests.unit.orchestrators.stepping import failure, value

# the SDK's advice about typed payloads, once per process
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")

EXECUTION_STARTED, TASK_SCHEDULED, TASK_COMPLETED = 0, 4, 5
SUB_CREATED, SUB_COMPLETED, TIMER_CREATED, TIMER_FIRED = 7, 8, 10, 11
ORCHESTRATOR_STARTED, ORCHESTRATOR_COMPLETED = 12, 13
CALL_ACTIVITY, CALL_SUB_ORCHESTRATOR, CREATE_TIMER, CALL_ENTITY, WHEN_ALL = 0, 2, 5, 7, 12

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
# what the extension names when it schedules, by what it names when that is done
SCHEDULED = {TASK_COMPLETED: TASK_SCHEDULED, SUB_COMPLETED: SUB_CREATED, TIMER_FIRED: TIMER_CREATED}


def event(kind: int, event_id: int = -1, minutes: int = 0, **fields: Any) -> dict[str, Any]:
    moment = (NOW + timedelta(minutes=minutes)).strftime(TIME_FORMAT)
    return {"EventType": kind, "EventId": event_id, "IsPlayed": True, "Timestamp": moment, **fields}


def replay(orchestrator: str, request: Any, *done: tuple[int, Any]) -> dict[str, Any]:
    """The SDK's answer to a history in which one task after the other was done, a minute each.

    `done` holds the completing event and its result, in the order in which the tasks were scheduled.
    """
    body = request.model_dump(mode="json")
    history = [
        event(ORCHESTRATOR_STARTED),
        event(EXECUTION_STARTED, Name=orchestrator, Version="", Input=None),
    ]
    for task_id, (kind, result) in enumerate(done):
        history += [
            event(SCHEDULED[kind], task_id, task_id, Name=None, Version=None, Input=None, FireAt=None),
            event(ORCHESTRATOR_COMPLETED, minutes=task_id),
            event(ORCHESTRATOR_STARTED, minutes=task_id + 1),
            event(
                kind,
                minutes=task_id + 1,
                TaskScheduledId=task_id,
                TimerId=task_id,
                Result=json.dumps(result),
                FireAt=None,
            ),
        ]
    asked = {
        "history": history,
        "input": body,
        "instanceId": "migration-0123",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    answer: dict[str, Any] = json.loads(handle(orchestrator)(json.dumps(asked)))
    return answer


def actions(answer: dict[str, Any]) -> list[tuple[int, str | None]]:
    (flat,) = answer["actions"]
    return [(action["actionType"], action.get("functionName")) for action in flat]


ROLLOUT = rollout_in([TargetRegion(name="westeurope")])
PLAN = MigrationPlan(
    outcome="migrate",
    rule="builds",
    fingerprint=image().fingerprint,
    pace=PACE,
    targets=[
        TargetPlan(definition=definition(), definition_exists=False, version=spec(None), rollout=ROLLOUT)
    ],
)


def test_migrate_image_asks_for_the_plan_once_it_knows_the_image() -> None:
    begun = replay("migrate_image", migration_request())
    assert actions(begun) == [(CALL_ACTIVITY, "get_managed_image")]
    assert (begun["isDone"], begun["customStatus"]["state"]) == (False, "planned")
    planning = replay("migrate_image", migration_request(), (TASK_COMPLETED, value(image())))
    assert actions(planning)[1:] == [(CALL_ACTIVITY, "plan_migration")]
    asked = json.loads(planning["actions"][0][1]["input"])
    # the clock is that of the history
    assert asked["now"] == "2026-02-01T12:01:00Z"


def test_migrate_image_prepares_every_definition_side_by_side() -> None:
    answer = replay(
        "migrate_image",
        migration_request(),
        (TASK_COMPLETED, value(image())),
        (TASK_COMPLETED, value(PLAN)),
    )
    together = answer["actions"][0][2]
    assert together["actionType"] == WHEN_ALL
    (prepare,) = together["compoundActions"]
    assert (prepare["actionType"], prepare["functionName"]) == (CALL_SUB_ORCHESTRATOR, "prepare_definition")
    assert json.loads(prepare["input"]) == definition().model_dump(mode="json")
    assert answer["customStatus"]["state"] == "preparing"


def test_prepare_definition_ends_with_its_failure_as_a_value() -> None:
    asked = replay("prepare_definition", definition())
    assert actions(asked) == [(CALL_ACTIVITY, "ensure_image_definition")]
    ended = replay("prepare_definition", definition(), (TASK_COMPLETED, failure("AuthorizationFailed")))
    assert (ended["isDone"], ended["output"]["failure"]["code"]) == (True, "AuthorizationFailed")


def test_publish_version_asks_the_gallery_and_then_the_ledger() -> None:
    request = PublishRequest(image=image(), spec=spec(None))
    shown = value(DefinitionVersions(taken=["1.0.0"]))
    answer = replay("publish_version", request, (TASK_COMPLETED, shown))
    assert actions(answer)[0] == (CALL_ACTIVITY, "list_image_versions")
    asked = answer["actions"][0][1]
    assert asked["actionType"] == CALL_ENTITY
    assert asked["instanceId"] == f"@version_ledger@{ledger_key(definition_id())}"
    assert asked["operation"] == "reserve"


def test_watch_replication_looks_waits_and_looks_again() -> None:
    request = WatchRequest(
        version_id=definition_id().version("1.0.0"),
        rollout=ROLLOUT,
        deadline=NOW + timedelta(hours=1),
        first_poll_seconds=60,
        longest_poll_seconds=600,
    )

    def told(state: str) -> tuple[int, Any]:
        seen = ReplicationReport(provisioning_state="Succeeded", regions=in_regions(westeurope=state))
        return (TASK_COMPLETED, value(seen))

    waiting = replay("watch_replication", request, told("Replicating"))
    assert actions(waiting) == [(CALL_ACTIVITY, "get_replication_status"), (CREATE_TIMER, None)]
    assert waiting["actions"][0][1]["fireAt"] == "2026-02-01T12:02:00.000000Z"
    assert waiting["customStatus"]["regions"][0]["state"] == "Replicating"
    ended = replay("watch_replication", request, told("Replicating"), (TIMER_FIRED, None), told("Completed"))
    assert (ended["isDone"], ended["output"]["regions"][0]["state"]) == (True, "Completed")
