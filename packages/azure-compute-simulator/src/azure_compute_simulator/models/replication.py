"""Replication of one image version to its regions: states, progress, failures. Nothing here knows about requests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from azure_compute_simulator.agenda import Timetable
from azure_compute_simulator.faults import Faults
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.regions import short_name
from azure_compute_simulator.transitions import Transitions

# Parts of the whole replication: the home region is copied first, the others start when it is half done (inferred).
_HOME_WINDOW = (0.0, 0.5)
_OTHER_WINDOW = (0.25, 1.0)
_WHOLE_WINDOW = (0.0, 1.0)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Region:
    """The copy in one region. `state` is Replicating, Completed or Failed; `progress` in per cent never decreases."""

    name: str
    job: Job
    window: tuple[float, float]
    state: str = "Replicating"
    progress: int = 0
    details: str = ""

    def as_json(self) -> Json:
        """Returns the region as `$expand=ReplicationStatus` shows it, by its short name (recorded)."""
        summary: Json = {"region": self.name, "state": self.state, "progress": self.progress}
        return summary | ({"details": self.details} if self.details else {})


@dataclass
class Replication:
    """The regions of one version, in the order of its publishing profile."""

    version_id: str
    regions: dict[str, Region] = field(default_factory=dict)

    def set_targets(self, targets: list[str], home: str, job: Job) -> None:
        """Sets the target regions. Existing regions stay, new ones start with this job.

        A failed region that stays a target starts again.
        """
        wanted = {short_name(target): target for target in targets}
        new = [name for name in wanted if name not in self.regions or self.regions[name].state == "Failed"]
        kept = {name: region for name, region in self.regions.items() if name in wanted and name not in new}
        job.regions = tuple(new)
        alone = len(new) == 1
        for name in new:
            window = _WHOLE_WINDOW if alone else _HOME_WINDOW if name == home else _OTHER_WINDOW
            kept[name] = Region(name, job, window)
        self.regions = {name: kept[name] for name in wanted}

    def set_completed(self, targets: list[str]) -> None:
        """Sets the target regions, all completed, as seeded versions have them."""
        done = Job(self.version_id, 0.0, replicates=True, started=_LONG_AGO)
        self.regions = {name: Region(name, done, _WHOLE_WINDOW, "Completed", 100) for name in targets}

    def set_failed(self, names: list[str]) -> None:
        """Sets target regions as failed, as seeded versions may have them."""
        for name in {short_name(one) for one in names} & set(self.regions):
            self.regions[name].state, self.regions[name].progress = "Failed", 0

    def advance(self, transitions: Transitions, faults: Faults) -> None:
        """Advances every region as far as its pace and the active faults allow."""
        for region in self.regions.values():
            if region.state == "Replicating":
                self._advance_region(region, transitions, faults)

    def due(self, transitions: Transitions) -> list[datetime | None]:
        """Returns when each region that replicates is done at the latest."""
        replicating = [region for region in self.regions.values() if region.state == "Replicating"]
        return [transitions.due(region.job, region.name) for region in replicating]

    def timetable(self, transitions: Transitions, job: Job) -> Timetable | None:
        """Returns when a region jumps or is done, and when the whole job is; None where that is not drawn."""
        pace = transitions.drawn()
        if pace is None:
            return None
        end = pace.due(job)
        regions = [region for region in self.regions.values() if region.state == "Replicating"]
        changes = [moment for region in regions for moment in pace.changes(region.job, region.name)]
        return Timetable([*changes, end], [*(pace.due(one.job, one.name) for one in regions), end])

    def fail(self, details: str) -> None:
        """Fails every region, for a reason that lies in the source."""
        for region in self.regions.values():
            region.state, region.details = "Failed", details

    @property
    def aggregated_state(self) -> str:
        """Returns InProgress while a region replicates, then Failed if a region failed, otherwise Completed."""
        states = {region.state for region in self.regions.values()}
        if "Replicating" in states:
            return "InProgress"
        return "Failed" if "Failed" in states else "Completed"

    @property
    def failed(self) -> list[Region]:
        """Returns the regions that failed."""
        return [region for region in self.regions.values() if region.state == "Failed"]

    def started(self) -> bool:
        """Whether any data was copied. From then on the service has read the source."""
        return any(region.progress > 0 for region in self.regions.values())

    def completed_in(self, region: str) -> bool:
        """Whether machines can be created from the version in this region."""
        name = short_name(region)
        return name in self.regions and self.regions[name].state == "Completed"

    def as_json(self) -> Json:
        """Returns the body of `replicationStatus`."""
        return {
            "aggregatedState": self.aggregated_state,
            "summary": [region.as_json() for region in self.regions.values()],
        }

    def _advance_region(self, region: Region, transitions: Transitions, faults: Faults) -> None:
        start, end = _WHOLE_WINDOW if transitions.has_own_pace(region.job, region.name) else region.window
        done = (transitions.fraction(region.job, region.name) - start) / (end - start)
        progress = max(region.progress, min(100, int(100 * done + 1e-6)))
        fault = faults.region_fault(self.version_id, region.name, progress)
        if fault is None:
            region.progress = progress
            if progress == 100:  # noqa: PLR2004 - per cent
                region.state = "Completed"
            return
        region.progress = fault.progress
        if fault.kind == "failed":
            region.state, region.details = "Failed", fault.message
            faults.count_failure(fault)
