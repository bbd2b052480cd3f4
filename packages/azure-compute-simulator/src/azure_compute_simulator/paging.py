"""Lists as ARM returns them: whole, or in pages with links."""

from urllib.parse import quote, urlencode

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import InvalidParameterError
from azure_compute_simulator.models.resources import Json


def paged(
    request: ArmRequest, documents: list[Json], *, by_gateway: bool = False, largest: int | None = None
) -> ArmResponse:
    """Returns the whole list or one page with a link to the next: the switch `page_size` and `largest` limit a page."""
    size = min((limit for limit in (request.azure.switches.page_size, largest) if limit), default=None)
    if size is None:
        return ArmResponse(200, {"value": documents}, by_gateway=by_gateway)
    start = _start(request)
    body: Json = {"value": documents[start : start + size]}
    if start + size < len(documents):
        query = urlencode(dict(request.query) | {"$skiptoken": start + size}, safe="$")
        body["nextLink"] = f"{request.origin}{quote(request.path)}?{query}"
    return ArmResponse(200, body, by_gateway=by_gateway)


def _start(request: ArmRequest) -> int:
    token = request.query.get("$skiptoken", "0")
    if not token.isdecimal():
        raise InvalidParameterError(f"The skip token '{token}' is invalid.", target="$skiptoken")
    return int(token)
