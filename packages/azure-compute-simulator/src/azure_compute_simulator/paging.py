"""Lists: whole, or in pages with links as ARM makes them."""

from urllib.parse import quote, urlencode

from azure_compute_simulator.calls import Answer, Call
from azure_compute_simulator.errors import InvalidParameterError
from azure_compute_simulator.models.resources import Json


def paged(call: Call, documents: list[Json], *, by_gateway: bool = False) -> Answer:
    """A list, or with the switch `page_size` a page of it with a link to the next."""
    size = call.azure.switches.page_size
    if not size:
        return Answer(200, {"value": documents}, by_gateway=by_gateway)
    start = _start(call)
    body: Json = {"value": documents[start : start + size]}
    if start + size < len(documents):
        query = urlencode(dict(call.query) | {"$skiptoken": start + size}, safe="$")
        body["nextLink"] = f"{call.origin}{quote(call.path)}?{query}"
    return Answer(200, body, by_gateway=by_gateway)


def _start(call: Call) -> int:
    token = call.query.get("$skiptoken", "0")
    if not token.isdecimal():
        raise InvalidParameterError(f"The skip token '{token}' is invalid.", target="$skiptoken")
    return int(token)
