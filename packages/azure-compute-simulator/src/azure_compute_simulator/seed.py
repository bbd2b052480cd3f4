"""Seeds: the subscriptions, groups and resources that exist before the first request; YAML or JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from azure_compute_simulator import regions
from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.clock import parse_date
from azure_compute_simulator.errors import SimulatedError
from azure_compute_simulator.identity import DEFAULT_TENANT, SYSTEM_ASSIGNED_CLIENT_ID, object_id
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.kinds import Request
from azure_compute_simulator.models.resources import Json, Principal, ResourceGroup, Subscription
from azure_compute_simulator.models.values import check_shapes
from azure_compute_simulator.resource_ids import parse_resource_id

DEFAULT_SEED: Json = {
    "subscriptions": [{"id": "00000000-0000-0000-0000-000000000000", "name": "Simulated subscription"}]
}
_SECTIONS = ("subscriptions", "resourceGroups", "resources", "eventSubscriptions", "roles", "locks")
# documented and recorded shapes as the newest api-version has them
_API_VERSION = "2026-04-01"
SEED_PRINCIPAL = Principal(DEFAULT_TENANT, object_id(SYSTEM_ASSIGNED_CLIENT_ID), SYSTEM_ASSIGNED_CLIENT_ID)


class SeedError(Exception):
    """A seed that cannot be used; the message names the place and the reason."""


def read_seed(path: Path) -> Json:
    """Read a seed file. Raises SeedError naming the file."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SeedError(f"{path}: not YAML or JSON: {error}") from error
    if not isinstance(document, dict):
        raise SeedError(f"{path}: a seed is an object with {', '.join(_SECTIONS)}.")
    return document


def plant(azure: Azure, seed: Json) -> None:
    """Put everything that the seed lists into place, finished and without raising events. Raises SeedError."""
    if unknown := set(seed) - set(_SECTIONS):
        raise SeedError(f"{', '.join(sorted(unknown))}: not known; a seed has {', '.join(_SECTIONS)}.")
    for place, document in _items(seed, "subscriptions"):
        with _named(place):
            _plant_subscription(azure, document)
    for place, document in _items(seed, "resourceGroups"):
        with _named(place):
            _plant_group(azure, document)
    for place, document in sorted(_items(seed, "resources"), key=_depth):
        with _named(place):
            _plant_resource(azure, document)

    for place, document in _items(seed, "roles"):
        with _named(place):
            azure.roles.append(RoleAssignment.parse(document))
    for place, document in _items(seed, "locks"):
        with _named(place):
            azure.locks.append(Lock.parse(document))


def _items(seed: Json, section: str) -> Iterator[tuple[str, Json]]:
    items = seed.get(section)
    if items is None:
        return
    if not isinstance(items, list):
        raise SeedError(f"{section}: must be a list.")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise SeedError(f"{section}[{index}]: must be an object.")
        yield f"{section}[{index}]", item


def _depth(item: tuple[str, Json]) -> int:
    """Sources and parents come before what needs them."""
    return str(item[1].get("id")).count("/")


@contextmanager
def _named(place: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise SeedError(f"{place}: {error} is missing.") from error
    except (SimulatedError, ValueError, TypeError, AttributeError) as error:
        raise SeedError(f"{place}: {error}") from error


def _plant_subscription(azure: Azure, document: Json) -> None:
    locations = document.get("locations")
    azure.subscriptions[document["id"].lower()] = Subscription(
        id=document["id"],
        name=str(document.get("name", document["id"])),
        tenant=document.get("tenant", DEFAULT_TENANT),
        locations=tuple(regions.short_name(name) for name in locations) if locations else None,
    )


def _plant_group(azure: Azure, document: Json) -> None:
    subscription = azure.subscription(document["subscription"])
    group = ResourceGroup(
        subscription.id, document["name"], _region(document["location"]), document.get("tags")
    )
    azure.groups[subscription.id.lower(), group.name.lower()] = group


def _plant_resource(azure: Azure, document: Json) -> None:
    resource_id = parse_resource_id(document["id"])
    azure.group(*resource_id.group_key)
    location = _region(document["location"])
    if azure.find(resource_id):
        raise ValueError(f"{resource_id} is listed twice.")
    properties = document.get("properties") or {}
    body = document | {"properties": {k: v for k, v in properties.items() if k != "provisioningState"}}
    check_shapes(body)
    kind = azure.kinds.get(resource_id.type.lower())
    request = Request(body, SEED_PRINCIPAL, _API_VERSION)
    if kind is None:
        raise ValueError(f"{resource_id.type} is not simulated.")
    kind.check_parent(resource_id, "write")
    resource = kind.seeded(resource_id, request, location)
    resource.provisioning_state = properties.get("provisioningState", "Succeeded")
    resource.hidden |= document.get("_simulator") or {}
    if "createdTime" in document:
        resource.created = resource.changed = _moment(document["createdTime"])
    azure.resources[resource_id.key] = resource


def _region(name: Any) -> str:
    if not isinstance(name, str) or not regions.exists(name):
        raise ValueError(f"{name!r} is not a region.")
    return regions.short_name(name)


def _moment(value: Any) -> datetime:
    """YAML reads a bare timestamp by itself."""
    return parse_date(value.isoformat() if isinstance(value, datetime) else str(value))
