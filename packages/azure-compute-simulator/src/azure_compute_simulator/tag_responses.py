"""The tags API: `Microsoft.Resources/tags/default` at a resource, as the portal and `az tag` use it (documented)."""

from collections.abc import Callable, Mapping
from typing import Any

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import HttpMethodNotSupportedError, InvalidRequestContentError
from azure_compute_simulator.models.resource_type import ResourceType
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId

# the documented limits: "Use tags to organize your Azure resources"
_MOST_TAGS = 50
_LONGEST_NAME = 512
_LONGEST_VALUE = 256

Tags = dict[str, str]


def tags(request: ArmRequest, type_: str) -> ArmResponse:
    """GET, PUT, PATCH and DELETE of the tags of a resource. A write is answered while the resource still updates."""
    resource_type = request.types.get(type_)
    resource = _resource(request, resource_type)
    if request.method == "GET":
        return _answer(resource)
    if request.method not in _WRITES:
        raise HttpMethodNotSupportedError(f"The HTTP method '{request.method}' is not supported for tags.")
    wanted = _WRITES[request.method](dict(resource.tags or {}), request.body)
    if len(wanted) > _MOST_TAGS:
        raise InvalidRequestContentError(
            f"The resource '{resource.id}' would have {len(wanted)} tags; it can have at most {_MOST_TAGS}."
        )
    resource_type.set_tags(resource, wanted, request.principal)
    return ArmResponse(200, by_gateway=True) if request.method == "DELETE" else _answer(resource)


def _resource(request: ArmRequest, resource_type: ResourceType) -> Resource:
    group = request.azure.group(request.values["subscription"], request.values["group"])
    resource_id = ResourceId(group.subscription, group.name, resource_type.type, request.names)
    resource_type.check_parent(resource_id, "read")
    return request.azure.get(resource_id)


def _answer(resource: Resource) -> ArmResponse:
    document = {
        "id": f"{resource.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": dict(resource.tags or {})},
    }
    return ArmResponse(200, document, by_gateway=True)


def _replaced(_before: Tags, body: Json) -> Tags:
    return _sent(body)


def _patched(before: Tags, body: Json) -> Tags:
    operation = body.get("operation")
    change = _OPERATIONS.get(operation) if isinstance(operation, str) else None
    if change is None:
        raise InvalidRequestContentError(
            f"The operation '{operation}' of the request is none of {', '.join(_OPERATIONS)}."
        )
    return change(before, _sent(body))


def _merged(before: Tags, sent: Tags) -> Tags:
    """A name matches in any case, and keeps the case that it has (that it does is inferred)."""
    known = {name.lower(): name for name in before}
    return before | {known.get(name.lower(), name): value for name, value in sent.items()}


def _without(before: Tags, sent: Tags) -> Tags:
    """Deletes by name, and where a value was sent by name and value (documented). Values differ by case."""
    unwanted = {name.lower(): value for name, value in sent.items()}
    return {
        name: value
        for name, value in before.items()
        if name.lower() not in unwanted or unwanted[name.lower()] not in ("", value)
    }


def _sent(body: Json) -> Tags:
    """The tags of a body. The texts of the refusals are inferred."""
    properties = body.get("properties")
    found: Any = properties.get("tags") if isinstance(properties, dict) else None
    if not isinstance(found, dict):
        raise InvalidRequestContentError("The request content was invalid: it has no 'properties.tags'.")
    for name, value in found.items():
        if not isinstance(value, str) or len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE:
            raise InvalidRequestContentError(
                f"The tag '{name[:_LONGEST_NAME]}' is invalid: a name has at most {_LONGEST_NAME} characters, a value "
                f"is a string of at most {_LONGEST_VALUE}."
            )
    if len({name.lower() for name in found}) < len(found):
        raise InvalidRequestContentError("The request names a tag twice: names are the same in any case.")
    return dict(found)


_OPERATIONS: Mapping[str, Callable[[Tags, Tags], Tags]] = {
    "Merge": _merged,
    "Replace": lambda _before, sent: sent,
    "Delete": _without,
}
_WRITES: Mapping[str, Callable[[Tags, Json], Tags]] = {
    "PUT": _replaced,
    "PATCH": _patched,
    "DELETE": lambda _before, _body: {},
}
