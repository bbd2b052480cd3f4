"""How long versions of a definition took to replicate: one entity per definition. Only migrations write it."""

import azure.durable_functions as df

from domain import names
from domain.migration.durations import Duration, Durations

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.DEFINITION_DURATIONS)
def definition_durations(context: df.DurableEntityContext) -> None:
    """Adds the `Duration` that the operation `note_duration` brings. What this release cannot read is forgotten."""
    if context.operation_name == names.NOTE_DURATION:
        duration = Duration.model_validate(context.get_input())
        durations = Durations.read(context.get_state())
        context.set_state(durations.after(duration).model_dump(mode="json"))
