"""Migrates one managed image into the galleries that the policy names.

find the image -> plan -> prepare the definitions -> first gallery -> other galleries -> end

For each gallery: publish the version -> replicate it -> prove it -> decide how the target ends. If the image was
replaced meanwhile, the migration starts over. Preparing, publishing, replicating and verifying have files of their own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import azure.durable_functions as df

from domain import names
from domain.fleet.hand_over import HandedOver, HandOver
from domain.migration.messages import ImageRequest, MigrationRequest
from domain.migration.publishing import Source
from domain.migration.states import MigrationState
from domain.migration.status import End
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.resources.images import ManagedImage
from domain.results import CurrentWait
from orchestrators.prepare_definition import prepare_definitions
from orchestrators.publish_version import publish_versions
from orchestrators.replicate_version import replicate_versions
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.migration_records import record_migration
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.started import started_at
from orchestrators.run.target import PlannedTarget, Target
from orchestrators.verify_versions import verify_versions

blueprint = df.Blueprint()

# Azure's caches may not know an image that was just created
SECONDS_BEFORE_SECOND_LOOK = 30
# ARM's list of resources, which alone has the creation time, may miss an image for days (reported by users)
SECONDS_BETWEEN_LOOKS_FOR_AGE = 60
MOST_LOOKS_FOR_AGE = 15
# and it shows a former time for minutes after an image was created again
SETTLING_SECONDS = 600
MOST_READS_TO_SETTLE = 6

_DECLINED = {"skipped": MigrationState.SKIPPED, "blocked": MigrationState.BLOCKED}


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_IMAGE)
def migrate_image(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Migrates the image of the `MigrationRequest`; returns its `MigrationStatus`, and shows it as custom status."""
    request = MigrationRequest.model_validate(context.get_input())
    run = MigrationRun(context, request)
    begun_at = context.current_utc_datetime
    run.start()
    image = plan = None
    try:
        image = yield from find_image(run)
        if image is None:
            return run.end(End(MigrationState.SKIPPED, "the managed image does not exist"))
        image, plan = yield from settled_plan(run, request, image)
        end = yield from migrate(run, request, image, plan)
    except StepFailedError as error:
        end = End.of_failure(error.failure)
    if image is not None and (yield from was_replaced(run, image, begun_at)):
        # The new image's event found this run and started nothing, so this run migrates the new image, too.
        # Versions of the old image stay.
        request.started_at = started_at(context, request)
        context.continue_as_new(request.model_dump(mode="json"))
        return None
    if image is not None and plan is not None:
        yield from record_migration(run, end, begun_at, plan.notify, plan.checks)
        if plan.is_followed:
            yield from start_what_follows(run, image, end)
    return run.end(end)


def migrate(
    run: MigrationRun, request: MigrationRequest, image: ManagedImage, plan: MigrationPlan
) -> Orchestration[End]:
    """Carries the plan out; returns how the migration ends."""
    if plan.outcome != "migrate":
        return End(_DECLINED[plan.outcome], plan.reason, plan.fix)

    targets = [PlannedTarget.of(target, plan.pace) for target in plan.targets]
    first, *others = targets
    run.move(MigrationState.PREPARING)
    yield from prepare_definitions(run, targets)
    source = Source(image=image, wanted_version=request.overrides.version)
    yield from make_versions(run, [first], source, plan)
    if others and first.usable_version:
        # Azure builds one version per managed image at a time, and the image is free again once that version is
        # replicated (documented: "Create an image version"). The other galleries copy the first one's version.
        yield from make_versions(run, others, source.copied_from(first.usable_version), plan)
    # others that were not begun, because the first gallery has nothing to copy, count as failed
    return End.of_targets([target.status for target in targets])


def start_what_follows(run: MigrationRun, image: ManagedImage, end: End) -> Orchestration[None]:
    """Starts promotions and a retirement, which live on their own. A failure to do so is a warning."""
    request = HandOver(migration=run.context.instance_id, image=image, status=run.status.ended(end))
    try:
        handed = yield from call_activity(run.context, names.HAND_OVER, request, HandedOver, run.show_waiting)
    except StepFailedError as error:
        handed = HandedOver(warnings=[f"nothing was promoted or retired: {error.failure.message}"])
    run.status.warnings = [*run.status.warnings, *handed.warnings]
    run.status.followed_by = handed.started


def make_versions(
    run: MigrationRun,
    targets: Sequence[PlannedTarget],
    source: Source,
    plan: MigrationPlan,
) -> Orchestration[None]:
    """Publishes, replicates and proves the versions of these targets side by side, and decides how each one ends."""
    run.move(MigrationState.PUBLISHING)
    yield from publish_versions(run, targets, source)
    run.move(MigrationState.REPLICATING)
    yield from replicate_versions(run, targets)
    yield from verify_versions(run, targets, plan.verification, plan.notify)
    for target in targets:
        end_target(target)
    run.show_targets(targets)


def end_target(target: Target) -> None:
    """A target is completed if every region has its version, partial if some have, otherwise failed.

    It is unverified instead of completed where a proof was asked for and not given.
    """
    if target.failure is not None or target.report is None:
        target.status = target.status.ended(MigrationState.FAILED, target.failure)
    elif target.report.completed and target.status.unproved:
        if target.status.state is MigrationState.REPLICATING:
            # the proofs are those of an earlier run
            target.move(MigrationState.VERIFYING)
        target.status = target.status.ended(MigrationState.UNVERIFIED, target.status.unproved)
    elif target.report.completed:
        target.status = target.status.ended(MigrationState.COMPLETED)
    else:
        state = MigrationState.PARTIAL if target.usable_version else MigrationState.FAILED
        target.status = target.status.ended(state, target.report.explain())


def find_image(run: MigrationRun) -> Orchestration[ManagedImage | None]:
    """Reads the image, and a missing one once more: a stale cache of Azure answers 404, too.

    Waits a while for its creation time, and goes on without it.
    """
    image = yield from read_image(run)
    if image is None:
        yield from sleep(run.context, SECONDS_BEFORE_SECOND_LOOK)
        image = yield from read_image(run)
    for _ in range(MOST_LOOKS_FOR_AGE):
        if image is None or image.created_at is not None:
            break
        reason = f"Azure's list of resources does not have {image.id.name} yet, and so not its creation time"
        yield from wait(run, reason, SECONDS_BETWEEN_LOOKS_FOR_AGE)
        image = yield from read_image(run)
    return image


def wait(run: MigrationRun, reason: str, seconds: float) -> Orchestration[None]:
    """Waits on a durable timer, and shows why."""
    until = run.context.current_utc_datetime + timedelta(seconds=seconds)
    run.show_waiting(CurrentWait(reason=reason, until=until))
    yield from sleep(run.context, seconds)
    run.show_waiting(None)


def settled_plan(
    run: MigrationRun, request: MigrationRequest, image: ManagedImage
) -> Orchestration[tuple[ManagedImage, MigrationPlan]]:
    """Plans the migration. Returns the plan, and the image that it is for.

    If only the image's listed creation time tells it apart from a version with the same content, the time may be wrong:
    then the image is read again, until two reads agree.
    """
    plan = yield from make_plan(run, request, image)
    for _ in range(MOST_READS_TO_SETTLE):
        if not plan.apart_by_time:
            break
        reason = (
            f"a version has the same disks: is {image.id.name} still listed as created {image.created_at}?"
        )
        yield from wait(run, reason, SETTLING_SECONDS)
        again = yield from read_image(run)
        if again is None or (again.fingerprint, again.created_at) == (image.fingerprint, image.created_at):
            break
        image = again
        plan = yield from make_plan(run, request, image)
    return image, plan


def read_image(run: MigrationRun) -> Orchestration[ManagedImage | None]:
    """Reads the image; None if there is none."""
    query = ImageRequest(image=run.status.image)
    return (
        yield from call_activity(run.context, names.GET_MANAGED_IMAGE, query, ManagedImage, run.show_waiting)
    )


def make_plan(
    run: MigrationRun, request: MigrationRequest, image: ManagedImage
) -> Orchestration[MigrationPlan]:
    """Decides what is done with the image, from the policy and what the galleries hold. Writes nothing."""
    query = PlanRequest(
        image=image,
        started_by=request.started_by,
        overrides=request.overrides,
        now=run.context.current_utc_datetime,
    )
    plan = yield from call_activity(run.context, names.PLAN_MIGRATION, query, MigrationPlan, run.show_waiting)
    run.status.rule = plan.rule
    run.status.fingerprint = plan.fingerprint
    run.status.warnings = plan.warnings
    return plan


def was_replaced(run: MigrationRun, image: ManagedImage, started_at: datetime) -> Orchestration[bool]:
    """Whether there is another image of the same name now: with other content, or created since this run started.

    A creation time that was only corrected is older than this run. If the image cannot be read, or is gone, assume not:
    this check must not fail a finished migration.
    """
    try:
        current = yield from read_image(run)
    except StepFailedError:
        return False
    if current is None:
        return False
    created_again = (
        current.created_at is not None
        and current.created_at != image.created_at
        and current.created_at > started_at
    )
    return current.fingerprint != image.fingerprint or created_again
