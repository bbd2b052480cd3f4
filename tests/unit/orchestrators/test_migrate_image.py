"""One migration, step by step: what is called in which order, and how each one ends."""

from datetime import timedelta
from typing import Any

import pytest

from domain.migration.publishing import PublishRequest
from domain.migration.replication import ReplicationReport, WatchRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.planning.checks.check import Check
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.planning.rollout import Pace
from domain.planning.targets import TargetPlan
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from tests.unit.app import code
from tests.unit.builders import (
    CREATED,
    GALLERY,
    NOW,
    OTHER_GALLERY,
    definition,
    definition_id,
    image,
    in_regions,
    migration_request,
    rollout_in,
    spec,
)
from tests.unit.orchestrators.stepping import Call, FakeContext, Script, failure, run, told, value, wait

migrate_image = code("migrate_image")

REGIONS = [TargetRegion(name="westeurope"), TargetRegion(name="eastus2")]
ROLLOUT = rollout_in(REGIONS)
WARNED = Check(name="disk size", verdict="warned", detail="large")


def plan(*galleries: GalleryId, **changes: Any) -> MigrationPlan:
    fields = {
        "outcome": "migrate",
        "rule": "builds",
        "fingerprint": image().fingerprint,
        "checks": [WARNED],
        "pace": Pace(deadline_hours=6, first_poll_seconds=60, longest_poll_seconds=600),
        "targets": [
            TargetPlan(
                definition=definition(within=gallery),
                definition_exists=False,
                version=spec(None, definition=definition_id(within=gallery), regions=REGIONS),
                rollout=ROLLOUT,
            )
            for gallery in galleries
        ],
    }
    return MigrationPlan(**{**fields, **changes})


def prepared(call: Call) -> Any:
    return {"value": call.input}


def published(call: Call) -> Any:
    asked = PublishRequest.model_validate(call.input)
    number = asked.preferred_version or asked.wanted_version or "1.0.0"
    return TargetStatus(
        definition=asked.spec.definition,
        state=MigrationState.REPLICATING,
        outcome="created",
        version_id=asked.spec.definition.version(number),
        operation_url="https://management.azure.com/operations/1",
    ).model_dump(mode="json")


def refused(code_: str) -> Any:
    """A publication that failed, as a value."""

    def reply(call: Call) -> Any:
        asked = PublishRequest.model_validate(call.input)
        begun = TargetStatus(definition=asked.spec.definition, state=MigrationState.PUBLISHING)
        return begun.failed(told(code_)).model_dump(mode="json")

    return reply


def report(home: str, away: str, state: str = "Succeeded", code_: str | None = None) -> Any:
    return ReplicationReport(
        provisioning_state=state,
        regions=in_regions(westeurope=home, eastus2=away),
        failure=told(code_) if code_ else None,
    ).model_dump(mode="json")


DONE = report("Completed", "Completed")
HALF = report("Completed", "Failed", code_="CrpPirReplicationJobsNotCompleted")
LOST = report("Unknown", "Unknown", "Failed", "Conflict")


def in_turn(*replies: Any) -> Any:
    """Each call gets the next reply; one that is a function is asked."""
    waiting = iter(replies)

    def reply(call: Call) -> Any:
        following = next(waiting)
        return following(call) if callable(following) else following

    return reply


def script(*galleries: GalleryId, **changes: Any) -> Script:
    """A migration in which everything goes well."""
    return {
        "get_managed_image": lambda _: value(image()),
        "plan_migration": [value(plan(*galleries or (GALLERY,)))],
        "prepare_definition": prepared,
        "publish_version": published,
        "watch_replication": lambda _: DONE,
        **changes,
    }


def migrate(told_: Script, **request: Any) -> tuple[MigrationStatus, FakeContext]:
    context = FakeContext(migration_request(**request).model_dump(mode="json"))
    output = run(migrate_image, context, told_)
    assert output is not None
    return MigrationStatus.model_validate(output), context


def names(context: FakeContext) -> list[str]:
    return [call.name for call in context.calls]


def states(context: FakeContext) -> list[str]:
    shown = [status["state"] for status in context.statuses]
    return [state for place, state in enumerate(shown) if place == 0 or state != shown[place - 1]]


def test_an_image_becomes_a_version_that_every_region_has() -> None:
    status, context = migrate(script())
    assert names(context) == [
        "get_managed_image",
        "plan_migration",
        "prepare_definition",
        "publish_version",
        "watch_replication",
        "get_managed_image",
    ]
    assert states(context) == ["planned", "preparing", "publishing", "replicating", "completed"]
    assert (status.state, status.rule, status.warnings) == (MigrationState.COMPLETED, "builds", ["large"])
    assert (status.fingerprint, status.started_by) == (image().fingerprint, "test")
    (target,) = status.targets
    assert (target.state, target.outcome) == (MigrationState.COMPLETED, "created")
    assert target.version_id == definition_id().version("1.0.0")
    assert {region.state for region in target.regions} == {"Completed"}


def test_the_custom_status_ends_as_the_output() -> None:
    status, context = migrate(script())
    assert MigrationStatus.model_validate(context.statuses[-1]) == status


def test_the_plan_is_asked_for_with_the_orchestrations_own_clock() -> None:
    _, context = migrate(script())
    (asked,) = context.named("plan_migration")
    assert asked.input == PlanRequest(image=image(), started_by="test", now=NOW).model_dump(mode="json")


def test_the_version_is_watched_under_an_id_that_can_be_looked_up() -> None:
    status, context = migrate(script())
    (watched,) = context.named("watch_replication")
    asked = WatchRequest.model_validate(watched.input)
    assert watched.instance_id == "watch-0123-20260201120000000000-0" == status.targets[0].watched_by
    assert asked.rollout == ROLLOUT
    assert asked.deadline == NOW + timedelta(hours=6)
    assert asked.operation_url == "https://management.azure.com/operations/1"


def test_a_watched_target_is_shown_before_it_is_done() -> None:
    _, context = migrate(script())
    shown = next(status for status in context.statuses if status["targets"])
    assert shown["state"] == "replicating"
    assert [target["watched_by"] for target in shown["targets"]] == ["watch-0123-20260201120000000000-0"]


def test_an_image_that_is_not_there_is_skipped() -> None:
    status, context = migrate(script(get_managed_image=[value(None)] * 2))
    assert (status.state, status.reason) == (
        MigrationState.SKIPPED,
        "the managed image does not exist (any more)",
    )
    assert names(context) == ["get_managed_image", "timer", "get_managed_image"]


def test_an_image_that_a_stale_cache_does_not_know_is_looked_for_again() -> None:
    status, _ = migrate(script(get_managed_image=[value(None), value(image()), value(image())]))
    assert status.state is MigrationState.COMPLETED


def test_an_image_that_cannot_be_read_fails_with_the_cause() -> None:
    status, _ = migrate(script(get_managed_image=[failure("AuthorizationFailed")]))
    assert (status.state, status.failure) == (MigrationState.FAILED, told("AuthorizationFailed"))
    assert (status.reason, status.fix) == ("AuthorizationFailed happened", "mend it")


def test_an_image_that_is_still_being_made_is_waited_for() -> None:
    found = in_turn(wait(), wait(), value(image()), value(image()))
    status, context = migrate(script(get_managed_image=found))
    assert status.state is MigrationState.COMPLETED
    assert len(context.waits) == 2


@pytest.mark.parametrize(
    ("outcome", "state"), [("skipped", MigrationState.SKIPPED), ("blocked", MigrationState.BLOCKED)]
)
def test_an_image_that_is_not_to_be_migrated_is_not_touched(outcome: str, state: MigrationState) -> None:
    decided = plan(outcome=outcome, reason="so it is", fix="mend it")
    status, context = migrate(script(plan_migration=[value(decided)]))
    assert (status.state, status.reason, status.fix) == (state, "so it is", "mend it")
    assert (status.rule, status.warnings) == ("builds", ["large"])
    assert names(context) == ["get_managed_image", "plan_migration", "get_managed_image"]


def test_a_definition_that_cannot_be_made_ends_the_migration_before_any_version() -> None:
    """Every gallery's definition is prepared first; half of the galleries would be a surprise."""
    prepare = in_turn(prepared, failure("AuthorizationFailed"))
    status, context = migrate(script(GALLERY, OTHER_GALLERY, prepare_definition=prepare))
    assert (status.state, status.failure) == (MigrationState.FAILED, told("AuthorizationFailed"))
    assert context.named("publish_version") == []


def test_the_second_gallery_copies_the_firsts_version_once_it_is_replicated() -> None:
    """Documented: one build per managed image at a time."""
    status, context = migrate(script(GALLERY, OTHER_GALLERY))
    assert [name for name in names(context) if name in ("publish_version", "watch_replication")] == [
        "publish_version",
        "watch_replication",
        "publish_version",
        "watch_replication",
    ]
    first, second = (PublishRequest.model_validate(call.input) for call in context.named("publish_version"))
    assert (first.spec.source, first.preferred_version) == (str(image().id), None)
    assert second.spec.source == str(definition_id().version("1.0.0"))
    assert second.preferred_version == "1.0.0"
    assert [call.instance_id for call in context.named("watch_replication")] == [
        "watch-0123-20260201120000000000-0",
        "watch-0123-20260201120000000000-1",
    ]
    assert states(context) == [
        "planned",
        "preparing",
        "publishing",
        "replicating",
        "publishing",
        "replicating",
        "completed",
    ]
    assert [target.state for target in status.targets] == [MigrationState.COMPLETED] * 2
    assert [target.definition.gallery for target in status.targets] == [GALLERY, OTHER_GALLERY]


def test_a_copy_keeps_the_images_fingerprint() -> None:
    _, context = migrate(script(GALLERY, OTHER_GALLERY))
    first, second = (PublishRequest.model_validate(call.input) for call in context.named("publish_version"))
    assert second.spec.tags == first.spec.tags
    assert second.image == first.image


def test_where_the_first_gallery_failed_nothing_is_copied() -> None:
    status, context = migrate(script(GALLERY, OTHER_GALLERY, watch_replication=[LOST]))
    assert (status.state, status.failure) == (MigrationState.FAILED, told("Conflict"))
    assert len(context.named("publish_version")) == 1


def test_where_the_first_gallery_is_partly_there_the_others_are_copied() -> None:
    status, context = migrate(script(GALLERY, OTHER_GALLERY, watch_replication=[HALF, DONE]))
    assert status.state is MigrationState.PARTIAL
    assert status.reason == "CrpPirReplicationJobsNotCompleted happened"
    assert [target.state for target in status.targets] == [MigrationState.PARTIAL, MigrationState.COMPLETED]
    assert len(context.named("publish_version")) == 2


def test_one_region_that_failed_leaves_the_rest_usable() -> None:
    status, _ = migrate(script(watch_replication=[HALF]))
    assert status.state is MigrationState.PARTIAL
    assert status.fix == "mend it"
    assert [region.state for region in status.targets[0].regions] == ["Completed", "Failed"]


def test_one_gallery_that_failed_of_two_is_partial() -> None:
    publish = in_turn(published, refused("LinkedAuthorizationFailed"))
    status, context = migrate(script(GALLERY, OTHER_GALLERY, publish_version=publish))
    assert (status.state, status.failure) == (MigrationState.PARTIAL, told("LinkedAuthorizationFailed"))
    assert [target.state for target in status.targets] == [MigrationState.COMPLETED, MigrationState.FAILED]
    # what was never begun is not watched
    assert len(context.named("watch_replication")) == 1


def test_a_number_that_belongs_to_another_source_blocks() -> None:
    """Only a person can decide what is to happen with it."""
    status, context = migrate(script(publish_version=refused("VersionTaken")))
    assert (status.state, status.fix) == (MigrationState.BLOCKED, "mend it")
    assert status.failure == told("VersionTaken")
    assert context.named("watch_replication") == []


def test_a_wanted_version_is_asked_for() -> None:
    status, context = migrate(script(), overrides={"version": "4.5.6"})
    assert context.named("publish_version")[0].input["wanted_version"] == "4.5.6"
    assert status.targets[0].version_id == definition_id().version("4.5.6")


def test_a_version_that_failed_without_a_word_fails_the_migration() -> None:
    """An adopted version has no operation to ask for the reason."""
    status, _ = migrate(script(watch_replication=[report("Unknown", "Unknown", "Failed")]))
    assert status.state is MigrationState.FAILED


REMADE = image(created_at=CREATED + timedelta(hours=1))


def migrate_while_it_changes(now: Any, **changes: Any) -> tuple[Any, FakeContext]:
    """A migration at whose end the name stands for something else."""
    context = FakeContext(migration_request().model_dump(mode="json"))
    found = in_turn(value(image()), now)
    return run(migrate_image, context, script(get_managed_image=found, **changes)), context


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"plan_migration": [value(plan(outcome="blocked", reason="disk"))]},
        {"plan_migration": [failure("ResourceNotFound")]},
        {"publish_version": refused("ResourceNotFound")},
    ],
    ids=["completed", "blocked", "failed", "failed to publish"],
)
def test_an_image_that_changed_meanwhile_is_migrated_again(changes: Any) -> None:
    """Events that came while this ran were taken as done; no end is shown before the new content is there."""
    output, context = migrate_while_it_changes(value(REMADE), **changes)
    assert output is None
    assert context.continued_with == migration_request().model_dump(mode="json")
    assert states(context)[-1] not in ("completed", "blocked", "failed")


def retagged(built: ManagedImage) -> ManagedImage:
    return built.model_copy(update={"tags": {"seen": "yes"}})


@pytest.mark.parametrize(
    "now",
    [value(image()), value(retagged(image())), value(None), failure("AuthorizationFailed")],
    ids=["the same", "tagged anew", "gone", "not readable"],
)
def test_the_last_look_does_not_spoil_what_was_done(now: Any) -> None:
    output, context = migrate_while_it_changes(now)
    assert output["state"] == "completed"
    assert context.continued_with is None
