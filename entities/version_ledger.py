"""The version ledger: one entity per image definition, so that no two images ever get one number."""

import azure.durable_functions as df

from domain import contracts
from domain.contracts import Reservation, Reserved
from domain.versions import Version, next_version

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context", entity_name=contracts.VERSION_LEDGER)
def version_ledger(context: df.DurableEntityContext) -> None:
    """Hand out one number at a time; the state is `{holder: "Major.Minor.Patch"}`."""
    numbers: dict[str, str] = context.get_state(dict)
    if context.operation_name != contracts.RESERVE:
        context.set_result(Reserved(refused=f"unknown operation '{context.operation_name}'").model_dump())
        return
    reserved, numbers = reserve(numbers, Reservation.model_validate(context.get_input()))
    context.set_state(numbers)
    context.set_result(reserved.model_dump(mode="json"))


def reserve(numbers: dict[str, str], request: Reservation) -> tuple[Reserved, dict[str, str]]:
    """The number for this holder, and the ledger with it in.

    The same holder always gets the same number back, unless the gallery shows that another source has it by now.
    A number that the gallery already shows for this content (`held`) is the holder's, whatever the ledger says:
    the gallery is what survives the task hub.
    """
    others = {number for holder, number in numbers.items() if holder != request.holder}
    taken = {Version.parse(number) for number in others | set(request.taken)}
    refused = _refusal(request, taken)
    if refused is not None:
        return Reserved(refused=refused), numbers
    number = (
        request.held or request.wanted or _free_number(numbers.get(request.holder), request.preferred, taken)
    )
    return Reserved(version=number), {**numbers, request.holder: number}


def _refusal(request: Reservation, taken: set[Version]) -> str | None:
    if request.wanted is None:
        return None
    if request.held is not None and request.held != request.wanted:
        return f"the image is already version {request.held}"
    if request.held is None and Version.parse(request.wanted) in taken:
        return f"version {request.wanted} belongs to another image"
    return None


def _free_number(mine: str | None, preferred: str | None, taken: set[Version]) -> str:
    """The holder's own number if it is still free, else the first gallery's, so that galleries stay in step."""
    for number in (mine, preferred):
        if number is not None and Version.parse(number) not in taken:
            return number
    return str(next_version(taken))
