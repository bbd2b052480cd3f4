"""Migrates one managed image into the galleries that the policy names.

plan -> prepare the definitions -> first gallery -> other galleries -> end

For each gallery: publish the version -> replicate it -> prove it -> decide how the target ends. If the image was
replaced meanwhile, the migration starts over. Preparing, publishing, replicating and verifying have files of their own.
"""

from datetime import datetime, timedelta

import azure.durable_functions as df

from domain import names
from domain.fleet.hand_over import HandedOver, HandOver
from domain.migration.messages import ImageRequest, MigrationRequest, PlannedImage, PlanQuery
from domain.migration.publishing import Source
from domain.migration.states import MigrationState
from domain.migration.status import End
from domain.migration.target import Journey
from domain.resources.images import ManagedImage
from domain.results import CurrentWait
from orchestrators.prepare_definition import prepare_definitions
from orchestrators.publish_version import publish_versions
from orchestrators.replicate_versions import begin_watches, look
from orchestrators.run.activity_calls import Call, Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.migration_records import announce_end, record_versions
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.started import started_at
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
    """Migrates the image of the `MigrationRequest`; returns its `MigrationStatus`, and shows it as custom status.

    While versions replicate, each look at them is an execution of its own.
    """
    request = MigrationRequest.model_validate(context.get_input())
    request.started_at = started_at(context, request)
    journey = request.journey or Journey(begun_at=context.current_utc_datetime)
    run = MigrationRun(context, request, journey.status)
    try:
        end = yield from go_on(run, request, journey)
    except StepFailedError as error:
        end = End.of_failure(error.failure)
    if end is None:
        journey.status, request.journey = run.status, journey
        context.continue_as_new(request.model_dump(mode="json"))
        return None
    if journey.image is not None and (yield from close(run, journey, journey.image)):
        # The new image's event found this run and started nothing, so this run migrates the new image, too.
        # Versions of the old image stay.
        request.journey = None
        context.continue_as_new(request.model_dump(mode="json"))
        return None
    if journey.image is not None and journey.plan is not None:
        yield from announce_end(run, end, journey.begun_at, journey.plan.notify)
        if journey.plan.is_followed:
            yield from start_what_follows(run, journey.image, end)
    return run.end(end)


def go_on(run: MigrationRun, request: MigrationRequest, journey: Journey) -> Orchestration[End | None]:
    """Takes the migration as far as one execution goes; returns how it ends, None if it goes on."""
    if journey.plan is None:
        run.start()
        declined = yield from begin(run, request, journey)
        if declined is not None:
            return declined
        yield from publish(run, request, journey)
    if not (yield from look(run, journey.begun)):
        return None
    yield from settle_targets(run, journey)
    if not journey.others_begun and len(journey.targets) > 1 and journey.targets[0].usable_version:
        journey.others_begun = True
        yield from publish(run, request, journey)
        return None
    # others that were not begun, because the first gallery has nothing to copy, count as failed
    return End.of_targets([target.status for target in journey.targets])


def begin(run: MigrationRun, request: MigrationRequest, journey: Journey) -> Orchestration[End | None]:
    """Finds and plans the image and prepares its definitions; returns the end if there is nothing to publish."""
    planned = yield from find_image(run, request)
    if planned.image is None:
        return End(MigrationState.SKIPPED, "the managed image does not exist")
    planned = yield from settled_plan(run, request, planned)
    declined = take_plan(run, journey, planned)
    if declined is not None:
        return declined
    run.move(MigrationState.PREPARING)
    if (yield from prepare(run, journey)):
        return None
    # what the plan knew of the gallery has changed meanwhile
    again = yield from plan_image(run, request, undated=True, fresh=True)
    if again.plan is not None:
        declined = take_plan(run, journey, again)
    if declined is None:
        yield from prepare_definitions(run, journey.targets)
    return declined


def prepare(run: MigrationRun, journey: Journey) -> Orchestration[bool]:
    """Prepares the definitions; returns whether they are as planned."""
    try:
        return (yield from prepare_definitions(run, journey.targets))
    except StepFailedError:
        return False


def take_plan(run: MigrationRun, journey: Journey, planned: PlannedImage) -> End | None:
    """Takes a plan in; returns the end if it declines the image."""
    plan = planned.plan
    assert plan is not None  # noqa: S101 # the image is there
    journey.image = planned.image
    journey.planned(plan, planned.memories)
    run.status.rule, run.status.fingerprint, run.status.warnings = plan.rule, plan.fingerprint, plan.warnings
    return None if plan.outcome == "migrate" else End(_DECLINED[plan.outcome], plan.reason, plan.fix)


def publish(run: MigrationRun, request: MigrationRequest, journey: Journey) -> Orchestration[None]:
    """Begins the versions that are next, side by side: the first one from the image, the others as its copies."""
    assert journey.image is not None  # noqa: S101 # there is a plan for it
    overrides = request.overrides
    source = Source(image=journey.image, wanted_version=overrides.version, facts=overrides.facts)
    first = journey.targets[0].usable_version
    if journey.others_begun and first:
        source = source.copied_from(first)
    run.move(MigrationState.PUBLISHING)
    yield from publish_versions(run, journey.begun, source)
    run.move(MigrationState.REPLICATING)
    begin_watches(run, journey.begun, batch_looks=request.batch_looks)


def settle_targets(run: MigrationRun, journey: Journey) -> Orchestration[None]:
    """Proves the versions that are where they should be, and decides how each target ends."""
    assert journey.plan is not None  # noqa: S101 # it came before the versions
    targets = journey.begun
    yield from verify_versions(run, targets, journey.plan.verification, journey.plan.notify)
    for target in targets:
        target.end()
    run.show_targets(targets)


def start_what_follows(run: MigrationRun, image: ManagedImage, end: End) -> Orchestration[None]:
    """Starts promotions and a retirement, which live on their own. A failure to do so is a warning."""
    request = HandOver(migration=run.context.instance_id, image=image, status=run.status.ended(end))
    try:
        handed = yield from call_activity(run.context, names.HAND_OVER, request, HandedOver, run.show_waiting)
    except StepFailedError as error:
        handed = HandedOver(warnings=[f"nothing was promoted or retired: {error.failure.message}"])
    run.status.warnings = [*run.status.warnings, *handed.warnings]
    run.status.followed_by = handed.started


def find_image(run: MigrationRun, request: MigrationRequest) -> Orchestration[PlannedImage]:
    """Reads and plans the image, and reads a missing one once more: a stale cache of Azure answers 404, too.

    Waits a while for its creation time, and goes on without it.
    """
    planned = yield from plan_image(run, request)
    if planned.image is None:
        yield from sleep(run.context, SECONDS_BEFORE_SECOND_LOOK)
        planned = yield from plan_image(run, request)
    for left in reversed(range(MOST_LOOKS_FOR_AGE)):
        if planned.image is None or planned.plan is not None:
            break
        reason = f"Azure's list of resources does not have {planned.image.id.name} yet, and so not its creation time"
        yield from wait(run, reason, SECONDS_BETWEEN_LOOKS_FOR_AGE)
        planned = yield from plan_image(run, request, undated=not left)
    return planned


def wait(run: MigrationRun, reason: str, seconds: float) -> Orchestration[None]:
    """Waits on a durable timer, and shows why."""
    until = run.context.current_utc_datetime + timedelta(seconds=seconds)
    run.show_waiting(CurrentWait(reason=reason, until=until))
    yield from sleep(run.context, seconds)
    run.show_waiting(None)


def settled_plan(
    run: MigrationRun, request: MigrationRequest, planned: PlannedImage
) -> Orchestration[PlannedImage]:
    """Returns the plan, and the image that it is for.

    If only the image's listed creation time tells it apart from a version with the same content, the time may be wrong:
    then the image is read again, until two reads agree.
    """
    for _ in range(MOST_READS_TO_SETTLE):
        image = planned.image
        if image is None or planned.plan is None or not planned.plan.apart_by_time:
            break
        reason = (
            f"a version has the same disks: is {image.id.name} still listed as created {image.created_at}?"
        )
        yield from wait(run, reason, SETTLING_SECONDS)
        again = yield from plan_image(run, request, undated=True)
        if again.image is None or again.plan is None:
            break
        planned = again
        if (again.image.fingerprint, again.image.created_at) == (image.fingerprint, image.created_at):
            break
    return planned


def plan_image(
    run: MigrationRun, request: MigrationRequest, *, undated: bool = False, fresh: bool = False
) -> Orchestration[PlannedImage]:
    """Reads the image, and decides what is done with it from the policy and what the galleries hold."""
    query = PlanQuery(
        image=request.image,
        started_by=request.started_by,
        overrides=request.overrides,
        now=run.context.current_utc_datetime,
        undated=undated,
        fresh=fresh,
    )
    return (
        yield from call_activity(run.context, names.PLAN_MIGRATION, query, PlannedImage, run.show_waiting)
    )


def close(run: MigrationRun, journey: Journey, image: ManagedImage) -> Orchestration[bool]:
    """Stores the records of the versions, and looks at the image beside; returns whether there is another one now.

    If the image cannot be read, or is gone, assume not: this check must not fail a finished migration.
    """
    looked = Call(names.GET_MANAGED_IMAGE, ImageRequest(image=run.status.image), ManagedImage)
    checks = journey.plan.checks if journey.plan else []
    seen = yield from record_versions(run, journey.begun_at, checks, beside=looked)
    try:
        current = yield from call_activity(run.context, *looked, run.show_waiting, first=seen)
    except StepFailedError:
        return False
    return current is not None and is_another(current, image, journey.begun_at)


def is_another(current: ManagedImage, image: ManagedImage, started_at: datetime) -> bool:
    """Whether the image of the same name has other content, or was created since the run started.

    A creation time that was only corrected is older than the run.
    """
    created_again = (
        current.created_at is not None
        and current.created_at != image.created_at
        and current.created_at > started_at
    )
    return current.fingerprint != image.fingerprint or created_again
