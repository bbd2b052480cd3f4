"""The story of one managed image: find, plan, prepare, publish, replicate, end.

Every step is a function of its own file. What the steps share is in `orchestrators.run`.
"""

from collections.abc import Sequence

import azure.durable_functions as df

from domain import names
from domain.migration.messages import ImageRequest, MigrationRequest
from domain.migration.publishing import Source
from domain.migration.states import MigrationState
from domain.migration.status import End
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.resources.images import ManagedImage
from orchestrators.prepare_definition import prepare_definitions
from orchestrators.publish_version import publish_versions
from orchestrators.replicate_version import replicate_versions
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.target import PlannedTarget, Target

blueprint = df.Blueprint()

SECOND_LOOK_SECONDS = 30


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_IMAGE)
def migrate_image(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Migrates the image of the `MigrationRequest`; custom status and output are a `MigrationStatus`."""
    request = MigrationRequest.model_validate(context.get_input())
    run = MigrationRun(context, request)
    run.start()
    image = None
    try:
        image = yield from find_image(run)
        if image is None:
            return run.end(End(MigrationState.SKIPPED, "the managed image does not exist"))
        end = yield from migrate(run, request, image)
    except StepFailedError as error:
        end = End.of_failure(error.failure)
    if image is not None and (yield from was_replaced(run, image)):
        # events that arrived during this run were answered by this run: start over with the new image
        context.continue_as_new(context.get_input())
        return None
    return run.end(end)


def migrate(run: MigrationRun, request: MigrationRequest, image: ManagedImage) -> Orchestration[End]:
    """Plans, prepares the definitions, and makes the versions: first one gallery's, then the others'."""
    plan = yield from make_plan(run, request, image)
    if plan.outcome != "migrate":
        return declined(plan)

    targets = [PlannedTarget.of(target, plan.pace) for target in plan.targets]
    first, *copies = targets
    run.move(MigrationState.PREPARING)
    yield from prepare_definitions(run, targets)
    source = Source(image=image, wanted_version=request.overrides.version)
    yield from make_versions(run, [first], source)
    if copies and first.is_usable and first.status.version_id:
        # Azure builds one version per managed image at a time (documented), so the others copy the first one
        yield from make_versions(run, copies, source.copied_from(first.status.version_id))
    return End.of_targets([target.status for target in targets])


def make_versions(run: MigrationRun, targets: Sequence[PlannedTarget], source: Source) -> Orchestration[None]:
    """Publishes and replicates the versions of these targets side by side, and ends each target."""
    run.move(MigrationState.PUBLISHING)
    yield from publish_versions(run, targets, source)
    run.move(MigrationState.REPLICATING)
    yield from replicate_versions(run, targets)
    # `verify` goes here: it boots a machine from each replicated version before the target completes
    for target in targets:
        conclude(target)
    run.show_targets(targets)


def conclude(target: Target) -> None:
    """Ends a target: completed if every region has its version, partial if some have, otherwise failed."""
    if target.report is None:
        target.status = target.status.ended(MigrationState.FAILED, target.failure)
    elif target.report.completed:
        target.status = target.status.ended(MigrationState.COMPLETED)
    else:
        state = MigrationState.PARTIAL if target.is_usable else MigrationState.FAILED
        target.status = target.status.ended(state, target.report.explain())


def find_image(run: MigrationRun) -> Orchestration[ManagedImage | None]:
    """Reads the image. A missing one is looked for once more, since a stale cache answers 404 too."""
    image = yield from read_image(run)
    if image is None:
        yield from sleep(run.context, SECOND_LOOK_SECONDS)
        image = yield from read_image(run)
    return image


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
    run.status.rule, run.status.fingerprint, run.status.warnings = plan.rule, plan.fingerprint, plan.warnings
    return plan


def declined(plan: MigrationPlan) -> End:
    """The end of a migration that the policy ignores, or that a failed check blocks."""
    state = MigrationState.SKIPPED if plan.outcome == "skipped" else MigrationState.BLOCKED
    return End(state, plan.reason, plan.fix)


def was_replaced(run: MigrationRun, image: ManagedImage) -> Orchestration[bool]:
    """Whether the image's name now stands for other content.

    If that cannot be read, assume not: this check must not fail a finished migration.
    """
    try:
        current = yield from read_image(run)
    except StepFailedError:
        return False
    return current is not None and current.fingerprint != image.fingerprint
