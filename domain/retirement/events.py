"""What happened to a retirement: the outcome of an effect, or that it woke."""

from datetime import datetime
from typing import Literal, NamedTuple

from domain.records.evidence import Stored
from domain.results import Failure
from domain.retirement.effects import NoticeKind
from domain.retirement.readings import Look


class Woke(NamedTuple):
    """The retirement began, a wait is over, or a person decided something."""


class Looked(NamedTuple):
    """Everything was read."""

    look: Look


class LookFailed(NamedTuple):
    """Nothing could be read."""

    failure: Failure


class Protected(NamedTuple):
    """The versions are being protected, or Azure refused."""

    failure: Failure | None


class Told(NamedTuple):
    """The outbox took a notice, or not; the look from which it followed is still to be acted on."""

    kind: NoticeKind
    look: Look
    failure: Failure | None


class Guarded(NamedTuple):
    """The policy assignments were written, or Azure refused one."""

    failure: Failure | None


class Certified(NamedTuple):
    """The certificate is stored, or the store refused it."""

    stored: Stored | None
    at: datetime
    failure: Failure | None


class DeleteAnswered(NamedTuple):
    """What became of the DELETE: `moved` says why it was not sent after all, `failure` why Azure refused it.

    None of the three means that it was accepted, or that the image was gone already. `unanswered` means that nobody
    knows.
    """

    operation_url: str | None = None
    moved: str | None = None
    failure: Failure | None = None
    unanswered: bool = False


class ImageSeen(NamedTuple):
    """The image after its DELETE: gone, another one, or still there; `failure` is why its deletion failed."""

    outcome: Literal["gone", "re-created", "there", "unread"]
    failure: Failure | None = None


class Completed(NamedTuple):
    """The certificate is completed, or the store refused it."""

    failure: Failure | None


class Unguarded(NamedTuple):
    """The policy assignments are removed, or Azure refused."""

    failure: Failure | None


Event = (
    Woke
    | Looked
    | LookFailed
    | Protected
    | Told
    | Guarded
    | Certified
    | DeleteAnswered
    | ImageSeen
    | Completed
    | Unguarded
)
