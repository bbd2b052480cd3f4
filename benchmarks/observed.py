"""Reads what a contender did: from the simulator's control plane, the host's, and /proc, which only Linux has."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from benchmarks.bound import makespan_bound
from benchmarks.figures import Run, Spread
from local.stack import Stack

_VERSION = "/versions/"
_TOO_MANY_REQUESTS = 429
_HISTORY = ("instances", "episodes", "events", "bytes")


@dataclass(frozen=True)
class Reading:
    """All counters at a moment. `history` has those of each orchestrator."""

    calls: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    operations: int = 0
    cpu_seconds: Counter[str] = field(default_factory=Counter)
    executions: Counter[str] = field(default_factory=Counter)
    history: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Reads the counters of simulator and host."""
        calls = {(one["kind"], one["status"]): one["count"] for one in stack.control("GET", "calls")}
        operations = len(stack.control("GET", "operations"))
        cpu = {"simulator": stack.control("GET", "cpu")["process_seconds"]}
        if not stack.with_host:
            return cls(Counter(calls), operations, Counter(cpu))
        host = _host(stack, "cpu")
        cpu |= {"functions": host["functions_seconds"], "host": host["host_seconds"]}
        executions = {name: one["calls"] for name, one in host["functions"].items()}
        return cls(Counter(calls), operations, Counter(cpu), Counter(executions), _host(stack, "history"))


@dataclass(frozen=True)
class Creation:
    """The creation of a version, as the simulated Azure saw it."""

    version: str
    started: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        """How long the replication took."""
        return (self.ended - self.started).total_seconds()

    @property
    def subscription(self) -> str:
        """The subscription whose limits the write met."""
        return self.version.split("/")[2]


@dataclass(frozen=True)
class Outcome:
    """What the contender itself knows: how it ended, how long it took, and when it knew that each version was done.

    `alone` says that the images were migrated one after the other, each as if there were no other.
    """

    contender: str
    images: int
    makespan_seconds: float
    seen: Mapping[str, datetime]
    ended: dict[str, int]
    alone: bool = False


def observed(
    stack: Stack,
    outcome: Outcome,
    before: Reading,
    after: Reading,
    *,
    wall_seconds: float,
    own_cpu_seconds: Mapping[str, float] | None = None,
    own_memory_mib: Mapping[str, float] | None = None,
    real_time: bool = False,
) -> Run:
    """Returns the figures of a run that has ended; the readings are those of its begin and its end."""
    creations = creations_since(stack, before.operations)
    late = {
        one.version: (outcome.seen[one.version] - one.ended).total_seconds()
        for one in creations
        if one.version in outcome.seen
    }
    calls = after.calls - before.calls
    cpu = {name: after.cpu_seconds[name] - before.cpu_seconds[name] for name in after.cpu_seconds}
    return Run(
        contender=outcome.contender,
        images=1 if outcome.alone else outcome.images,
        repeats=outcome.images if outcome.alone else 1,
        ended=outcome.ended,
        makespan_seconds=round(outcome.makespan_seconds, 1),
        bound_seconds=round(_bound(creations, alone=outcome.alone), 1),
        late_seconds=Spread.of(late.values()),
        seen_over_replication=Spread.of(
            1 + late[one.version] / one.seconds for one in creations if one.version in late
        ),
        replication_seconds=Spread.of(one.seconds for one in creations),
        calls=_by_kind(calls),
        throttled=sum(count for (_, status), count in calls.items() if status == _TOO_MANY_REQUESTS),
        cpu_seconds={
            name: round(seconds, 2) for name, seconds in (cpu | dict(own_cpu_seconds or {})).items()
        },
        peak_memory_mib=(memory(stack) | dict(own_memory_mib or {})),
        wall_seconds=round(wall_seconds, 1),
        real_time=real_time,
        executions=dict((after.executions - before.executions).most_common()),
        history=_written(before.history, after.history),
    )


def _bound(creations: Sequence[Creation], *, alone: bool) -> float:
    """The least makespan; of images that were migrated alone, the mean of their replication times."""
    if alone:
        return sum(one.seconds for one in creations) / max(1, len(creations))
    by_subscription = defaultdict[str, list[float]](list)
    for one in creations:
        by_subscription[one.subscription].append(one.seconds)
    return makespan_bound(by_subscription)


def creations_since(stack: Stack, operations: int) -> list[Creation]:
    """Returns the versions whose creation ended successfully, but for those of the first operations."""
    return [
        Creation(
            one["id"].lower(), datetime.fromisoformat(one["started"]), datetime.fromisoformat(one["ended"])
        )
        for one in stack.control("GET", "operations")[operations:]
        if _VERSION in one["id"] and one["verb"] == "create" and one["status"] == "Succeeded"
    ]


def memory(stack: Stack) -> dict[str, float]:
    """Returns the most memory that each process of the stack had."""
    return {name: peak_memory_mib(str(process)) for name, process in stack.process_ids().items()}


def peak_memory_mib(process: str) -> float:
    """Returns the most memory that a process had at once; `self` is this one."""
    status = Path("/proc", process, "status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return round(int(found[1]) / 1024, 1) if found else 0.0


def _by_kind(calls: Counter[tuple[str, int | None]]) -> dict[str, int]:
    kinds = Counter[str]()
    for (kind, _), count in calls.items():
        kinds[kind] += count
    return dict(kinds.most_common())


def _written(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    """What was written into histories between two readings. The longest history is that of the whole time."""
    return {
        name: {one: written[one] - before.get(name, {}).get(one, 0) for one in _HISTORY}
        | {"longest": written["longest"]}
        for name, written in after.items()
    }


def _host(stack: Stack, what: str) -> Any:
    return stack.http.get(f"{stack.host['url']}/_host/{what}").raise_for_status().json()
