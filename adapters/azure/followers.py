"""Reads who uses the versions of galleries: machines, scale sets, their instances and OS upgrades, by provider lists.

Others wrote these records: what is missing or of another type is read as nothing, and refuses nothing.
"""

from typing import Any, Protocol
from urllib.parse import quote

from adapters.azure.arm import Arm
from adapters.azure.documents import parse_timestamp
from adapters.azure.kept import is_missing
from domain.errors import ArmError
from domain.promotion.followers import Machine, OsUpgrade, ScaleSet
from domain.promotion.windows import MaintenanceWindow
from domain.resources.regions import canonical_region

# pinned per operation
SUBSCRIPTIONS_API = "2022-12-01"
MACHINES_API = "2024-07-01"
SCALE_SETS_API = "2024-07-01"
MAINTENANCE_API = "2023-04-01"


class AzureFollowers(Protocol):
    """Consumers of image versions. Every call raises `ArmError` if ARM refuses it or does not answer."""

    async def subscriptions(self, through: str) -> list[str]: ...
    async def machines(self, subscription: str) -> list[Machine]: ...
    async def scale_sets(self, subscription: str) -> list[ScaleSet]: ...
    async def instance_versions(self, scale_set: ScaleSet) -> list[str | None]: ...
    async def upgrades(self, scale_set: ScaleSet) -> list[OsUpgrade]: ...
    async def window(self, scale_set: ScaleSet) -> MaintenanceWindow | None: ...


class Followers:
    """The real `AzureFollowers`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def subscriptions(self, through: str) -> list[str]:
        """Returns the ids of the subscriptions that the identity sees. `through` is one whose client is used."""
        pages = self._arm.pages(through, f"/subscriptions?api-version={SUBSCRIPTIONS_API}")
        return [text async for item in pages if (text := _text(_object(item).get("subscriptionId")))]

    async def machines(self, subscription: str) -> list[Machine]:
        """Returns the virtual machines of a subscription, those of scale sets in flexible orchestration among them."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines"
        pages = self._arm.pages(subscription, f"{path}?api-version={MACHINES_API}")
        return [parse_machine(item) async for item in pages]

    async def scale_sets(self, subscription: str) -> list[ScaleSet]:
        """Returns the scale sets of a subscription."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachineScaleSets"
        pages = self._arm.pages(subscription, f"{path}?api-version={SCALE_SETS_API}")
        return [parse_scale_set(item) async for item in pages]

    async def instance_versions(self, scale_set: ScaleSet) -> list[str | None]:
        """Returns the exact version that each instance runs; None for one that does not say it."""
        pages = self._below(scale_set, "virtualMachines", SCALE_SETS_API)
        return [parse_machine(item).exact_version async for item in pages]

    async def upgrades(self, scale_set: ScaleSet) -> list[OsUpgrade]:
        """Returns the attempts to upgrade the OS that the history has.

        The latest rolling upgrade may know earlier that an attempt went wrong. It names no target and may not exist or
        have no id (azure-sdk-for-net #45613), so it only corrects the attempt that began at the same moment.
        """
        history = [
            parse_upgrade(item) async for item in self._below(scale_set, "osUpgradeHistory", SCALE_SETS_API)
        ]
        if not any(one.code == "RollingForward" for one in history):
            return history
        latest = await self._latest_upgrade(scale_set)
        if latest is None or not latest.went_wrong:
            return history
        for one in history:
            if one.begun_at == latest.begun_at:
                one.code, one.error = latest.code, latest.error or one.error
        return history

    async def window(self, scale_set: ScaleSet) -> MaintenanceWindow | None:
        """Returns the maintenance window in which the OS is upgraded; None if it is upgraded at any time."""
        assigned = self._below(
            scale_set, "providers/Microsoft.Maintenance/configurationAssignments", MAINTENANCE_API
        )
        ids = [
            text
            async for item in assigned
            if (text := _text(_properties(item).get("maintenanceConfigurationId"))).startswith("/")
        ]
        windows = [await self._window(scale_set, one) for one in ids]
        return next((window for window in windows if window), None)

    async def _window(self, scale_set: ScaleSet, configuration: str) -> MaintenanceWindow | None:
        url = f"{quote(configuration)}?api-version={MAINTENANCE_API}"
        try:
            body = (await self._arm.page(_subscription(scale_set), url)).body
        except ArmError as error:
            if is_missing(error):
                return None
            # it may be in a subscription that the identity does not see: there is a window, whatever it is
            return MaintenanceWindow()
        return parse_window(body)

    async def _latest_upgrade(self, scale_set: ScaleSet) -> OsUpgrade | None:
        url = f"{quote(scale_set.id)}/rollingUpgrades/latest?api-version={SCALE_SETS_API}"
        try:
            return parse_upgrade((await self._arm.page(_subscription(scale_set), url)).body)
        except ArmError as error:
            if is_missing(error):
                return None
            raise

    def _below(self, scale_set: ScaleSet, path: str, api_version: str) -> Any:
        url = f"{quote(scale_set.id)}/{path}?api-version={api_version}"
        return self._arm.pages(_subscription(scale_set), url)


def parse_machine(resource: Any) -> Machine:
    """Reads a virtual machine, or an instance of a scale set."""
    resource = _object(resource)
    properties = _properties(resource)
    reference = _object(_object(properties.get("storageProfile")).get("imageReference"))
    return Machine(
        id=_text(resource.get("id")) or "unknown",
        region=canonical_region(_text(resource.get("location")) or "unknown"),
        reference=_text(reference.get("id")),
        exact_version=_text(reference.get("exactVersion")) or None,
        scale_set=_text(_object(properties.get("virtualMachineScaleSet")).get("id")) or None,
    )


def parse_scale_set(resource: Any) -> ScaleSet:
    """Reads a scale set."""
    resource = _object(resource)
    properties = _properties(resource)
    profile = _object(_object(properties.get("virtualMachineProfile")).get("storageProfile"))
    upgrades = _object(_object(properties.get("upgradePolicy")).get("automaticOSUpgradePolicy"))
    capacity = _object(resource.get("sku")).get("capacity")
    return ScaleSet(
        id=_text(resource.get("id")) or "unknown",
        region=canonical_region(_text(resource.get("location")) or "unknown"),
        reference=_text(_object(profile.get("imageReference")).get("id")),
        automatic=upgrades.get("enableAutomaticOSUpgrade") is True,
        flexible=_text(properties.get("orchestrationMode")).lower() == "flexible",
        capacity=capacity if isinstance(capacity, int) else None,
    )


def parse_upgrade(entry: Any) -> OsUpgrade:
    """Reads an attempt to upgrade the OS. Its target is a version's id, or a definition's with the exact version."""
    properties = _properties(entry)
    status = _object(properties.get("runningStatus"))
    target = _object(properties.get("targetImageReference"))
    named, exact = _text(target.get("id")), _text(target.get("exactVersion")) or _text(target.get("version"))
    if named and exact and "/versions/" not in named.lower():
        named = f"{named}/versions/{exact}"
    return OsUpgrade(
        target=named or None,
        begun_at=_time(status.get("startTime")),
        code=_text(status.get("code")) or "Unknown",
        error=_text(_object(properties.get("error")).get("message"))[:300],
    )


def parse_window(configuration: Any) -> MaintenanceWindow | None:
    """Reads a maintenance configuration; None if it is not one for OS images."""
    properties = _properties(configuration)
    if _text(properties.get("maintenanceScope")).lower() != "osimage":
        return None
    window = _object(properties.get("maintenanceWindow"))
    return MaintenanceWindow(
        every=_text(window.get("recurEvery")),
        start=_text(window.get("startDateTime")),
        duration=_text(window.get("duration")),
        zone=_text(window.get("timeZone")),
        expires=_text(window.get("expirationDateTime")),
    )


def _subscription(scale_set: ScaleSet) -> str:
    return scale_set.id.split("/")[2] if scale_set.id.count("/") > 1 else ""


def _properties(resource: Any) -> dict[str, Any]:
    return _object(_object(resource).get("properties"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> Any:
    try:
        return parse_timestamp(_text(value))
    except ValueError:
        return None
