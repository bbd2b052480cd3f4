"""The errors that Gallerist raises, and what an error of Azure Resource Manager means to the people who meet it.

GalleristError
├── ResourceIdError   a text that is not the resource id it should be
├── PolicyError       a policy that cannot be read
├── IllegalMoveError  a migration state that cannot follow another
├── NoVersionLeftError  a version after which there is none
├── NotYetError       something that time alone brings about
└── ArmError          what Azure Resource Manager answered instead of doing the work
"""

from collections.abc import Sequence
from typing import NamedTuple


class GalleristError(Exception):
    """Anything that Gallerist itself raises."""


class ResourceIdError(GalleristError, ValueError):
    """A text that is not the id of a resource of the wanted type."""

    def __init__(self, text: str, kind: str, reason: str) -> None:
        super().__init__(f"'{text}' is not the id of a {kind}: {reason}")


class PolicyFault(NamedTuple):
    """One thing that is wrong with a policy: its line if it has one, its field as in `rules[0].name`, and why."""

    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class PolicyError(GalleristError):
    """A policy that cannot be used, with the place and the reason of everything that is wrong, a line for each."""

    def __init__(self, source: str, faults: Sequence[PolicyFault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__("\n".join(f"policy {self._place(fault)}: {fault}" for fault in faults))

    def _place(self, fault: PolicyFault) -> str:
        return f"{self.source}, line {fault.line}" if fault.line else self.source


class IllegalMoveError(GalleristError):
    """A state that may not follow the one before it."""

    def __init__(self, thing: str, current: str, wanted: str, allowed: frozenset[str]) -> None:
        choices = ", ".join(sorted(allowed)) or "nothing: it is an end"
        super().__init__(
            f"a {thing} cannot go from '{current}' to '{wanted}'; from '{current}' it can go to {choices}"
        )


class NoVersionLeftError(GalleristError, ValueError):
    """The largest version there can be has a number that is asked for the next one."""

    def __init__(self, largest: str) -> None:
        super().__init__(f"after version {largest} there is none")


class NotYetError(GalleristError):
    """Something that is under way: asking again later is all there is to do."""


class ArmError(GalleristError):
    """An answer of Azure Resource Manager that is not the one asked for.

    `status` is the HTTP status (200 when an operation that was accepted failed later, 0 when no answer came),
    `code` and `message` the error's own, `retry_after_seconds` the service's wish if it sent one.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{code} (HTTP {status}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds
