"""Maintenance configurations: the windows in which scale sets get automatic OS upgrades. Only a seed creates them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.read_only import ReadOnly
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.time_zones import to_local, to_utc, zone
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_ASSIGNMENT_TYPE = "Microsoft.Compute/virtualMachineScaleSets/providers/configurationAssignments"
_RECURRENCE = re.compile(r"(\d*)\s*(Day|Week)s?((?:[ ,]+[A-Z]+)*)", re.IGNORECASE)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
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
    """Returns the first moment from `moment` on that lies in an opening of the window.

    It opens by the wall clock of its time zone, also after that has gone forward or back (specified). Recurrences by
    months are not simulated.
    """
    where = zone(str(window.get("timeZone") or "UTC"))
    hours, minutes = (int(part) for part in str(window.get("duration") or "05:00").split(":"))
    length = max(_SHORTEST, timedelta(hours=hours, minutes=minutes))
    for opening in _openings(window, to_local(moment, where) - length - _DAY):
        opened = to_utc(opening, where)
        if moment < opened + length:
            return max(moment, opened)
    raise ValueError("A window that never opens again is not simulated.")


def _openings(window: Json, after: datetime) -> Iterator[datetime]:
    """Yields the openings after a moment, by the wall clock."""
    match = _RECURRENCE.fullmatch(str(window["recurEvery"]).strip())
    if match is None:
        raise ValueError(
            f"'{window['recurEvery']}' is not simulated: use '3Days', '1Week' or 'Week Saturday,Sunday'."
        )
    start = datetime.fromisoformat(window["startDateTime"])
    every, weekly = int(match[1] or 1), match[2].lower() == "week"
    days = [_WEEKDAYS.index(name.strip().lower()[:3]) for name in (match[3] or "").split(",") if name.strip()]
    if days and not weekly:
        raise ValueError("Only a window that recurs by weeks has weekdays.")
    first = start - timedelta(days=start.weekday()) if weekly else start
    offsets = sorted(days or [start.weekday()]) if weekly else [0]
    step = timedelta(days=every * (7 if weekly else 1))
    round_ = max(0, (after - first) // step)
    while True:
        for offset in offsets:
            opening = first + round_ * step + timedelta(days=offset)
            if opening >= max(start, after):
                yield opening
        round_ += 1
