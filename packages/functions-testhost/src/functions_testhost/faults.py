"""Faults that a test sets in advance: the worker dies or hangs during a call. What then happens is in worker.py."""

from collections import Counter
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal["worker-dies", "worker-hangs"]
During = Literal["activity", "episode", "entity", "trigger"]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        kind: the worker dies, or the call hangs until `functionTimeout` ends the worker.
        during: the kind of call; an `episode` is one call of an orchestrator, a `trigger` that of an HTTP, Event Grid
            or timer function.
        function: the name that callers use; without it, any function of that kind.
        after_effects: whether the function runs to its end first, so that its effects are done and its result is lost.
        skip: how many matching calls pass before the first one is hit.
        times: how many calls are hit.
    """

    kind: Kind
    during: During
    function: str = ""
    after_effects: bool = False
    skip: int = 0
    times: int = 1

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Fault":
        """Reads the body of `POST /_host/faults`.

        Raises:
            ValueError: a field is unknown or has no valid value; the message names it.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(unknown)}; a fault has {', '.join(known)}")
        return cls(
            kind=_one_of(document, "kind", get_args(Kind)),
            during=_one_of(document, "during", get_args(During)),
            function=_typed(document.get("function", ""), "function", str),
            after_effects=_typed(document.get("after_effects", False), "after_effects", bool),
            skip=_count(document.get("skip", 0), "skip"),
            times=_count(document.get("times", 1), "times"),
        )

    def matches(self, during: During, function: str) -> bool:
        """Whether the fault is for this call. Names of durable functions ignore case."""
        return self.during == during and self.function.lower() in ("", function.lower())


class Faults:
    """The faults that are set, and how many matching calls each has seen."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._seen: Counter[int] = Counter()

    def add(self, fault: Fault) -> None:
        """Sets a fault beside those that are set."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Removes every fault."""
        self._faults.clear()
        self._seen.clear()

    def take(self, during: During, function: str) -> Fault | None:
        """Returns the fault that hits this call, or None. Every matching fault counts the call."""
        hit = None
        for index, fault in enumerate(self._faults):
            if not fault.matches(during, function):
                continue
            self._seen[index] += 1
            if hit is None and fault.skip < self._seen[index] <= fault.skip + fault.times:
                hit = fault
        return hit

    def to_json(self) -> list[dict[str, Any]]:
        """Lists the faults, each with the number of calls that it still hits (`remaining`)."""
        return [
            {
                **asdict(fault),
                "remaining": fault.times - min(max(self._seen[index] - fault.skip, 0), fault.times),
            }
            for index, fault in enumerate(self._faults)
        ]


def _one_of(document: dict[str, Any], name: str, choices: tuple[Any, ...]) -> Any:
    if document.get(name) not in choices:
        raise ValueError(f"'{name}' must be one of {', '.join(choices)}, not {document.get(name)!r}")
    return document[name]


def _typed(value: Any, name: str, expected: type) -> Any:
    if not isinstance(value, expected):
        raise ValueError(f"'{name}' must be a {expected.__name__}, not {value!r}")  # noqa: TRY004  # it is the body that is wrong
    return value


def _count(value: Any, name: str) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"'{name}' must be a number that is not negative, not {value!r}")
    return value
