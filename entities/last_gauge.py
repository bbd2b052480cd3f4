"""The last gauge: one entity for all. Only the timer writes it."""

import azure.durable_functions as df

from domain import names
from domain.fleet.gauge import Gauge

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.LAST_GAUGE)
def last_gauge(context: df.DurableEntityContext) -> None:
    """Keeps the `Gauge` that the operation `keep` brings."""
    if context.operation_name == names.KEEP:
        context.set_state(Gauge.model_validate(context.get_input()).model_dump(mode="json"))
