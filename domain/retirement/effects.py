"""What is to be done about a retirement next. The orchestrator carries out an effect and reports an event."""

from datetime import datetime
from typing import Literal, NamedTuple

from domain.retirement.certificate import Certificate, Deletion
from domain.retirement.protection import Protection
from domain.retirement.readings import Look
from domain.retirement.retirement import Retirement

NoticeKind = Literal["retirement.notice", "retirement.approval-needed"]


class TakeLook(NamedTuple):
    """Read everything."""


class Protect(NamedTuple):
    """Protect these versions."""

    writes: list[Protection]


class Tell(NamedTuple):
    """Hand this notice to the outbox."""

    kind: NoticeKind
    look: Look


class Guard(NamedTuple):
    """Deny new machines from the image in these subscriptions."""

    subscriptions: list[str]


class Certify(NamedTuple):
    """Store the certificate."""

    certificate: Certificate


class SendDelete(NamedTuple):
    """Read the image once more, and send the DELETE if nothing moved since this look."""

    look: Look


class SeeImage(NamedTuple):
    """Read whether the image is gone."""


class Complete(NamedTuple):
    """Store what completes the certificate."""

    deletion: Deletion


class Unguard(NamedTuple):
    """Remove every policy assignment of this retirement."""


class Rest(NamedTuple):
    """Wait until then, or until a person decides; then begin anew with `Woke`."""

    until: datetime


class End(NamedTuple):
    """Return."""


Effect = TakeLook | Protect | Tell | Guard | Certify | SendDelete | SeeImage | Complete | Unguard | Rest | End


class Step(NamedTuple):
    """The retirement after an event, and what to do next."""

    retirement: Retirement
    effect: Effect
