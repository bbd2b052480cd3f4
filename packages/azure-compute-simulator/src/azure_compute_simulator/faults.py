"""Faults on demand: requests that fail or are cut off, regions that fail or do not advance."""

import hashlib
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from azure_compute_simulator.json_fields import parse_fields
from azure_compute_simulator.regions import short_name


@dataclass
class RequestFault:
    """A fault of the next `times` requests whose method, path (with query) and User-Agent match the expressions.

    `kind`: `answer` returns `status` with `code` and `message`, or an empty body if there is no code; `drop` cuts the
    connection before any work; `lost-answer` does the work and then cuts the connection; `hang` does no work and does
    not answer, and cuts the connection when the faults are removed or the hanging requests are released; `unanswered`
    does the work and then hangs. The first `skip` matching requests pass. `shape` returns 429 in the form of one of its
    three producers. `headers` are added. `text` is sent unchanged, for the front door's HTML pages.
    """

    kind: Literal["answer", "drop", "lost-answer", "hang", "unanswered"] = "answer"
    method: str = ".*"
    path: str = ".*"
    agent: str = ".*"
    times: int = 1
    skip: int = 0
    status: int = 503
    code: str | None = None
    message: str = "A fault of the simulator failed this request."
    retry_after: float | None = None
    shape: Literal["compute", "arm", "plain"] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None

    def __post_init__(self) -> None:
        _check_pattern("method", self.method)
        _check_pattern("path", self.path)
        _check_pattern("agent", self.agent)

    @property
    def does_the_work(self) -> bool:
        """Whether Azure carries out the request."""
        return self.kind in ("lost-answer", "unanswered")

    @property
    def hangs(self) -> bool:
        """Whether the connection stays open without an answer."""
        return self.kind in ("hang", "unanswered")

    def matches(self, method: str, path: str, agent: str) -> bool:
        """Whether the request meets this fault."""
        return bool(
            re.fullmatch(self.method, method, re.IGNORECASE)
            and re.search(self.path, path, re.IGNORECASE)
            and re.search(self.agent, agent, re.IGNORECASE)
        )


# what passes with the next try, by the name under which it is counted
_PASSING: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "code": "InternalServerError"},
    "502": {"status": 502},
    "503": {"status": 503},
    "504": {"status": 504, "code": "GatewayTimeout"},
    "429 with Retry-After": {"status": 429, "code": "TooManyRequests", "retry_after": 60},
    "429 of compute": {"status": 429, "shape": "compute"},
    "429 of ARM": {"status": 429, "shape": "arm"},
    "cut connection": {"kind": "drop"},
    "lost answer": {"kind": "lost-answer"},
}
# operations have other ids in each run
_OPERATION_ID = re.compile(r"/[0-9a-f-]{36}$", re.IGNORECASE)
_DRAWN_OF = 2**32


@dataclass
class ShareFault:
    """A `share` of all requests whose User-Agent matches fails, is throttled or cut off, or loses its answer.

    Which ones is drawn by `seed` from the method, the path and how often that was requested before, so that a request
    meets the same fault whatever else is requested. `met` counts the faults by kind.
    """

    share: float
    seed: int = 0
    agent: str = ".*"
    met: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_pattern("agent", self.agent)
        if not 0 <= self.share <= 1:
            raise ValueError(f"'share' must be from 0 to 1, not {self.share}.")
        self._requested: Counter[str] = Counter()

    def draw(self, method: str, path: str, agent: str) -> RequestFault | None:
        """Returns the fault that this request meets, or None, and counts it."""
        if not re.search(self.agent, agent, re.IGNORECASE):
            return None
        request = f"{method} {_OPERATION_ID.sub('', path.partition('?')[0]).lower()}"
        self._requested[request] += 1
        drawn = f"{self.seed} {self._requested[request]} {request}"
        digest = hashlib.sha256(drawn.encode()).digest()
        if int.from_bytes(digest[:4]) >= self.share * _DRAWN_OF:
            return None
        name = list(_PASSING)[digest[4] % len(_PASSING)]
        self.met[name] = self.met.get(name, 0) + 1
        return RequestFault(**_PASSING[name])


@dataclass
class RegionFault:
    """A fault of the replication to one region, at `progress` per cent, of versions whose id matches.

    A `failed` region fails `times` times; removing it and adding it again cures it (documented). A `stuck` region does
    not advance until the fault is removed.
    """

    kind: Literal["failed", "stuck"]
    region: str
    version: str = ".*"
    progress: int = 40
    times: int = 1
    message: str = "Failed with internal server error."

    def __post_init__(self) -> None:
        _check_pattern("version", self.version)

    def matches(self, version_id: str, region: str) -> bool:
        """Whether this version meets the fault in this region."""
        return short_name(self.region) == short_name(region) and bool(
            re.search(self.version, version_id, re.IGNORECASE)
        )


@dataclass
class UpgradeFault:
    """A fault of the next `times` automatic OS upgrades of scale sets whose id matches, to versions whose id matches.

    A `failed` upgrade ends after its first batch, whose instances get their former version again unless the scale set
    disables that (documented); after a `cancelled` one they keep the new version.
    """

    upgrade: Literal["failed", "cancelled"]
    scale_set: str = ".*"
    version: str = ".*"
    times: int = 1
    message: str = (
        "Rolling Upgrade failed after exceeding the MaxUnhealthyInstancePercent value defined in the policy."
    )

    def __post_init__(self) -> None:
        _check_pattern("scale_set", self.scale_set)
        _check_pattern("version", self.version)

    def matches(self, scale_set_id: str, version_id: str) -> bool:
        """Whether this upgrade meets the fault."""
        return bool(
            re.search(self.scale_set, scale_set_id, re.IGNORECASE)
            and re.search(self.version, version_id, re.IGNORECASE)
        )


@dataclass
class IdentityFault:
    """A fault of the endpoint that issues tokens, for its next `times` requests, or for `seconds` of simulated time.

    `identity`: `throttled` returns 429, `failing` 500, `unavailable` 503, `drop` cuts the connection, `hang` does not
    answer until the faults are removed, `expired` issues a token that has just expired, which ARM refuses.
    `retry_after` adds a header to the first three.
    """

    identity: Literal["throttled", "failing", "unavailable", "drop", "hang", "expired"]
    times: int = 1
    seconds: float | None = None
    retry_after: float | None = None


MachineFaultKind = Literal[
    # the service refuses the machine
    "sku-not-available",
    "quota",
    "quota-exceeded",
    "not-purchasable",
    # its creation fails for want of hardware
    "allocation-failed",
    "zonal-allocation-failed",
    "overconstrained",
    # it boots, and this is what comes of it
    "success",
    "timed-out-then-ready",
    "timed-out",
    "client-error",
    "agent-never-ready",
    "no-agent",
    "reports-ready",
]


@dataclass
class MachineFault:
    """What happens to the next `times` machines whose name, size, location and image match the regular expressions.

    `machine` is a refusal, a failure of the allocation, or the outcome of the boot. With `leaves`, a refused machine
    leaves its network interface behind.
    """

    machine: MachineFaultKind
    name: str = ".*"
    size: str = ".*"
    location: str = ".*"
    image: str = ".*"
    times: int = 1
    leaves: bool = False

    def __post_init__(self) -> None:
        for field_name in ("name", "size", "location", "image"):
            _check_pattern(field_name, getattr(self, field_name))

    def matches(self, name: str, size: str, location: str, image: str) -> bool:
        """Whether this machine meets the fault."""
        return (
            bool(re.fullmatch(self.size, size, re.IGNORECASE))
            and bool(re.fullmatch(self.location, location, re.IGNORECASE))
            and bool(re.search(self.name, name, re.IGNORECASE))
            and bool(re.search(self.image, image, re.IGNORECASE))
        )


Fault = RequestFault | ShareFault | RegionFault | IdentityFault | MachineFault | UpgradeFault


def parse_fault(document: dict[str, Any]) -> Fault:
    """Reads a fault: of the identity endpoint if the document has `identity`, of a region if it has `region`.

    One with `machine` is about machines, one with `upgrade` about OS upgrades, one with `share` about a share of all
    requests, any other about requests. Raises ValueError.
    """
    if "share" in document:
        return parse_fields(ShareFault, document)
    if "machine" in document:
        return parse_fields(MachineFault, document)
    if "identity" in document:
        return parse_fields(IdentityFault, document)
    if "upgrade" in document:
        return parse_fields(UpgradeFault, document)
    if "region" in document:
        return parse_fields(RegionFault, document)
    return parse_fields(RequestFault, document)


@dataclass
class Faults:
    """All active faults."""

    requests: list[RequestFault] = field(default_factory=list)
    shares: list[ShareFault] = field(default_factory=list)
    regions: list[RegionFault] = field(default_factory=list)
    identity: list[tuple[IdentityFault, datetime]] = field(default_factory=list)
    upgrades: list[UpgradeFault] = field(default_factory=list)
    machines: list[MachineFault] = field(default_factory=list)

    def __post_init__(self) -> None:
        # another one when the faults are removed or released, which is what a request that hangs waits for
        self.generation = object()

    def add(self, fault: Fault, now: datetime) -> None:
        """Activates a fault at a simulated time."""
        if isinstance(fault, IdentityFault):
            self.identity.append((fault, now))
        elif isinstance(fault, RegionFault):
            self.regions.append(fault)
        elif isinstance(fault, UpgradeFault):
            self.upgrades.append(fault)
        elif isinstance(fault, MachineFault):
            self.machines.append(fault)
        elif isinstance(fault, ShareFault):
            self.shares.append(fault)
        else:
            self.requests.append(fault)

    def clear(self) -> None:
        """Removes all faults."""
        self.requests.clear()
        self.shares.clear()
        self.regions.clear()
        self.identity.clear()
        self.upgrades.clear()
        self.machines.clear()
        self.generation = object()

    def release(self) -> None:
        """Lets the requests that hang be cut off, and none hang any more; other faults stay."""
        self.requests[:] = [fault for fault in self.requests if not fault.hangs]
        self.generation = object()

    def take_request_fault(self, method: str, path: str, agent: str = "") -> RequestFault | None:
        """Returns the fault that this request meets, or None, and counts it."""
        for fault in self.requests:
            if fault.matches(method, path, agent):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.requests.remove(fault)
                return fault
        for share in self.shares:
            drawn = share.draw(method, path, agent)
            if drawn is not None:
                return drawn
        return None

    def take_machine_fault(self, name: str, size: str, location: str, image: str) -> MachineFault | None:
        """Returns the fault that a new machine meets, or None, and counts it."""
        for fault in self.machines:
            if fault.matches(name, size, location, image):
                fault.times -= 1
                if fault.times <= 0:
                    self.machines.remove(fault)
                return fault
        return None

    def take_identity_fault(self, now: datetime) -> IdentityFault | None:
        """Returns the fault that a request for a token meets at a simulated time, or None, and counts it."""
        self.identity = [entry for entry in self.identity if not _has_ended(*entry, now)]
        if not self.identity:
            return None
        fault, _started = self.identity[0]
        if fault.seconds is None:
            fault.times -= 1
        return fault

    def region_fault(self, version_id: str, region: str, progress: int) -> RegionFault | None:
        """Returns the fault that this region meets at this progress, or None."""
        for fault in self.regions:
            if fault.matches(version_id, region) and progress >= fault.progress:
                return fault
        return None

    def take_upgrade_fault(self, scale_set_id: str, version_id: str) -> UpgradeFault | None:
        """Returns the fault that this upgrade meets, or None, and counts it."""
        for fault in self.upgrades:
            if fault.matches(scale_set_id, version_id):
                fault.times -= 1
                if fault.times <= 0:
                    self.upgrades.remove(fault)
                return fault
        return None

    def count_failure(self, fault: RegionFault) -> None:
        """Counts one failure, and removes the fault after the last."""
        fault.times -= 1
        if fault.times <= 0:
            self.regions.remove(fault)

    def as_json(self) -> dict[str, Any]:
        """Returns all active faults."""
        return asdict(self) | {"identity": [asdict(fault) for fault, _started in self.identity]}


def _has_ended(fault: IdentityFault, started: datetime, now: datetime) -> bool:
    if fault.seconds is None:
        return fault.times <= 0
    return now >= started + timedelta(seconds=fault.seconds)


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{name!r} is not a regular expression: {error}.") from error
