"""Whether the hints of a gallery came in time: one entity per gallery. Only migrations write it."""

import azure.durable_functions as df

from domain import names
from domain.migration.hints import HintOutcome, HintRecord

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.GALLERY_HINTS)
def gallery_hints(context: df.DurableEntityContext) -> None:
    """Adds the `HintOutcome` that the operation `note` brings. What this release cannot read is forgotten."""
    if context.operation_name == names.NOTE:
        outcome = HintOutcome.model_validate(context.get_input())
        record = HintRecord.read(context.get_state())
        context.set_state(record.after(outcome.hit).model_dump(mode="json"))
