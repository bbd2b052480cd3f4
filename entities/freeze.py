"""Whether deletions are stopped: one entity for all."""

import azure.durable_functions as df

from domain import names
from domain.records.freeze import Freeze

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.FREEZE)
def freeze(context: df.DurableEntityContext) -> None:
    """Keeps the `Freeze` that the operation `keep` brings."""
    if context.operation_name == names.KEEP:
        context.set_state(Freeze.model_validate(context.get_input()).model_dump(mode="json"))
