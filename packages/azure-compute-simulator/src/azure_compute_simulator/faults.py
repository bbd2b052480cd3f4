"""What goes wrong on demand: requests that fail or are cut off, regions that fail or stand still."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from azure_compute_simulator.regions import short_name

REQUEST_KINDS = ("answer", "drop", "lost-answer")
THROTTLING_SHAPES = ("compute", "arm", "plain")
REGION_KINDS = ("failed", "stuck")


@dataclass
class RequestFault:
    """Spoils the next `times` requests whose method and path (with query) match.

    `answer` answers `status` with `code` and `message` (or an empty body when there is no code); `drop` cuts the
    connection before any work; `lost-answer` does the work and then cuts the connection. `skip` lets so many
    matching requests pass first. `shape` answers 429 as one of three producers does: compute, arm or plain.
    `headers` are added; `text` is sent as it is, as the front door's pages of HTML are.
    """

    kind: str = "answer"
    method: str = ".*"
    path: str = ".*"
    times: int = 1
    skip: int = 0
    status: int = 503
    code: str | None = None
    message: str = "The simulator was told to fail this request."
    retry_after: float | None = None
    shape: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is meant for this request."""
        return bool(
            re.fullmatch(self.method, method, re.IGNORECASE) and re.search(self.path, path, re.IGNORECASE)
        )


@dataclass
class RegionFault:
    """Spoils the replication of versions whose id matches, in one region, at `progress` per cent.

    A failed region fails `times` times (removing and adding it again is the documented cure); a stuck one stands
    still until the fault is removed.
    """

    kind: str
    region: str
    version: str = ".*"
    progress: int = 40
    times: int = 1
    message: str = "Failed with internal server error."

    def matches(self, version_id: str, region: str) -> bool:
        """Whether the fault is meant for this version in this region."""
        return short_name(self.region) == short_name(region) and bool(
            re.search(self.version, version_id, re.IGNORECASE)
        )


@dataclass
class Faults:
    """All faults in force."""

    requests: list[RequestFault] = field(default_factory=list)
    regions: list[RegionFault] = field(default_factory=list)

    def add(self, fault: dict[str, Any]) -> None:
        """Put a fault in force: a region's if it has a `region`, else a request's. Raises ValueError."""
        kinds = REGION_KINDS if "region" in fault else REQUEST_KINDS
        if fault.get("kind", "answer") not in kinds:
            raise ValueError(f"The kind of such a fault is one of {', '.join(kinds)}.")
        if fault.get("shape") not in (None, *THROTTLING_SHAPES):
            raise ValueError(f"The shape is one of {', '.join(THROTTLING_SHAPES)}.")
        try:
            if "region" in fault:
                self.regions.append(RegionFault(**fault))
            else:
                self.requests.append(RequestFault(**fault))
        except TypeError as error:
            raise ValueError(f"The fault has a field that is not known: {error}") from error

    def clear(self) -> None:
        """Take every fault out of force."""
        self.requests.clear()
        self.regions.clear()

    def take_request_fault(self, method: str, path: str) -> RequestFault | None:
        """The fault that this request meets, used up by one."""
        for fault in self.requests:
            if fault.matches(method, path):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.requests.remove(fault)
                return fault
        return None

    def region_fault(self, version_id: str, region: str, progress: int) -> RegionFault | None:
        """The fault that this region has met at this progress."""
        for fault in self.regions:
            if fault.matches(version_id, region) and progress >= fault.progress:
                return fault
        return None

    def use_up(self, fault: RegionFault) -> None:
        """Count one failure."""
        fault.times -= 1
        if fault.times <= 0:
            self.regions.remove(fault)

    def as_json(self) -> dict[str, Any]:
        """All faults in force."""
        return asdict(self)
