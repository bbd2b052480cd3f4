"""The api-versions of each resource type. Galleries have versions of their own (quoted in ARM's own errors)."""

import re
from collections.abc import Mapping

from azure_compute_simulator.consumer_api_versions import CONSUMER_API_VERSIONS
from azure_compute_simulator.errors import (
    InvalidApiVersionParameterError,
    InvalidResourceTypeError,
    MissingApiVersionParameterError,
    NoRegisteredProviderFoundError,
)

_FORM = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")
_GALLERIES = [
    "2018-06-01",
    "2019-03-01",
    "2019-07-01",
    "2019-12-01",
    "2020-09-30",
    "2021-03-01",
    "2021-07-01",
    "2021-10-01",
    "2022-01-03",
    "2022-03-03",
    "2022-08-03",
    "2023-07-03",
    "2024-03-03",
    "2025-03-03",
    "2025-12-03",
    "2026-03-03",
]
_COMPUTE = [
    "2016-04-30-preview",
    "2017-03-30",
    "2017-12-01",
    "2018-04-01",
    "2018-06-01",
    "2018-10-01",
    "2019-03-01",
    "2019-07-01",
    "2019-12-01",
    "2020-06-01",
    "2020-12-01",
    "2021-03-01",
    "2021-04-01",
    "2021-07-01",
    "2021-11-01",
    "2022-03-01",
    "2022-08-01",
    "2022-11-01",
    "2023-03-01",
    "2023-07-01",
    "2023-09-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
    "2026-04-01",
]

API_VERSIONS: Mapping[str, list[str]] = {
    **CONSUMER_API_VERSIONS,
    "galleries": _GALLERIES,
    "galleries/images": _GALLERIES,
    "galleries/images/versions": _GALLERIES,
    "images": _COMPUTE,
    "virtualMachines": _COMPUTE,
    "virtualMachineScaleSets": _COMPUTE,
    "virtualMachineScaleSets/virtualMachines": _COMPUTE,
    "virtualMachineScaleSets/osUpgradeHistory": _COMPUTE,
    "virtualMachineScaleSets/rollingUpgrades": _COMPUTE,
}


def check_api_version(type_: str | None, api_version: str, method: str, location: str) -> None:
    """Checks that the api-version is there, well-formed and supported by the type.

    `type_` is the compute type without its namespace, or another type with it. Types that are not listed here accept
    any api-version.
    Raises MissingApiVersionParameterError, InvalidApiVersionParameterError, and if the type does not support the
    api-version InvalidResourceTypeError (GET) or NoRegisteredProviderFoundError.
    """
    if not api_version:
        raise MissingApiVersionParameterError
    if not _FORM.fullmatch(api_version):
        raise InvalidApiVersionParameterError(
            f"The api-version '{api_version}' is invalid. The supported versions are '{', '.join(_COMPUTE)}'."
        )
    supported_versions = API_VERSIONS.get(type_ or "")
    if supported_versions is None or api_version in supported_versions:
        return
    supported = ", ".join(supported_versions)
    namespace, name = _parted(type_ or "")
    if method in ("GET", "HEAD"):
        raise InvalidResourceTypeError(
            f"The resource type '{name}' could not be found in the namespace '{namespace}' for api version "
            f"'{api_version}'. The supported api-versions are '{supported}'."
        )
    raise NoRegisteredProviderFoundError(
        f"No registered resource provider found for location '{location}' and API version '{api_version}' for type "
        f"'{name}'. The supported api-versions are '{supported}'. The supported locations are '{location}'."
    )


def _parted(type_: str) -> tuple[str, str]:
    """Returns the namespace and the rest; types of other providers are written with theirs."""
    namespace, _, name = type_.partition("/")
    return (namespace, name) if namespace.startswith("Microsoft.") else ("Microsoft.Compute", type_)
