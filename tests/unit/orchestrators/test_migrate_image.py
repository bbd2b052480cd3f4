"""The story of one migration: which steps are taken in which order, and how each one ends."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.fleet.hand_over import HandedOver, HandOver
from domain.migration.durations import Duration
from domain.migration.hints import LOOK_EVENT, Hint, HintRecord
from domain.migration.memory import WatchMemory
from domain.migration.messages import MigrationRequest, PlannedImage, PlanQuery
from domain.migration.publishing import Publication, PublishRequest
from domain.migration.replication import ReplicationReport, StatusRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.checks.check import Check
from domain.planning.numbering import DefinitionVersions
from domain.planning.plan import MigrationPlan
from domain.planning.rollout import Pace
from domain.planning.targets import TargetPlan
from domain.planning.verification import Verification
from domain.planning.version_spec import VersionSpec
from domain.proofs.mark import VersionMark
from domain.proofs.proof import ProofRequest, ProofVerdict
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId, SubnetId
from domain.resources.images import ManagedImage
from orchestrators.migrate_image import (
    MOST_LOOKS_FOR_AGE,
    MOST_READS_TO_SETTLE,
    SECONDS_BETWEEN_LOOKS_FOR_AGE,
    SETTLING_SECONDS,
)
from orchestrators.run.records import SECONDS_BETWEEN_TRIES, TRIES
from tests.unit.app import code
from tests.unit.builders import (
    CREATED,
    GALLERY,
    GROUP,
    NOW,
    OTHER_GALLERY,
    THIRD_GALLERY,
    definition,
    definition_id,
    disk,
    image,
    in_regions,
    migration_request,
    rollout_in,
    spec,
)
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    Script,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

migrate_image = code("migrate_image")

REGIONS = [TargetRegion(name="westeurope"), TargetRegion(name="eastus2")]
ROLLOUT = rollout_in(REGIONS, heal_attempts=0)
PACE = Pace(deadline_hours=24, first_poll_seconds=60, longest_poll_seconds=600)
WARNED = Check(name="disk size", verdict="warned", detail="large")
OPERATION = "https://management.azure.com/operations/1"

PREPARE = ["ensure_image_definition"]
PUBLISH = ["list_image_versions", "version_ledger", "begin_image_version"]
REPLICATE = ["get_replication_status"]


def plan(*galleries: GalleryId, **changes: Any) -> MigrationPlan:
    fields = {
        "outcome": "migrate",
        "rule": "builds",
        "fingerprint": image().fingerprint,
        "checks": [WARNED],
        "pace": PACE,
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


def planned(planned_: MigrationPlan, **changes: Any) -> Any:
    """The answer of `plan_migration`: the image, and the plan for it."""
    return value(PlannedImage(image=image(**changes), plan=planned_))


def begun(call: Call) -> Any:
    """The answer of `begin_image_version`: created under the number of the request."""
    wanted = VersionSpec.model_validate(call.input)
    return value(Publication(outcome="created", version_id=wanted.id, operation_url=OPERATION))


def reserved(call: Call) -> Any:
    return {"version": call.input["wanted"] or call.input["preferred"] or "1.0.0"}


def published(call: Call) -> Any:
    """The answer of the child orchestration `publish_version`."""
    request = PublishRequest.model_validate(call.input)
    version = request.spec.definition.version(request.preferred_version or "1.0.0")
    return value(Publication(outcome="created", version_id=version, operation_url=OPERATION))


def report(home: str, away: str, state: str = "Succeeded", code_: str | None = None) -> ReplicationReport:
    return ReplicationReport(
        provisioning_state=state,
        regions=in_regions(westeurope=home, eastus2=away),
        failure=a_failure(code_) if code_ else None,
    )


DONE = report("Completed", "Completed")
COPYING = report("Completed", "Replicating")
HALF = report("Completed", "Failed", code_="CrpPirReplicationJobsNotCompleted")
LOST = report("Unknown", "Unknown", "Failed", "Conflict")


def in_turn(*replies: Any) -> Any:
    """Each call gets the next reply; a function is called for it."""
    remaining = iter(replies)

    def reply(call: Call) -> Any:
        following = next(remaining)
        return following(call) if callable(following) else following

    return reply


def script(*galleries: GalleryId, **changes: Any) -> Script:
    """A migration in which every step succeeds."""
    return {
        "get_managed_image": lambda _: value(image()),
        "plan_migration": lambda _: planned(plan(*galleries or (GALLERY,))),
        "ensure_image_definition": lambda call: {"value": call.input},
        "list_image_versions": lambda _: value(DefinitionVersions()),
        "version_ledger": reserved,
        "begin_image_version": begun,
        "get_replication_status": lambda _: value(DONE),
        "prepare_definition": lambda call: {"value": call.input},
        "publish_version": published,
        **changes,
    }


def migrate(replies: Script, **request: Any) -> tuple[MigrationStatus, FakeContext]:
    context = FakeContext(migration_request(**request).model_dump(mode="json"))
    output = run(migrate_image, context, replies)
    assert output is not None
    return MigrationStatus.model_validate(output), context


def names(context: FakeContext) -> list[str]:
    return [call.name for call in context.calls]


def states(context: FakeContext) -> list[str]:
    """The states that the custom status showed, each once in a row."""
    shown = [status["state"] for status in context.statuses]
    return [state for index, state in enumerate(shown) if index == 0 or state != shown[index - 1]]


def test_an_image_becomes_a_version_in_every_region() -> None:
    status, context = migrate(script())
    assert names(context) == ["plan_migration", *PREPARE, *PUBLISH, "timer", *REPLICATE, "get_managed_image"]
    assert states(context) == ["planned", "preparing", "publishing", "replicating", "completed"]
    assert (status.state, status.rule, status.warnings) == (MigrationState.COMPLETED, "builds", ["large"])
    assert (status.fingerprint, status.started_by) == (image().fingerprint, "test")
    (target,) = status.targets
    assert (target.state, target.outcome) == (MigrationState.COMPLETED, "created")
    assert target.version_id == definition_id().version("1.0.0")
    assert {region.state for region in target.regions} == {"Completed"}


def test_one_target_needs_no_child_orchestration() -> None:
    """Each one costs storage calls, and is one more thing that a dying worker can hit."""
    _, context = migrate(script())
    children = {"prepare_definition", "publish_version"}
    assert children.isdisjoint(names(context))


def test_the_custom_status_ends_as_the_output() -> None:
    status, context = migrate(script())
    assert MigrationStatus.model_validate(context.statuses[-1]) == status


def test_the_plan_is_requested_with_the_orchestrations_own_clock() -> None:
    _, context = migrate(script())
    (call,) = context.named("plan_migration")
    assert call.input == PlanQuery(image=image().id, started_by="test", now=NOW).model_dump(mode="json")


def test_a_look_reads_the_version_that_was_begun_and_its_operation() -> None:
    _, context = migrate(script())
    (look,) = context.named("get_replication_status")
    assert StatusRequest.model_validate(look.input) == StatusRequest(
        version_id=definition_id().version("1.0.0"),
        operation_url=OPERATION,
        regions=["westeurope", "eastus2"],
    )


def test_the_migration_itself_shows_the_regions_of_its_only_target() -> None:
    _, context = migrate(script(get_replication_status=[value(COPYING), value(DONE)]))
    seen = [
        [region["state"] for region in target["regions"]]
        for status in context.statuses
        for target in status["targets"]
    ]
    assert ["Completed", "Replicating"] in seen
    assert ["Completed", "Completed"] in seen


def test_each_look_is_an_execution_of_its_own() -> None:
    """So the history stays short, and nothing of the migration is lost between two looks."""
    looks = [*[value(COPYING)] * 30, value(DONE)]
    status, context = migrate(script(get_replication_status=looks))
    assert status.state is MigrationState.COMPLETED
    assert (context.executions, len(context.named("plan_migration"))) == (31, 1)
    assert states(context).count("replicating") == 1
    carried = MigrationRequest.model_validate(context.input).journey
    assert carried is not None
    (target,) = carried.targets
    assert target.watch is not None
    assert (carried.begun_at, target.watch.started_at) == (NOW, NOW)
    assert target.watch.state.standstills["eastus2"].since == NOW + timedelta(seconds=60)


def test_a_hint_is_a_look_at_once() -> None:
    context = FakeContext(migration_request().model_dump(mode="json"), events=[LOOK_EVENT])
    output = run(migrate_image, context, script())
    assert output["state"] == "completed"
    assert (context.waits, context.cancelled_timers) == ([], 1)


def test_a_hint_that_comes_too_early_costs_one_look() -> None:
    context = FakeContext(migration_request().model_dump(mode="json"), events=[LOOK_EVENT] * 3)
    looks = [value(COPYING)] * 3 + [value(DONE)]
    output = run(migrate_image, context, script(get_replication_status=looks))
    assert output["state"] == "completed"
    assert (len(context.waits), context.cancelled_timers) == (1, 3)


def remembering(events: list[str], looks_: list[Any], **known: Any) -> FakeContext:
    """A migration with these hints, looks and memories."""
    context = FakeContext(migration_request().model_dump(mode="json"), events=events)
    found = PlannedImage(image=image(), plan=plan(GALLERY), memories=[WatchMemory(**known)])
    run(migrate_image, context, script(plan_migration=[value(found)], get_replication_status=looks_))
    return context


def signals(context: FakeContext) -> list[tuple[str, Any]]:
    return [(call.name, call.input) for call in context.signals]


PROVEN = HintRecord(outcomes=[True] * 5)


@pytest.mark.parametrize(
    ("known", "events", "looks_", "told"),
    [
        (HintRecord(), [LOOK_EVENT], [value(DONE)], [True]),
        (PROVEN, [LOOK_EVENT], [value(DONE)], []),
        (HintRecord(), [], [value(DONE)], []),
        (PROVEN, [], [value(COPYING), value(DONE)], [False]),
        # the last look came seconds before, so that a hint may still be on its way
        (HintRecord(outcomes=[True]), [], [value(COPYING), value(DONE)], []),
    ],
)
def test_how_a_hint_did_is_told_where_that_changes_something(
    known: HintRecord, events: list[str], looks_: list[Any], told: list[bool]
) -> None:
    context = remembering(events, looks_, hints=known)
    assert signals(context) == [("gallery_hints", {"hit": hit}) for hit in told]


def test_where_hints_are_proven_the_first_look_comes_after_ten_minutes() -> None:
    assert remembering([], [value(DONE)], hints=PROVEN).waits == [600]


def told_by_a_batch(looks_: list[Any], not_done_at: datetime, **known: Any) -> FakeContext:
    """A migration that a batch started, and told that its version is done."""
    given = migration_request().model_copy(update={"batch_looks": True})
    payload = json.dumps(Hint(not_done_at=not_done_at).model_dump(mode="json"))
    context = FakeContext(given.model_dump(mode="json"), events=[LOOK_EVENT], payload=payload)
    found = PlannedImage(image=image(), plan=plan(GALLERY), memories=[WatchMemory(**known)])
    run(migrate_image, context, script(plan_migration=[value(found)], get_replication_status=looks_))
    return context


def test_what_a_batch_tells_is_a_look_at_once_and_no_hint_of_azure() -> None:
    context = told_by_a_batch([value(DONE)], NOW)
    assert (context.waits, context.cancelled_timers, signals(context)) == ([], 1, [])


def test_a_migration_whose_batch_looks_waits_long_and_shows_when_the_batch_looks() -> None:
    """What the batch says comes too early here; the second look is the migration's own."""
    context = told_by_a_batch([value(COPYING), value(DONE)], NOW)
    assert context.waits == [600]
    shown = [status["next_look"] for status in context.statuses if status.get("next_look")]
    assert datetime.fromisoformat(shown[0]) == NOW + timedelta(seconds=60)


def test_a_duration_counts_from_when_the_batch_last_saw_the_version_being_made() -> None:
    """A moment that cannot be right is not used."""
    for not_done_at in (NOW, NOW + timedelta(days=1)):
        context = told_by_a_batch([value(COPYING), value(DONE)], not_done_at, is_kept=True)
        (duration,) = [call.input["seconds"] for call in context.signals]
        assert duration == 300


def test_how_long_a_version_took_is_told_where_the_definition_has_others() -> None:
    context = remembering([], [value(DONE)], is_kept=True, size_gb=30)
    assert signals(context) == [
        ("definition_durations", {"seconds": 30.0, "size_gb": 30, "regions": 2}),
    ]


def test_a_version_is_expected_when_those_before_it_were_done() -> None:
    past = [Duration(seconds=seconds, size_gb=30, regions=2) for seconds in (1000, 1010, 1020)]
    context = remembering([], [value(COPYING)] * 3 + [value(DONE)], is_kept=True, size_gb=30, past=past)
    assert context.waits[:4] == [60, 120, 360, 420]


def test_a_definition_that_is_there_is_not_read_once_more() -> None:
    ready = plan(GALLERY)
    ready.targets[0].definition_exists = True
    _, context = migrate(script(plan_migration=[planned(ready)]))
    assert context.named("ensure_image_definition") == []


@pytest.mark.parametrize(("minutes", "lists"), [(0, 0), (6, 1)])
def test_the_numbers_of_the_plan_are_used_while_they_are_fresh(minutes: int, lists: int) -> None:
    known = plan(GALLERY)
    known.targets[0].numbers = DefinitionVersions(taken=["1.0.0"])
    known.targets[0].planned_at = NOW - timedelta(minutes=minutes)
    status, context = migrate(script(plan_migration=[planned(known)]))
    assert status.state is MigrationState.COMPLETED
    assert len(context.named("list_image_versions")) == lists
    assert context.named("version_ledger")[0].input["taken"] == ([] if lists else ["1.0.0"])


def test_a_missing_image_is_skipped() -> None:
    status, context = migrate(script(plan_migration=[value(PlannedImage())] * 2))
    assert (status.state, status.reason) == (MigrationState.SKIPPED, "the managed image does not exist")
    assert names(context) == ["plan_migration", "timer", "plan_migration"]


def test_an_image_that_a_stale_cache_misses_is_found_at_the_second_look() -> None:
    status, _ = migrate(script(plan_migration=[value(PlannedImage()), planned(plan(GALLERY))]))
    assert status.state is MigrationState.COMPLETED


def test_an_image_that_cannot_be_read_fails_with_the_cause() -> None:
    status, _ = migrate(script(plan_migration=[failed("AuthorizationFailed")]))
    assert (status.state, status.failure) == (MigrationState.FAILED, a_failure("AuthorizationFailed"))
    assert (status.reason, status.fix) == ("AuthorizationFailed happened", "mend it")


def test_an_image_that_is_still_being_created_is_waited_for() -> None:
    found = [retry_later(), retry_later(), planned(plan(GALLERY))]
    status, context = migrate(script(plan_migration=found))
    assert status.state is MigrationState.COMPLETED
    # the third wait is the one before the look
    assert len(context.waits) == 3


@pytest.mark.parametrize(
    ("outcome", "state"), [("skipped", MigrationState.SKIPPED), ("blocked", MigrationState.BLOCKED)]
)
def test_an_image_that_the_plan_declines_is_not_touched(outcome: str, state: MigrationState) -> None:
    decided = plan(outcome=outcome, reason="so it is", fix="mend it")
    status, context = migrate(script(plan_migration=[planned(decided)]))
    assert (status.state, status.reason, status.fix) == (state, "so it is", "mend it")
    assert (status.rule, status.warnings) == ("builds", ["large"])
    assert names(context) == ["plan_migration", "get_managed_image"]


def test_a_definition_that_cannot_be_created_ends_the_migration_before_any_version() -> None:
    """Every gallery's definition is prepared first; versions in half of the galleries would be a surprise."""

    def prepare(call: Call) -> Any:
        ours = GALLERY.name in call.input["id"]
        return {"value": call.input} if ours else failed("AuthorizationFailed")

    status, context = migrate(script(GALLERY, OTHER_GALLERY, prepare_definition=prepare))
    # the plan was made once more: what it knew may have been out of date
    assert [call.input["fresh"] for call in context.named("plan_migration")] == [False, True]
    assert (status.state, status.failure) == (MigrationState.FAILED, a_failure("AuthorizationFailed"))
    assert context.named("begin_image_version") == []
    assert context.named("publish_version") == []


def test_a_definition_that_somebody_else_made_meanwhile_is_planned_anew() -> None:
    """It may not fit, and then the image is blocked before anything is written into it."""

    def somebody_elses(call: Call) -> Any:
        return {"value": {**call.input, "tags": {}, "publisher": "another"}}

    plans = [planned(plan(GALLERY)), planned(plan(outcome="blocked", reason="another publisher"))]
    plan_of_tags = plan(GALLERY)
    plan_of_tags.targets[0].definition.tags = {"gallerist-created": "now"}
    plans[0] = planned(plan_of_tags)
    status, context = migrate(script(plan_migration=plans, ensure_image_definition=somebody_elses))
    assert (status.state, status.reason) == (MigrationState.BLOCKED, "another publisher")
    assert context.named("begin_image_version") == []


def test_the_second_gallery_copies_the_firsts_version_once_it_is_replicated() -> None:
    """Documented: Azure builds one version per managed image at a time."""
    status, context = migrate(script(GALLERY, OTHER_GALLERY))
    assert [name for name in names(context) if name in (*PUBLISH, *REPLICATE)] == 2 * [*PUBLISH, *REPLICATE]
    assert context.executions == 2
    first, second = (VersionSpec.model_validate(call.input) for call in context.named("begin_image_version"))
    assert first.source == str(image().id)
    assert second.source == str(definition_id().version("1.0.0"))
    assert [call.input["preferred"] for call in context.named("version_ledger")] == [None, "1.0.0"]
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


def test_further_galleries_copy_side_by_side_in_child_orchestrations() -> None:
    status, context = migrate(script(GALLERY, OTHER_GALLERY, THIRD_GALLERY))
    assert len(context.named("begin_image_version")) == 1
    copies = [PublishRequest.model_validate(call.input) for call in context.named("publish_version")]
    assert [copy.spec.definition.gallery for copy in copies] == [OTHER_GALLERY, THIRD_GALLERY]
    # one look at the first version, then one at each copy
    assert len(context.named("get_replication_status")) == 3
    children = {call.instance_id for call in context.calls if call.instance_id and call.operation is None}
    assert len(children) == 5
    assert [target.state for target in status.targets] == [MigrationState.COMPLETED] * 3


def test_the_children_of_a_step_are_shown_while_it_runs() -> None:
    """Their custom status says what they wait for."""
    _, context = migrate(script(GALLERY, OTHER_GALLERY, THIRD_GALLERY))
    shown = [tuple(status["child_instance_ids"]) for status in context.statuses]
    for step in ("prepare_definition", "publish_version"):
        assert tuple(call.instance_id for call in context.named(step)) in shown
    assert shown[-1] == ()


def test_a_copy_keeps_the_images_fingerprint() -> None:
    _, context = migrate(script(GALLERY, OTHER_GALLERY))
    first, second = (VersionSpec.model_validate(call.input) for call in context.named("begin_image_version"))
    assert second.tags == first.tags


def test_where_the_first_gallery_failed_nothing_is_copied() -> None:
    status, context = migrate(script(GALLERY, OTHER_GALLERY, get_replication_status=[value(LOST)]))
    assert (status.state, status.failure) == (MigrationState.FAILED, a_failure("Conflict"))
    assert len(context.named("begin_image_version")) == 1


def test_where_the_first_gallery_is_partial_the_others_are_copied() -> None:
    replies = script(GALLERY, OTHER_GALLERY, get_replication_status=[value(HALF), value(DONE)])
    status, context = migrate(replies)
    assert status.state is MigrationState.PARTIAL
    assert status.reason == "CrpPirReplicationJobsNotCompleted happened"
    assert [target.state for target in status.targets] == [MigrationState.PARTIAL, MigrationState.COMPLETED]
    assert len(context.named("begin_image_version")) == 2


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (report("Completed", "Failed"), MigrationState.PARTIAL),
        (HALF, MigrationState.PARTIAL),
        (LOST, MigrationState.FAILED),
        (report("Unknown", "Unknown", "Failed"), MigrationState.FAILED),
        (DONE, MigrationState.COMPLETED),
    ],
)
def test_a_target_is_partial_where_some_region_has_the_version(
    seen: ReplicationReport, state: MigrationState
) -> None:
    status, _ = migrate(script(get_replication_status=[value(seen)]))
    assert (status.state, status.targets[0].state) == (state, state)
    assert status.targets[0].regions == seen.regions
    assert (status.targets[0].failure is None) == (state is MigrationState.COMPLETED)


def test_one_of_two_galleries_that_failed_makes_the_migration_partial() -> None:
    begin = in_turn(begun, failed("LinkedAuthorizationFailed"))
    status, context = migrate(script(GALLERY, OTHER_GALLERY, begin_image_version=begin))
    assert (status.state, status.failure) == (MigrationState.PARTIAL, a_failure("LinkedAuthorizationFailed"))
    assert [target.state for target in status.targets] == [MigrationState.COMPLETED, MigrationState.FAILED]
    # a version that was never begun is not watched
    assert len(context.named("get_replication_status")) == 1


def test_one_copy_that_failed_leaves_its_sibling_alone() -> None:
    publish = in_turn(failed("LinkedAuthorizationFailed"), published)
    status, context = migrate(script(GALLERY, OTHER_GALLERY, THIRD_GALLERY, publish_version=publish))
    assert status.state is MigrationState.PARTIAL
    assert [target.state for target in status.targets] == [
        MigrationState.COMPLETED,
        MigrationState.FAILED,
        MigrationState.COMPLETED,
    ]
    assert len(context.named("get_replication_status")) == 2


def test_a_number_that_belongs_to_another_source_blocks() -> None:
    """Only a person can decide what happens with it."""
    refused = {"refused": "version 1.0.0 belongs to another image"}
    status, context = migrate(script(version_ledger=[refused]))
    assert status.state is MigrationState.BLOCKED
    assert status.failure is not None
    assert status.failure.code == "VersionTaken"
    assert context.named("get_replication_status") == []


def test_a_wanted_version_is_reserved() -> None:
    status, context = migrate(script(), overrides={"version": "4.5.6"})
    assert context.named("version_ledger")[0].input["wanted"] == "4.5.6"
    assert status.targets[0].version_id == definition_id().version("4.5.6")


def test_a_migration_by_the_facts_of_a_plan_reserves_the_number_that_the_plan_named() -> None:
    facts = {f"image version in {GALLERY.key}": "create 7.0.1"}
    status, context = migrate(script(), overrides={"facts": facts})
    assert context.named("version_ledger")[0].input["wanted"] == "7.0.1"
    assert context.named("plan_migration")[0].input["overrides"]["facts"] == facts
    assert status.targets[0].version_id == definition_id().version("7.0.1")


# the run starts at NOW
REMADE = image(created_at=NOW + timedelta(hours=1))


def migrate_while_it_changes(now: Any, **changes: Any) -> tuple[Any, FakeContext]:
    """A migration at whose end the name stands for something else."""
    context = FakeContext(migration_request().model_dump(mode="json"))
    return run(migrate_image, context, script(get_managed_image=[now], **changes)), context


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"plan_migration": [planned(plan(outcome="blocked", reason="disk"))]},
        {"begin_image_version": lambda _: failed("ResourceNotFound")},
    ],
    ids=["completed", "blocked", "failed to publish"],
)
def test_an_image_that_was_replaced_meanwhile_is_migrated_again(changes: Any) -> None:
    """Events that arrived during the run started nothing, so no end is shown before the new content is migrated."""
    output, context = migrate_while_it_changes(value(REMADE), **changes)
    assert output is None
    again = MigrationRequest.model_validate(context.continued_with)
    assert again == MigrationRequest(**migration_request().model_dump(exclude={"started_at"}), started_at=NOW)
    assert states(context)[-1] not in ("completed", "blocked", "failed")


def test_an_image_with_other_content_is_migrated_again_whatever_its_listed_time() -> None:
    output, context = migrate_while_it_changes(value(image(os_disk=disk("another"))))
    assert (output, context.continued_with is None) == (None, False)


def undated() -> Any:
    """The answer of `plan_migration` for an image whose creation time is not listed yet."""
    return value(PlannedImage(image=image(created_at=None)))


def test_an_image_is_read_again_until_its_creation_time_is_listed() -> None:
    reads = [undated(), undated(), planned(plan(GALLERY))]
    status, context = migrate(script(plan_migration=reads))
    assert status.state is MigrationState.COMPLETED
    assert [call.input["undated"] for call in context.named("plan_migration")] == [False] * 3
    assert context.waits[:2] == [SECONDS_BETWEEN_LOOKS_FOR_AGE] * 2
    shown = [status["waiting_for"]["reason"] for status in context.statuses if status["waiting_for"]]
    assert "does not have web-20260115 yet" in shown[0]


def test_an_image_that_is_never_listed_is_migrated_without_its_age() -> None:
    def reply(call: Call) -> Any:
        return planned(plan(GALLERY), created_at=None) if call.input["undated"] else undated()

    status, context = migrate(script(plan_migration=reply))
    assert status.state is MigrationState.COMPLETED
    assert len(context.named("plan_migration")) == MOST_LOOKS_FOR_AGE + 1


def migrate_apart(*times: datetime) -> tuple[MigrationStatus, FakeContext]:
    """A migration whose plan rests on the listed creation time, of which the reads show these."""
    reads = [planned(plan(GALLERY, apart_by_time=True), created_at=time) for time in times]
    return migrate(
        script(plan_migration=reads, get_managed_image=lambda _: value(image(created_at=times[-1])))
    )


def test_a_time_that_alone_makes_a_new_version_is_read_twice() -> None:
    status, context = migrate_apart(CREATED, CREATED)
    assert status.state is MigrationState.COMPLETED
    assert context.waits[0] == SETTLING_SECONDS
    assert len(context.named("plan_migration")) == 2


def test_a_time_that_changes_is_read_until_two_reads_agree() -> None:
    later = CREATED + timedelta(hours=1)
    _, context = migrate_apart(CREATED, later, CREATED, CREATED)
    assert len(context.named("plan_migration")) == 4


def test_a_time_that_never_settles_ends_the_waiting() -> None:
    times = [CREATED + timedelta(hours=hour) for hour in range(MOST_READS_TO_SETTLE + 1)]
    status, context = migrate_apart(*times)
    assert status.state is MigrationState.COMPLETED
    assert len(context.named("plan_migration")) == MOST_READS_TO_SETTLE + 1


def retagged(built: ManagedImage) -> ManagedImage:
    copy = built.model_copy()
    copy.tags = {"seen": "yes"}
    return copy


@pytest.mark.parametrize(
    "now",
    [
        value(image()),
        value(retagged(image())),
        value(image(created_at=CREATED + timedelta(hours=1))),
        value(image(created_at=None)),
        value(None),
        failed("AuthorizationFailed"),
    ],
    ids=["the same", "other tags", "a corrected time", "not listed", "gone", "not readable"],
)
def test_the_last_look_at_the_image_does_not_fail_a_finished_migration(now: Any) -> None:
    output, context = migrate_while_it_changes(now)
    assert output["state"] == "completed"
    assert context.continued_with is None


STEPS = [
    "get_managed_image",
    "plan_migration",
    "ensure_image_definition",
    "list_image_versions",
    "version_ledger",
    "begin_image_version",
    "get_replication_status",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("times", [1, 5])
def test_a_worker_that_dies_during_a_step_is_waited_for(step: str, times: int) -> None:
    replies = script()
    answer = replies[step]
    status, context = migrate({**replies, step: losing(times, answer)})
    assert status.state is MigrationState.COMPLETED
    assert status.waiting_for is None
    assert len(context.named(step)) > times
    assert "python exited with code 137 (0x89)" in str(context.statuses)


def losing(times: int, answer: Any) -> Any:
    """The first calls of a name are lost; the later ones are answered."""
    following = answer if callable(answer) else in_turn(*answer)
    lost_so_far: list[Call] = []

    def reply(call: Call) -> Any:
        if len(lost_so_far) < times:
            lost_so_far.append(call)
            return lost()
        return following(call)

    return reply


@pytest.mark.parametrize("step", ["prepare_definition", "publish_version"])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_children_that_a_dead_worker_took_along_are_started_anew(step: str, times: int) -> None:
    """Those that ended keep their result; with 2 or more lost calls, side by side or one after the other."""
    replies = script(GALLERY, OTHER_GALLERY, THIRD_GALLERY)
    status, context = migrate({**replies, step: losing(times, replies[step])})
    assert status.state is MigrationState.COMPLETED
    ids = [call.instance_id for call in context.named(step)]
    assert len(set(ids)) == len(ids)
    asked = [json.dumps(call.input, sort_keys=True) for call in context.named(step)]
    assert len(asked) == len(set(asked)) + times


SUBNET = SubnetId.parse(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs")
VERIFICATION = Verification(
    regions=["westeurope", "eastus2"],
    resource_group="proofs",
    subnets={"westeurope": SUBNET, "eastus2": SUBNET},
    agent=True,
    deadline_minutes=40,
)


def proof(verdict: ProofVerdict) -> Any:
    """The answer of the child orchestration `verify_version`."""

    def reply(call: Call) -> Any:
        status = ProofRequest.model_validate(call.input).status
        failure = None if verdict == "proved" else a_failure("AgentNotReady")
        return status.ended(verdict, NOW, failure).model_dump(mode="json")

    return reply


def verified(verify: Any, **changes: Any) -> tuple[MigrationStatus, FakeContext]:
    replies = script(
        plan_migration=[planned(plan(GALLERY, verification=VERIFICATION))],
        verify_version=verify,
        read_mark=lambda _: value(VersionMark()),
        mark_version=lambda call: value(VersionMark(value=call.input["value"])),
        **changes,
    )
    return migrate(replies)


def test_a_version_is_proved_in_each_region_after_its_replication() -> None:
    status, context = verified(proof("proved"))
    assert states(context)[-3:] == ["replicating", "verifying", "completed"]
    assert [one.region for one in status.targets[0].proofs] == ["westeurope", "eastus2"]
    ids = [call.instance_id for call in context.named("verify_version")]
    assert len(set(ids)) == 2
    (mark,) = context.named("mark_version")
    assert mark.input["value"] == "passed westeurope,eastus2 2026-02-01"
    assert context.named("read_mark") == []


def test_one_proof_that_failed_leaves_the_version_unverified() -> None:
    status, context = verified(in_turn(proof("proved"), proof("failed")))
    assert (status.state, status.targets[0].state) == (MigrationState.UNVERIFIED, MigrationState.UNVERIFIED)
    assert status.failure is not None
    assert (status.failure.code, status.fix) == ("AgentNotReady", "mend it")
    assert context.named("mark_version")[0].input["value"] == "failed eastus2 2026-02-01 AgentNotReady"


def test_a_proof_whose_workers_always_die_is_no_proof() -> None:
    status, _ = verified(lambda _: lost())
    assert status.state is MigrationState.UNVERIFIED
    assert {one.verdict for one in status.targets[0].proofs} == {"unproved"}


def test_a_region_without_the_version_is_not_proved_and_the_target_stays_partial() -> None:
    status, context = verified(proof("proved"), get_replication_status=lambda _: value(HALF))
    assert status.state is MigrationState.PARTIAL
    assert len(context.named("verify_version")) == 1


def test_a_version_that_is_nowhere_is_not_proved() -> None:
    status, context = verified(proof("proved"), get_replication_status=lambda _: value(LOST))
    assert status.state is MigrationState.FAILED
    assert context.named("verify_version") == []


@pytest.mark.parametrize(
    ("mark", "proofs"),
    [
        ("passed westeurope,eastus2 2026-01-01", 0),
        ("passed westeurope 2026-01-01", 1),
        ("failed westeurope 2026-01-01 AgentNotReady", 2),
        (None, 2),
    ],
)
def test_an_adopted_version_is_proved_where_its_mark_does_not_say_so(mark: str | None, proofs: int) -> None:
    def adopted(call: Call) -> Any:
        wanted = VersionSpec.model_validate(call.input)
        return value(Publication(outcome="adopted", version_id=wanted.id))

    status, context = migrate(
        script(
            plan_migration=[planned(plan(GALLERY, verification=VERIFICATION))],
            begin_image_version=adopted,
            verify_version=proof("proved"),
            read_mark=lambda _: value(VersionMark(value=mark)),
            mark_version=lambda _: value(VersionMark()),
        )
    )
    assert status.state is MigrationState.COMPLETED
    assert len(context.named("verify_version")) == proofs


@pytest.mark.parametrize(
    ("answer", "words"),
    [(failed("ScopeLocked"), "could not be marked"), (value(VersionMark(no_room=True)), "has no room")],
)
def test_a_mark_that_cannot_be_written_is_a_warning(answer: Any, words: str) -> None:
    """The proof holds for this migration all the same."""
    replies = script(
        plan_migration=[planned(plan(GALLERY, verification=VERIFICATION))],
        verify_version=proof("proved"),
        mark_version=lambda _: answer,
    )
    status, _ = migrate(replies)
    assert status.state is MigrationState.COMPLETED
    assert words in status.warnings[-1]


def test_each_gallery_has_proofs_of_its_own() -> None:
    """The second gallery's version is a copy of the first one's, and is proved by itself."""
    replies = script(
        plan_migration=[planned(plan(GALLERY, OTHER_GALLERY, verification=VERIFICATION))],
        verify_version=proof("proved"),
        mark_version=lambda _: value(VersionMark()),
    )
    status, context = migrate(replies)
    assert status.state is MigrationState.COMPLETED
    versions = [call.input["version_id"] for call in context.named("verify_version")]
    assert len(versions) == 4
    assert len(set(versions)) == 2
    assert states(context)[3:] == [
        "replicating",
        "verifying",
        "publishing",
        "replicating",
        "verifying",
        "completed",
    ]


FOLLOWED = {"plan_migration": lambda _: planned(plan(GALLERY, is_followed=True))}


def test_a_migration_hands_over_what_it_made_before_it_ends() -> None:
    handed = HandedOver(started=["promotion-1", "retirement-1"], warnings=["not promoted: why"])
    status, context = migrate(script(**FOLLOWED, hand_over=[value(handed)]))
    (call,) = context.named("hand_over")
    request = HandOver.model_validate(call.input)
    assert (request.migration, request.image) == (context.instance_id, image())
    assert (request.status.state, request.status.targets) == (MigrationState.COMPLETED, status.targets)
    assert status.followed_by == ["promotion-1", "retirement-1"]
    assert status.warnings == ["large", "not promoted: why"]
    assert states(context)[-2:] == ["replicating", "completed"]


def test_nothing_is_handed_over_where_the_policy_asks_for_nothing() -> None:
    _, context = migrate(script())
    assert context.named("hand_over") == []


def test_a_migration_that_cannot_hand_over_completes_all_the_same_and_says_so() -> None:
    status, _ = migrate(script(**FOLLOWED, hand_over=[failed("Forbidden")]))
    assert (status.state, status.followed_by) == (MigrationState.COMPLETED, [])
    assert status.warnings[-1].startswith("nothing was promoted or retired: ")


def test_evidence_that_cannot_be_stored_holds_a_migration_for_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, context = migrate(script(record_evidence=lambda _: lost()))
    assert status.state is MigrationState.COMPLETED
    assert len(context.named("record_evidence")) == TRIES
    assert context.waits[-2:] == [SECONDS_BETWEEN_TRIES] * 2
    assert "evidence" in caplog.text


def test_evidence_that_is_refused_for_good_is_not_tried_again() -> None:
    status, context = migrate(script(record_evidence=[failed("EvidenceChanged")]))
    assert (status.state, len(context.named("record_evidence"))) == (MigrationState.COMPLETED, 1)
