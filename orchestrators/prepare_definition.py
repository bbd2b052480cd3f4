"""Makes sure that one gallery has the image definition, waiting where the service asks for time."""

import azure.durable_functions as df

from domain import names
from domain.migration.results import Answer
from domain.resources.galleries import ImageDefinition
from orchestrators.steps import StepFailedError, Steps, ask, shown_as_custom_status

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.PREPARE_DEFINITION)
def prepare_definition(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Ensure the definition given as input; returns an `Answer` with the definition as it is, or the failure.

    The failure is a value: several of these run side by side, and one that raised would take the others' results.
    """
    wanted = ImageDefinition.model_validate(context.get_input())
    try:
        definition = yield from ask(
            context,
            names.ENSURE_IMAGE_DEFINITION,
            wanted,
            ImageDefinition,
            shown_as_custom_status(context),
        )
    except StepFailedError as error:
        return Answer[ImageDefinition](failure=error.failure).model_dump(mode="json")
    return Answer[ImageDefinition](value=definition).model_dump(mode="json")
