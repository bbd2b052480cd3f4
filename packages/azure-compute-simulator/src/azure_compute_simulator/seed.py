"""Seeds: the subscriptions, resource groups and resources that exist at the start. Files are YAML or JSON."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from azure_compute_simulator import regions
from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.clock import parse_date
from azure_compute_simulator.errors import SimulatedError
from azure_compute_simulator.events import EventSubscription
from azure_compute_simulator.identity import DEFAULT_TENANT, SYSTEM_ASSIGNED_CLIENT_ID, object_id
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.registry import ResourceTypes
from azure_compute_simulator.models.resource_type import WriteRequest
from azure_compute_simulator.models.resources import Json, Principal, ResourceGroup, Subscription
from azure_compute_simulator.models.values import check_shapes
from azure_compute_simulator.resource_ids import parse_resource_id

Seed = Mapping[str, Any] | str | PathLike[str]

DEFAULT_SEED: Json = {
    "subscriptions": [{"id": "00000000-0000-0000-0000-000000000000", "name": "Simulated subscription"}]
}
_SECTIONS = ("subscriptions", "resourceGroups", "resources", "eventSubscriptions", "roles", "locks")
# seeds have the shapes of the newest api-version
_API_VERSION = "2026-04-01"
SEED_PRINCIPAL = Principal(DEFAULT_TENANT, object_id(SYSTEM_ASSIGNED_CLIENT_ID), SYSTEM_ASSIGNED_CLIENT_ID)


class SeedError(ValueError):
    """A seed that cannot be used. The message names the file, the entry and the reason."""


def read_seed(seed: Seed) -> Json:
    """Returns a copy of the seed, or reads it from a file. Raises SeedError."""
    if isinstance(seed, Mapping):
        return deepcopy(dict(seed))
    path = Path(seed)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: not UTF-8 text.") from error
    except yaml.YAMLError as error:
        raise SeedError(f"{path}: not YAML or JSON{_line_of(error)}.") from error
    if not isinstance(document, dict):
        raise SeedError(f"{path}: a seed is an object with {', '.join(_SECTIONS)}.")
    return document


def load_seed(azure: Azure, types: ResourceTypes, seed: Json) -> list[EventSubscription]:
    """Creates everything that the seed lists, finished and without events.

    Returns the seed's event subscriptions, which need a handshake and so come later. Raises SeedError.
    """
    if unknown := set(seed) - set(_SECTIONS):
        raise SeedError(
            f"{', '.join(sorted(map(str, unknown)))}: not known; a seed has {', '.join(_SECTIONS)}."
        )
    for entry, document in _entries(seed, "subscriptions"):
        with _errors_name(entry):
            _load_subscription(azure, document)
    for entry, document in _entries(seed, "resourceGroups"):
        with _errors_name(entry):
            _load_group(azure, document)
    for entry, document in sorted(_entries(seed, "resources"), key=_depth):
        with _errors_name(entry):
            _load_resource(azure, types, document)
    for entry, document in _entries(seed, "roles"):
        with _errors_name(entry):
            azure.roles.append(RoleAssignment.parse(document))
    for entry, document in _entries(seed, "locks"):
        with _errors_name(entry):
            azure.locks.append(Lock.parse(document))
    subscriptions = []
    for entry, document in _entries(seed, "eventSubscriptions"):
        with _errors_name(entry):
            subscriptions.append(EventSubscription.parse_named(document))
    return subscriptions


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


def _entries(seed: Json, section: str) -> Iterator[tuple[str, Json]]:
    entries = seed.get(section)
    if entries is None:
        return
    if not isinstance(entries, list):
        raise SeedError(f"{section}: must be a list.")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise SeedError(f"{section}[{index}]: must be an object.")
        yield f"{section}[{index}]", entry


def _depth(entry: tuple[str, Json]) -> int:
    """Sorts galleries before definitions, and definitions before versions."""
    return str(entry[1].get("id")).count("/")


@contextmanager
def _errors_name(entry: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise SeedError(f"{entry}: {error} is missing.") from error
    except (SimulatedError, ValueError, TypeError, AttributeError) as error:
        raise SeedError(f"{entry}: {error}") from error


def _load_subscription(azure: Azure, document: Json) -> None:
    locations = document.get("locations")
    azure.subscriptions[document["id"].lower()] = Subscription(
        id=document["id"],
        name=str(document.get("name", document["id"])),
        tenant=document.get("tenant", DEFAULT_TENANT),
        locations=tuple(_listed_location(name) for name in locations) if locations else None,
    )


def _load_group(azure: Azure, document: Json) -> None:
    subscription = azure.subscription(document["subscription"])
    group = ResourceGroup(
        subscription.id, document["name"], _region(document["location"]), document.get("tags")
    )
    azure.groups[subscription.id.lower(), group.name.lower()] = group


def _load_resource(azure: Azure, types: ResourceTypes, document: Json) -> None:
    resource_id = parse_resource_id(document["id"])
    azure.group(*resource_id.group_key)
    if resource_id.type not in types:
        raise ValueError(f"{resource_id.type} is not simulated.")
    resource_type = types.get(resource_id.type)
    location = _region(document.get("location")) if resource_type.regional else "global"
    if azure.find(resource_id):
        raise ValueError(f"{resource_id} is listed twice.")
    properties = document.get("properties") or {}
    body = document | {"properties": {k: v for k, v in properties.items() if k != "provisioningState"}}
    # what others wrote may have any shape
    check_shapes({name: value for name, value in body.items() if name != "_simulator"})
    resource_type.check_parent(resource_id, "write")
    request = WriteRequest(body, SEED_PRINCIPAL, _API_VERSION)
    resource = resource_type.create_from_seed(resource_id, request, location)
    resource.provisioning_state = properties.get("provisioningState", "Succeeded")
    resource.hidden |= {"seeded": True} | (document.get("_simulator") or {})
    if "createdTime" in document:
        resource.created = resource.changed = _parse_created(document["createdTime"])
    azure.resources[resource_id.key] = resource


def _region(name: Any) -> str:
    if not isinstance(name, str) or not regions.exists(name):
        raise ValueError(f"{name!r} is not a region.")
    return regions.short_name(name)


def _listed_location(name: Any) -> str:
    if not isinstance(name, str) or not regions.is_listed(name):
        raise ValueError(f"{name!r} is not a location.")
    return regions.short_name(name)


def _parse_created(value: Any) -> datetime:
    """Parses a time. YAML turns an unquoted timestamp into a datetime itself."""
    return parse_date(value.isoformat() if isinstance(value, datetime) else str(value))
