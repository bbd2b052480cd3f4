"""Maintenance configurations: the windows in which scale sets get automatic OS upgrades. Only a seed creates them."""

import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.read_only import ReadOnly
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_ASSIGNMENT_TYPE = "Microsoft.Compute/virtualMachineScaleSets/providers/configurationAssignments"
_RECURRENCE = re.compile(r"(\d*)\s*(Day|Week)s?\b", re.IGNORECASE)
# documented: the shortest window of OS images
_SHORTEST = timedelta(hours=5)


class MaintenanceConfigurations(ReadOnly):
    """`Microsoft.Maintenance/maintenanceConfigurations`."""

    type = "Microsoft.Maintenance/maintenanceConfigurations"


class ConfigurationAssignments(ReadOnly):
    """`Microsoft.Maintenance/configurationAssignments` of scale sets."""

    type: ClassVar[str] = _ASSIGNMENT_TYPE

    def check_parent(self, resource_id: ResourceId, verb: str) -> None:
        """The scale set of a seeded assignment may come later in the seed."""

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the assignment's JSON with its own type (documented)."""
        document = super().render(resource, api_version, expand)
        document["properties"].pop("provisioningState", None)
        return document | {"type": "Microsoft.Maintenance/configurationAssignments"}


def assignments_of(azure: Azure, scale_set: ResourceId) -> list[Resource]:
    """Returns the assignments of maintenance configurations to a scale set."""
    prefix = f"{scale_set.key}/providers/microsoft.maintenance/configurationassignments/"
    return [resource for key, resource in azure.resources.items() if key.startswith(prefix)]


def next_window(azure: Azure, scale_set: ResourceId, moment: datetime) -> datetime:
    """Returns the first moment from `moment` on at which the scale set's OS may be upgraded (documented).

    Without a maintenance configuration for OS images that is at once.
    """
    windows = [_window_of(azure, assignment) for assignment in assignments_of(azure, scale_set)]
    moments = [_first_within(window, moment) for window in windows if window is not None]
    return min(moments, default=moment)


def _window_of(azure: Azure, assignment: Resource) -> Json | None:
    configuration = azure.find(parse_resource_id(assignment.properties["maintenanceConfigurationId"]))
    if configuration is None or configuration.properties.get("maintenanceScope") != "OSImage":
        return None
    window: Json | None = configuration.properties.get("maintenanceWindow")
    return window


def _first_within(window: Json, moment: datetime) -> datetime:
    """Recurs every so many days or weeks from its first moment; other forms and time zones are not simulated."""
    start = datetime.fromisoformat(window["startDateTime"]).replace(tzinfo=UTC)
    hours, minutes = (int(part) for part in str(window.get("duration") or "05:00").split(":"))
    length = max(_SHORTEST, timedelta(hours=hours, minutes=minutes))
    match = _RECURRENCE.match(str(window["recurEvery"]))
    if match is None:
        raise ValueError(f"'{window['recurEvery']}' is not simulated: use '7Days' or '1Week'.")
    every = timedelta(days=int(match[1] or 1) * (7 if match[2].lower() == "week" else 1))
    if moment < start:
        return start
    opened = start + every * ((moment - start) // every)
    return moment if moment < opened + length else opened + every
