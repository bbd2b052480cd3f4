"""Automatic OS upgrades of scale sets: when one begins, how it goes from batch to batch, and what its history shows."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.faults import UpgradeFault
from azure_compute_simulator.models.resources import Json

# documented: a new version's first roll-out is triggered within three hours
LONGEST_DELAY = timedelta(hours=3)
# documented: at most a fifth of the instances at once
BATCHES = 5
# inferred: replacing the OS disks of a batch, and its health checks
BATCH_SECONDS = 600.0
# documented: the history has the last five attempts of the last two months
MOST_SHOWN = 5
SHOWN_FOR = timedelta(days=60)
ROLLING_FORWARD, COMPLETED, FAULTED, CANCELLED = "RollingForward", "Completed", "Faulted", "Cancelled"


@dataclass
class Instance:
    """An instance of a scale set. `version` is the number of the version that it runs; None if it is not simulated.

    `shown` are properties that a seed states, which replace those that are simulated.
    """

    number: int
    name: str
    vm_id: str
    reference: Json
    version: str | None
    latest_model: bool = True
    shown: Json = field(default_factory=dict)


@dataclass
class Plan:
    """An upgrade that has not begun: to which version, and when it begins."""

    version: str
    due: datetime


@dataclass
class Upgrade:
    """An upgrade to a version, running or over. `before` are the former versions of the instances by number."""

    target: Json
    version: str
    started: datetime
    instances: list[int]
    before: dict[int, str | None]
    fault: UpgradeFault | None = None
    code: str = ROLLING_FORWARD
    done: int = 0
    failed: int = 0
    rolled_back: int = 0
    ended: datetime | None = None

    @property
    def batches(self) -> list[list[int]]:
        """The instances of each batch."""
        size = max(1, -(-len(self.instances) // BATCHES))
        return [self.instances[at : at + size] for at in range(0, len(self.instances), size)]

    def batch_ends(self, index: int) -> datetime:
        """Returns when a batch is done."""
        return self.started + timedelta(seconds=BATCH_SECONDS * (index + 1))

    def progress(self) -> Json:
        """Returns how many instances are done (specified)."""
        pending = len(self.instances) - self.done - self.failed
        running = self.code == ROLLING_FORWARD
        at_work = min(pending, len(self.batches[0]) if self.batches else 0) if running else 0
        return {
            "successfulInstanceCount": self.done,
            "failedInstanceCount": self.failed,
            "inProgressInstanceCount": at_work,
            "pendingInstanceCount": pending - at_work,
        }

    def error(self) -> Json:
        """Returns the error of an upgrade that failed (specified; its code is inferred)."""
        if self.code != FAULTED or self.fault is None:
            return {}
        return {
            "error": {
                "code": "MaxUnhealthyInstancePercentExceededInRollingUpgrade",
                "message": self.fault.message,
            }
        }

    def as_history(self, location: str) -> Json:
        """Returns the entry of the history of OS upgrades (documented, specified)."""
        status: Json = {"code": self.code, "startTime": timestamp(self.started)}
        if self.ended:
            status["endTime"] = timestamp(self.ended)
        properties: Json = {
            "runningStatus": status,
            "progress": self.progress(),
            "startedBy": "Platform",
            "targetImageReference": dict(self.target),
            "rollbackInfo": {
                "successfullyRolledbackInstanceCount": self.rolled_back,
                "failedRolledbackInstanceCount": 0,
            },
        }
        return {
            "properties": properties | self.error(),
            "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
            "location": location,
        }

    def as_latest(self, location: str) -> Json:
        """Returns the latest rolling upgrade. It names no target, and has no id (azure-sdk-for-net #45613)."""
        last = self.ended or self.started
        status = {
            "code": self.code,
            "startTime": timestamp(self.started),
            "lastAction": "Cancel" if self.code == CANCELLED else "Start",
            "lastActionTime": timestamp(last),
        }
        policy = {
            "maxBatchInstancePercent": 20,
            "maxUnhealthyInstancePercent": 20,
            "maxUnhealthyUpgradedInstancePercent": 20,
            "pauseTimeBetweenBatches": "PT0S",
        }
        properties: Json = {"policy": policy, "runningStatus": status, "progress": self.progress()}
        return {
            "properties": properties | self.error(),
            "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
            "location": location,
        }


@dataclass
class Fleet:
    """The instances of a scale set, and its upgrades, the newest last.

    `version` is the version that it was upgraded to at last, or tried to be: none is tried twice (inferred).
    """

    instances: list[Instance] = field(default_factory=list)
    version: str | None = None
    plan: Plan | None = None
    upgrades: list[Upgrade] = field(default_factory=list)
    made: int = 0

    @property
    def running(self) -> Upgrade | None:
        """The upgrade that runs."""
        return self.upgrades[-1] if self.upgrades and self.upgrades[-1].code == ROLLING_FORWARD else None

    def history(self, now: datetime) -> list[Upgrade]:
        """Returns what the history shows, the newest first."""
        shown = [upgrade for upgrade in self.upgrades if upgrade.started > now - SHOWN_FOR]
        return shown[::-1][:MOST_SHOWN]


def drawn_delay(scale_set: str, version: str) -> timedelta:
    """Returns how long an upgrade takes to be triggered: always the same for one scale set and version."""
    digest = hashlib.sha256(f"{scale_set} {version}".lower().encode()).digest()
    return LONGEST_DELAY * (int.from_bytes(digest[:4], "big") / 2**32)


def number(version: str) -> tuple[int, ...]:
    """Returns the number of a version, to compare."""
    return tuple(int(part) for part in version.split("."))
