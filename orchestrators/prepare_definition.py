"""Makes sure that every target gallery has its image definition."""

from collections.abc import Sequence

import azure.durable_functions as df

from domain import names
from domain.migration.states import MigrationState
from domain.migration.target import PlannedTarget
from domain.resources.galleries import ImageDefinition
from orchestrators.run.activity_calls import OnWait, Orchestration, StepFailedError, call_activity
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.steps import Step

blueprint = df.Blueprint()


def prepare_definitions(run: MigrationRun, targets: Sequence[PlannedTarget]) -> Orchestration[bool]:
    """Creates the image definitions that are missing; returns whether they are as planned.

    One that exists is never changed, nor read once more. One that was made meanwhile may not be what the plan wants.

    Raises:
        StepFailedError: one of the definitions cannot be created.
    """
    for target in targets:
        target.move(MigrationState.PREPARING)
    missing = [target for target in targets if not target.plan.definition_is_ready]
    if not missing:
        return True
    results = yield from STEP.for_each(run, missing, [target.plan.definition for target in missing])
    for result in results:
        if result.failure is not None:
            raise StepFailedError(result.failure)
    return all(
        result.value is not None and target.plan.is_its_definition(result.value)
        for target, result in zip(missing, results, strict=True)
    )


@blueprint.orchestration_trigger(context_name="context", orchestration=names.PREPARE_DEFINITION)
def prepare_definition(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Ensures one image definition; the input is the `ImageDefinition`, the output a `StepResult` with it."""
    return (yield from STEP.as_child(context))


def _prepare(
    context: df.DurableOrchestrationContext, definition: ImageDefinition, on_wait: OnWait
) -> Orchestration[ImageDefinition]:
    return (
        yield from call_activity(context, names.ENSURE_IMAGE_DEFINITION, definition, ImageDefinition, on_wait)
    )


STEP = Step(names.PREPARE_DEFINITION, ImageDefinition, ImageDefinition, _prepare)
