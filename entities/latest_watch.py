"""What `latest` resolved to at the last watch: one entity for all promoted definitions. Only the timer writes it."""

import azure.durable_functions as df

from domain import names
from domain.promotion.watch import KnownLatest

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.LATEST_WATCH)
def latest_watch(context: df.DurableEntityContext) -> None:
    """Keeps the `KnownLatest` that the operation `keep` brings."""
    if context.operation_name == names.KEEP:
        context.set_state(KnownLatest.model_validate(context.get_input()).model_dump(mode="json"))
