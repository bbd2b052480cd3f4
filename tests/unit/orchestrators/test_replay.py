"""Each orchestrator through the SDK's own replay: a history written by hand in, the expected actions out."""

import json
from datetime import timedelta
from typing import Any

import pytest

from domain.migration.messages import PlannedImage
from domain.migration.publishing import PublishRequest, ledger_key
from domain.migration.replication import ReplicationReport, Watch
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.migration.target import Journey
from domain.planning.numbering import DefinitionVersions
from domain.planning.plan import MigrationPlan
from domain.planning.targets import TargetPlan
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from tests.unit.app import handle
from tests.unit.builders import (
    GALLERY,
    NOW,
    OTHER_GALLERY,
    PACE,
    definition,
    definition_id,
    image,
    in_regions,
    migration_request,
    rollout_in,
    spec,
)
from tests.unit.orchestrators.stepping import failed, value

# the SDK's advice about typed payloads, once per process
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")

EXECUTION_STARTED, TASK_SCHEDULED, TASK_COMPLETED = 0, 4, 5
SUB_CREATED, SUB_COMPLETED, TIMER_CREATED, TIMER_FIRED = 7, 8, 10, 11
ORCHESTRATOR_STARTED, ORCHESTRATOR_COMPLETED = 12, 13
CALL_ACTIVITY, CALL_SUB_ORCHESTRATOR, CREATE_TIMER, CALL_ENTITY, WHEN_ALL = 0, 2, 5, 7, 12
CONTINUE_AS_NEW, WAIT_FOR_EVENT, WHEN_ANY = 4, 6, 11

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
    requested = {
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
    answer: dict[str, Any] = json.loads(handle(orchestrator)(json.dumps(requested)))
    return answer


def actions(answer: dict[str, Any]) -> list[tuple[int, str | None]]:
    (flat,) = answer["actions"]
    return [(action["actionType"], action.get("functionName")) for action in flat]


ROLLOUT = rollout_in([TargetRegion(name="westeurope")])


def test_migrate_image_requests_the_plan_first() -> None:
    begun = replay("migrate_image", migration_request())
    assert actions(begun) == [(CALL_ACTIVITY, "plan_migration")]
    assert (begun["isDone"], begun["customStatus"]["state"]) == (False, "planned")
    request = json.loads(begun["actions"][0][0]["input"])
    # the clock is that of the history
    assert request["now"] == "2026-02-01T12:00:00Z"


def plan_for(*galleries: GalleryId) -> MigrationPlan:
    return MigrationPlan(
        outcome="migrate",
        rule="builds",
        fingerprint=image().fingerprint,
        pace=PACE,
        targets=[
            TargetPlan(
                definition=definition(within=gallery),
                definition_exists=False,
                version=spec(None, definition=definition_id(within=gallery)),
                rollout=ROLLOUT,
            )
            for gallery in galleries
        ],
    )


def planned(*galleries: GalleryId) -> dict[str, Any]:
    """The migration once its plan is there."""
    return replay(
        "migrate_image",
        migration_request(),
        (TASK_COMPLETED, value(PlannedImage(image=image(), plan=plan_for(*galleries)))),
    )


def test_migrate_image_prepares_its_only_definition_itself() -> None:
    answer = planned(GALLERY)
    assert actions(answer)[1:] == [(CALL_ACTIVITY, "ensure_image_definition")]
    assert json.loads(answer["actions"][0][1]["input"]) == definition().model_dump(mode="json")
    assert answer["customStatus"]["state"] == "preparing"


def test_migrate_image_prepares_several_definitions_side_by_side() -> None:
    together = planned(GALLERY, OTHER_GALLERY)["actions"][0][1]
    assert together["actionType"] == WHEN_ALL
    assert [child["actionType"] for child in together["compoundActions"]] == [CALL_SUB_ORCHESTRATOR] * 2
    assert [child["functionName"] for child in together["compoundActions"]] == ["prepare_definition"] * 2
    assert len({child["instanceId"] for child in together["compoundActions"]}) == 2


def test_prepare_definition_returns_its_failure() -> None:
    requested = replay("prepare_definition", definition())
    assert actions(requested) == [(CALL_ACTIVITY, "ensure_image_definition")]
    ended = replay("prepare_definition", definition(), (TASK_COMPLETED, failed("AuthorizationFailed")))
    assert (ended["isDone"], ended["output"]["failure"]["code"]) == (True, "AuthorizationFailed")


def test_publish_version_reads_the_gallery_and_then_the_ledger() -> None:
    request = PublishRequest(image=image(), spec=spec(None))
    listed = value(DefinitionVersions(taken=["1.0.0"]))
    answer = replay("publish_version", request, (TASK_COMPLETED, listed))
    assert actions(answer)[0] == (CALL_ACTIVITY, "list_image_versions")
    reservation = answer["actions"][0][1]
    assert reservation["actionType"] == CALL_ENTITY
    assert reservation["instanceId"] == f"@version_ledger@{ledger_key(definition_id())}"
    assert reservation["operation"] == "reserve"


def underway() -> Journey:
    """A migration that has published its version, between two looks."""
    plan = plan_for(GALLERY)
    journey = Journey(begun_at=NOW, image=image())
    journey.planned(plan)
    version = definition_id().version("1.0.0")
    target = journey.targets[0]
    target.status = TargetStatus(definition=version.definition, version_id=version)
    for state in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING):
        target.move(state)
    target.watch = Watch(
        version_id=version,
        rollout=ROLLOUT,
        pace=PACE,
        started_at=NOW,
        written_at=NOW,
        moved_at=NOW,
        due=NOW + timedelta(minutes=1),
    )
    journey.status = MigrationStatus(image=image().id, targets=[target.status])
    for state in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING):
        journey.status = journey.status.moved(state)
    return journey


def test_a_migration_waits_for_a_look_or_a_hint_and_continues_as_new() -> None:
    request = migration_request()
    request.journey = underway()

    def seen(state: str) -> tuple[int, Any]:
        report = ReplicationReport(provisioning_state="Succeeded", regions=in_regions(westeurope=state))
        return (TASK_COMPLETED, value(report))

    waiting = replay("migrate_image", request)
    (race,) = waiting["actions"][0]
    assert race["actionType"] == WHEN_ANY
    kinds = [one["actionType"] for one in race["compoundActions"]]
    assert kinds == [CREATE_TIMER, WAIT_FOR_EVENT]
    assert race["compoundActions"][0]["fireAt"] == "2026-02-01T12:01:00.000000Z"
    assert race["compoundActions"][1]["externalEventName"] == "look"

    looked = replay("migrate_image", request, (TIMER_FIRED, None), seen("Replicating"))
    assert looked["isDone"] is True
    again = looked["actions"][0][-1]
    assert again["actionType"] == CONTINUE_AS_NEW
    assert looked["customStatus"]["targets"][0]["regions"][0]["state"] == "Replicating"
    ended = replay("migrate_image", request, (TIMER_FIRED, None), seen("Completed"))
    together = ended["actions"][0][-1]
    assert together["actionType"] == WHEN_ALL
    assert [one["functionName"] for one in together["compoundActions"]] == [
        "get_managed_image",
        "record_evidence",
    ]
