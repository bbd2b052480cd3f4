"""Responses about what a subscription can have: the list of SKUs, and the usage of its quotas."""

import re

from azure_compute_simulator import regions
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import InvalidFilterInQueryStringError
from azure_compute_simulator.models import quotas
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.models.sizes import SIZES, is_restricted, size_document
from azure_compute_simulator.paging import paged

_FILTER = re.compile(r"\s*location\s+eq\s+'([^']*)'\s*", re.IGNORECASE)


def skus(request: ArmRequest) -> ArmResponse:
    """GET of the compute SKUs, of every region or of the one in `$filter`: the only filter there is (documented)."""
    found = request.azure.subscription(request.values["subscription"])
    text = request.query.get("$filter", "")
    match = _FILTER.fullmatch(text)
    if text and match is None:
        raise InvalidFilterInQueryStringError(f"Invalid $filter '{text}' specified in the query string.")
    wanted = regions.short_name(match[1]) if match else None
    names = [
        regions.short_name(name)
        for name in found.locations or regions.DISPLAY_NAMES
        if not regions.is_logical(name)
    ]
    documents = [
        entry for location in names if wanted in (None, location) for entry in _of_region(request, location)
    ]
    return paged(request, documents)


def _of_region(request: ArmRequest, location: str) -> list[Json]:
    """Returns the sizes of a region, and a SKU of another type: the list has all types."""
    restricted = request.azure.switches.restricted_sizes
    disk: Json = {
        "resourceType": "disks",
        "name": "Premium_LRS",
        "tier": "Premium",
        "size": "P10",
        "locations": [location],
        "locationInfo": [{"location": location, "zones": []}],
        "capabilities": [{"name": "MaxSizeGiB", "value": "128"}],
        "restrictions": [],
    }
    sizes = [
        size_document(size, location, restricted=is_restricted(restricted, size.name, location))
        for size in SIZES
    ]
    return [disk, *sizes]


def usages(request: ArmRequest) -> ArmResponse:
    """GET of the usage of a region's quotas."""
    request.azure.subscription(request.values["subscription"])
    location = regions.short_name(request.values["location"])
    return paged(request, quotas.usages(request.azure, request.values["subscription"], location))
