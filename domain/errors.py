"""The errors that Gallerist raises.

GalleristError
├── ResourceIdError      a text that is not a resource id of the expected type
├── PolicyError          a policy that cannot be used
├── SettingError         a setting that cannot be used
├── IllegalMoveError     a state that cannot follow another
├── NoVersionLeftError   the largest version number, which has no successor
├── NotYetError          something that only needs time
├── TaskHubError         the task hub does not answer
├── TooLargeError        a value that the task hub does not take
└── ArmError             an error of Azure Resource Manager
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.redaction import without_secrets


class GalleristError(Exception):
    """Every error that Gallerist itself raises."""


class ResourceIdError(GalleristError, ValueError):
    """A text that is not a resource id of the expected type."""

    def __init__(self, text: str, kind: str, reason: str) -> None:
        super().__init__(f"'{text}' is not the id of a {kind}: {reason}")


class PolicyFault(NamedTuple):
    """One thing that is wrong with a policy: its line, its field as in `rules[0].name`, and the reason."""

    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class PolicyError(GalleristError):
    """A policy that cannot be used. The message has one line for each fault."""

    def __init__(self, source: str, faults: Sequence[PolicyFault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__("\n".join(f"policy {self._location(fault)}: {fault}" for fault in faults))

    def _location(self, fault: PolicyFault) -> str:
        return f"{self.source}, line {fault.line}" if fault.line else self.source


class SettingError(GalleristError):
    """A setting that cannot be used; the message names it."""


class IllegalMoveError(GalleristError):
    """A state that cannot follow the current one."""

    def __init__(self, thing: str, current: str, wanted: str, allowed: frozenset[str]) -> None:
        choices = ", ".join(sorted(allowed)) or "nothing: it is an end"
        super().__init__(
            f"a {thing} cannot go from '{current}' to '{wanted}'; from '{current}' it can go to {choices}"
        )


class NoVersionLeftError(GalleristError, ValueError):
    """The largest version number, which has no successor."""

    def __init__(self, largest: str) -> None:
        super().__init__(f"there is no version number after {largest}")


class NotYetError(GalleristError):
    """Something that is still in progress; the caller can only wait and try again."""


class TaskHubError(GalleristError):
    """The task hub does not answer as it must."""


class TooLargeError(GalleristError):
    """A value that is larger than the task hub takes."""


class ArmError(GalleristError):
    """An error of Azure Resource Manager.

    `status` is the HTTP status: 200 if an accepted operation failed later, 0 if no answer came. `code` and `message`
    are ARM's own, but for the secrets that a message repeats. `retry_after_seconds` is how long the service asks to
    wait, if it says so.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: int | None = None) -> None:
        message = without_secrets(message)
        super().__init__(f"{code} (HTTP {status}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds
