"""The version ledger: one entity per image definition, so that no two images get the same number."""

import azure.durable_functions as df

from domain import names
from domain.planning.numbering import Reservation, Reserved, reserve

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=names.VERSION_LEDGER)
def version_ledger(context: df.DurableEntityContext) -> None:
    """Reserves one number at a time. The state is `{holder: "Major.Minor.Patch"}`."""
    numbers: dict[str, str] = context.get_state(dict)
    if context.operation_name != names.RESERVE:
        context.set_result(Reserved(refused=f"unknown operation '{context.operation_name}'").model_dump())
        return
    reserved, numbers = reserve(numbers, Reservation.model_validate(context.get_input()))
    context.set_state(numbers)
    context.set_result(reserved.model_dump(mode="json"))
