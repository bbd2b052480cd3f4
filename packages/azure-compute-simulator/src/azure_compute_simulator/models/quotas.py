"""Quotas of cores: per region, and per family of sizes. The switches set their limits."""

from azure_compute_simulator.machine_errors import CoresQuotaError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.models.sizes import SIZES, Size, find_size

_MACHINES = "Microsoft.Compute/virtualMachines"


def check_quota(azure: Azure, subscription: str, location: str, size: Size | None) -> None:
    """Raises CoresQuotaError if the machine's cores do not fit into the region's quota or its family's (reported)."""
    if size is None:
        return
    quotas = (
        ("Total Regional Cores", azure.switches.regional_cores, None),
        (f"{size.family} Cores", azure.switches.family_cores, size.family),
    )
    for name, limit, family in quotas:
        used = _used(azure, subscription, location, family)
        if used + size.cores > limit:
            raise CoresQuotaError(name, location, limit, used, size.cores)


def usages(azure: Azure, subscription: str, location: str) -> list[Json]:
    """Returns the usages of a region as the compute provider lists them (specified)."""
    families = dict.fromkeys(size.family for size in SIZES)
    return [
        _usage(
            "cores",
            "Total Regional vCPUs",
            _used(azure, subscription, location, None),
            azure.switches.regional_cores,
        ),
        *(
            _usage(
                family,
                f"{family} vCPUs",
                _used(azure, subscription, location, family),
                azure.switches.family_cores,
            )
            for family in families
        ),
    ]


def _usage(name: str, shown: str, used: int, limit: int) -> Json:
    return {
        "limit": limit,
        "unit": "Count",
        "currentValue": used,
        "name": {"value": name, "localizedValue": shown},
    }


def _used(azure: Azure, subscription: str, location: str, family: str | None) -> int:
    """Returns the cores of a family's machines, or of all. One that failed counts until it is deleted (inferred)."""
    found = 0
    for machine in azure.of_type(_MACHINES, subscription):
        size = find_size((machine.properties.get("hardwareProfile") or {}).get("vmSize"))
        if size and machine.location == location and family in (None, size.family):
            found += size.cores
    return found
