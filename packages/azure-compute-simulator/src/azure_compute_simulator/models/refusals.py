"""Why the service refuses or cannot allocate a machine, by the kinds of machine faults."""

from collections.abc import Mapping

from azure_compute_simulator.errors import ServiceError
from azure_compute_simulator.machine_errors import (
    AllocationFailedError,
    CoresQuotaError,
    MarketplacePurchaseEligibilityFailedError,
    OverconstrainedAllocationRequestError,
    QuotaExceededError,
    SkuNotAvailableError,
    ZonalAllocationFailedError,
)
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.models.sizes import Size

_ALLOCATION: Mapping[str, type[ServiceError]] = {
    "allocation-failed": AllocationFailedError,
    "zonal-allocation-failed": ZonalAllocationFailedError,
    "overconstrained": OverconstrainedAllocationRequestError,
}
_QUOTAS = {"quota": CoresQuotaError, "quota-exceeded": QuotaExceededError}
_USED_UP = 10


def check_refusal(kind: str, size_name: str, size: Size | None, location: str, plan: Json) -> None:
    """Raises the error of a fault that refuses the request."""
    if kind == "sku-not-available":
        raise SkuNotAvailableError(size_name, location)
    if kind == "not-purchasable":
        raise MarketplacePurchaseEligibilityFailedError(
            str(plan.get("publisher", "unknown")), str(plan.get("product", "unknown"))
        )
    if kind in _QUOTAS:
        family, cores = (f"{size.family} Cores", size.cores) if size else ("Total Regional Cores", 2)
        raise _QUOTAS[kind](family, location, _USED_UP, _USED_UP, cores)


def allocation_error(kind: str) -> ServiceError | None:
    """Returns the error in which the creation ends, None if the machine is allocated."""
    error = _ALLOCATION.get(kind)
    return error() if error else None  # type: ignore[call-arg] # these take no arguments
