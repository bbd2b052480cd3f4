"""How often interrupted orchestrations were continued: one entity for all. Only the timer writes it."""

import azure.durable_functions as df

from domain import names
from domain.fleet.interruptions import Interruptions

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.INTERRUPTIONS)
def interruptions(context: df.DurableEntityContext) -> None:
    """Keeps the `Interruptions` that the operation `keep` brings."""
    if context.operation_name == names.KEEP:
        context.set_state(Interruptions.model_validate(context.get_input()).model_dump(mode="json"))
