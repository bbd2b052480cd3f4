"""Validates values that clients send, and rewrites them in the service's spelling."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from azure_compute_simulator.clock import date_echo
from azure_compute_simulator.errors import BadRequestError
from azure_compute_simulator.models.resources import Json


def enum_value(value: Any, allowed: Sequence[str | None], path: str) -> str | None:
    """Returns the allowed value that equals this one apart from case. None stays None.

    Raises BadRequestError for any other value.
    """
    if value is None:
        return None
    for known in allowed:
        if known and known.lower() == str(value).lower():
            return known
    raise BadRequestError(value, path)


def date_value(value: Any, path: str) -> str:
    """Returns a date in the service's spelling. Raises BadRequestError."""
    try:
        return date_echo(value)
    except (TypeError, ValueError):
        raise BadRequestError(value, path) from None


def merged(document: Json, patch: Json) -> Json:
    """Returns the document with a JSON merge patch applied (RFC 7396): null removes a field, objects are merged."""
    result = dict(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = deepcopy(value)
    return result


def without_empty(value: Any) -> Any:
    """Returns the value without the empty objects and arrays inside it, which the service drops (recorded)."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ({}, [], None)}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


# the fields that the models read, by the JSON type that they must have; the lists contain objects
_OBJECTS = frozenset(
    {
        "encryption",
        "identifier",
        "imageReference",
        "managedDisk",
        "osDisk",
        "osDiskImage",
        "properties",
        "publishingProfile",
        "purchasePlan",
        "safetyProfile",
        "snapshot",
        "softDeletePolicy",
        "source",
        "sourceVirtualMachine",
        "storageProfile",
        "tags",
        "virtualMachineProfile",
    }
)
_LISTS = frozenset(["targetRegions", "dataDisks", "dataDiskImages", "features"])
_TEXTS = frozenset(["id", "name", "location", "blobUri", "virtualMachineId", "publisher", "offer", "sku"])


def check_shapes(value: Any, path: str = "") -> None:
    """Raises BadRequestError, naming the path, if a field that the models read has another JSON type."""
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        if item is None or name == "tags":
            continue
        _check_shape(name, item, here)
        for part in item if isinstance(item, list) else [item]:
            check_shapes(part, here)


def _check_shape(name: str, item: Any, path: str) -> None:
    if path == "sku" or (path == "properties.source" and isinstance(item, str)):
        # an object of a scale set, a disk and an image template; a text of an image definition and a system topic
        return
    valid = (
        (name not in _OBJECTS or isinstance(item, dict))
        and (name not in _TEXTS or isinstance(item, str))
        and (name not in _LISTS or (isinstance(item, list) and all(isinstance(part, dict) for part in item)))
    )
    if not valid:
        raise BadRequestError(item, path)
