"""One managed image, from what it is to a version that every target region of every target gallery has."""

import azure.durable_functions as df

from domain import names
from domain.migration.messages import ImageRequest, MigrationRequest
from domain.migration.results import Answer
from domain.migration.states import MigrationState
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.resources.galleries import ImageDefinition
from domain.resources.images import ManagedImage
from orchestrators.progress import End, Progress
from orchestrators.steps import StepFailedError, Steps, ask, sleep
from orchestrators.targets import Targets

blueprint = df.Blueprint()

SECOND_LOOK_SECONDS = 30


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_IMAGE)
def migrate_image(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Migrate the image of the `MigrationRequest`; custom status and output are a `MigrationStatus`."""
    request = MigrationRequest.model_validate(context.get_input())
    progress = Progress(context, request)
    image = None
    try:
        image = yield from _find_image(context, request, progress)
        if image is None:
            progress.move(MigrationState.SKIPPED, reason="the managed image does not exist (any more)")
            return progress.output()
        end = yield from _migrate(context, request, image, progress)
    except StepFailedError as error:
        end = End.of_failure(error.failure)
    changed = image is not None and (yield from _changed_meanwhile(context, request, image, progress))
    if changed:
        # events that came while this ran were taken as done: begin again with the image as it is now
        context.continue_as_new(context.get_input())
        return None
    progress.move(end.state, **end.told)
    return progress.output()


def _get_image(
    context: df.DurableOrchestrationContext, request: MigrationRequest, progress: Progress
) -> Steps[ManagedImage | None]:
    asked = ImageRequest(image=request.image)
    return (yield from ask(context, names.GET_MANAGED_IMAGE, asked, ManagedImage, progress.show_waiting))


def _find_image(
    context: df.DurableOrchestrationContext, request: MigrationRequest, progress: Progress
) -> Steps[ManagedImage | None]:
    """The image; one that seems to be missing is looked for once more, for a stale cache answers 404 too."""
    image = yield from _get_image(context, request, progress)
    if image is not None:
        return image
    yield from sleep(context, SECOND_LOOK_SECONDS)
    return (yield from _get_image(context, request, progress))


def _changed_meanwhile(
    context: df.DurableOrchestrationContext,
    request: MigrationRequest,
    image: ManagedImage,
    progress: Progress,
) -> Steps[bool]:
    """Whether the name stands for another content by now; not knowing is no reason to spoil what was done."""
    try:
        now = yield from _get_image(context, request, progress)
    except StepFailedError:
        return False
    return now is not None and now.fingerprint != image.fingerprint


def _migrate(
    context: df.DurableOrchestrationContext,
    request: MigrationRequest,
    image: ManagedImage,
    progress: Progress,
) -> Steps[End]:
    asked = PlanRequest(
        image=image,
        started_by=request.started_by,
        overrides=request.overrides,
        now=context.current_utc_datetime,
    )
    plan = yield from ask(context, names.PLAN_MIGRATION, asked, MigrationPlan, progress.show_waiting)
    told = {"rule": plan.rule, "fingerprint": plan.fingerprint, "warnings": plan.warnings}
    if plan.outcome != "migrate":
        state = MigrationState.SKIPPED if plan.outcome == "skipped" else MigrationState.BLOCKED
        return End(state, {"reason": plan.reason, "fix": plan.fix, **told})
    preparers = progress.step_ids("prepare", range(len(plan.targets)))
    progress.move(MigrationState.PREPARING, works=preparers, **told)
    yield from _prepare_definitions(context, plan, preparers)
    targets = Targets(context, request, image, plan, progress)
    first, *others = range(len(plan.targets))
    yield from targets.publish([first])
    done = targets.shown()[first]
    if others and done is not None and done.state in (MigrationState.COMPLETED, MigrationState.PARTIAL):
        # one build per managed image at a time (documented): the others copy the version that is there now
        yield from targets.publish(others, copy_of=done)
    return End.of_targets(targets.shown())


def _prepare_definitions(
    context: df.DurableOrchestrationContext, plan: MigrationPlan, preparers: list[str]
) -> Steps[None]:
    replies = yield context.task_all(
        [
            context.call_sub_orchestrator(
                names.PREPARE_DEFINITION, target.definition.model_dump(mode="json"), instance_id
            )
            for target, instance_id in zip(plan.targets, preparers, strict=True)
        ]
    )
    for reply in replies:
        answer = Answer[ImageDefinition].model_validate(reply)
        if answer.failure is not None:
            raise StepFailedError(answer.failure)
