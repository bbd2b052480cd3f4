"""Which URL is answered by which response; paths of ARM match without regard to the case of their fixed segments."""

from collections.abc import Callable
from functools import partial

from werkzeug.routing import Map, Rule

from local.simulator import responses
from local.simulator.calls import Answer, Call

Response = Callable[[Call], Answer]

_SUBSCRIPTION = "/subscriptions/<subscription>"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/<group>"
_COMPUTE = "/providers/Microsoft.Compute"
_OPERATIONS = f"{_SUBSCRIPTION}{_COMPUTE}/locations/<location>"

COMPUTE_TYPES = ("images", "galleries", "galleries/images", "galleries/images/versions")

_ARM_RESPONSES: dict[str, Response] = {
    "/subscriptions": responses.subscriptions,
    "/tenants": responses.tenants,
    _SUBSCRIPTION: responses.subscription,
    f"{_SUBSCRIPTION}/locations": responses.locations,
    f"{_SUBSCRIPTION}/resourceGroups": responses.resource_groups,
    f"{_SUBSCRIPTION}/resources": responses.resources,
    _GROUP: responses.resource_group,
    f"{_GROUP}/resources": responses.resources,
    f"{_OPERATIONS}/operations/<operation>": responses.operation_status,
    f"{_OPERATIONS}/capsOperations/<operation>": responses.operation_status,
}
_FIXED_SEGMENTS = {
    segment.lower(): segment
    for segment in (
        *(part for path in _ARM_RESPONSES for part in path.split("/") if not part.startswith("<")),
        *(part for type_ in COMPUTE_TYPES for part in type_.split("/")),
    )
}


def _rules() -> list[Rule]:
    rules = [Rule(path, endpoint=(None, response)) for path, response in _ARM_RESPONSES.items()]
    for type_ in COMPUTE_TYPES:
        segments = type_.split("/")
        parents = "".join(f"/{segment}/<name{level}>" for level, segment in enumerate(segments[:-1]))
        collection = f"{_GROUP}{_COMPUTE}{parents}/{segments[-1]}"
        full_type = f"Microsoft.Compute/{type_}"
        one, many = (
            partial(responses.item, type_=full_type),
            partial(responses.list_in_parent, type_=full_type),
        )
        rules.append(Rule(f"{collection}/<name{len(segments) - 1}>", endpoint=(type_, one)))
        rules.append(Rule(collection, endpoint=(type_, many)))
        if not parents:
            everywhere = partial(responses.list_in_subscription, type_=full_type)
            rules.append(Rule(f"{_SUBSCRIPTION}{_COMPUTE}/{type_}", endpoint=(type_, everywhere)))
    return rules


ARM_MAP = Map(_rules(), strict_slashes=False, merge_slashes=False)


def canonical_path(path: str) -> str:
    """The path with its fixed segments in the case of the routes; names keep theirs.

    In ARM paths every other segment is fixed, and so is the namespace after `providers`.
    """
    segments = path.split("/")
    for index, segment in enumerate(segments):
        if index % 2 == 1 or segments[index - 1].lower() == "providers":
            segments[index] = _FIXED_SEGMENTS.get(segment.lower(), segment)
    return "/".join(segments)
