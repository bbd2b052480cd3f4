"""What starts a retirement, what persons decide about it, and the names under which both are kept."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from domain.resources.ids import ImageId, ImageVersionId
from domain.starts import Start

RETIREMENT_ID_PREFIX = "retirement-"
# the external event after which a retirement looks at once. It is a hint: the decisions themselves are records
DECIDED_EVENT = "decided"
DECISIONS = "decisions"
CERTIFICATES = "certificates"
# of every policy definition and assignment that a retirement writes
GUARD_PREFIX = "gallerist-retire-"
_GUARD_NAME = re.compile(rf"{GUARD_PREFIX}([0-9a-f]{{32}})")

DecisionKind = Literal["approve", "reject", "acknowledge", "cancel"]


def retirement_id(image: ImageId, fingerprint: str) -> str:
    """The instance id of the retirement of an image with this content."""
    return RETIREMENT_ID_PREFIX + hashlib.sha256(f"{image.key}\n{fingerprint}".encode()).hexdigest()[:32]


def guard_name(retirement: str) -> str:
    """The name of a retirement's policy definition and assignment; at most 64 characters (documented)."""
    return f"{GUARD_PREFIX}{retirement.removeprefix(RETIREMENT_ID_PREFIX)}"


def guarded_retirement(name: str) -> str | None:
    """The retirement whose policy assignment has this name; None if it is not one of a retirement."""
    found = _GUARD_NAME.fullmatch(name)
    return RETIREMENT_ID_PREFIX + found[1] if found else None


class RetiredTarget(BaseModel):
    """The version in one target gallery, and every region that its migration wanted."""

    version_id: ImageVersionId
    regions: list[str]


class RetirementRequest(Start):
    """The input of `retire_image` at its start: the image as its migration saw it, and what replaces it.

    `proof_wanted` says that the migration's policy asked for a proof. One that a person began by hand always needs
    an approval.
    """

    image: ImageId
    fingerprint: str
    created_at: datetime | None = None
    targets: list[RetiredTarget] = Field(min_length=1)
    migration: str
    started_by: str
    rule: str | None = None
    proof_wanted: bool = False
    by_hand: bool = False

    @property
    def id(self) -> str:
        """The retirement's instance id."""
        return retirement_id(self.image, self.fingerprint)


class Decision(BaseModel):
    """What a person decided about one retirement, which has one image and one fingerprint.

    `run` is the start of the retirement: one that is begun again is decided again. An approval is for the soak of this
    `round`: after another soak it is void. An acknowledgement is for one consumer with this digest: it is void when the
    consumer changes.
    """

    kind: DecisionKind
    retirement: str
    run: str
    by: str
    at: datetime
    reason: str
    round: int = 0
    consumer: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Where the decision is kept."""
        at = self.at.astimezone(UTC)
        text = f"{self.kind}\n{self.by}\n{at.isoformat()}\n{self.consumer}\n{self.digest}\n{self.reason}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return f"{decisions_folder(self.retirement)}{at:%Y%m%dT%H%M%S%fZ}-{self.kind}-{digest}.json"


def decisions_folder(retirement: str) -> str:
    """The folder of a retirement's decisions."""
    return f"{DECISIONS}/{retirement}/"


def certificates_folder(retirement: str) -> str:
    """The folder of a retirement's certificates: one for each attempt to delete."""
    return f"{CERTIFICATES}/{retirement}/"


def certificate_name(retirement: str, at: datetime, part: Literal["certificate", "deletion"]) -> str:
    """Where a certificate, or the document that completes it, is kept."""
    return f"{certificates_folder(retirement)}{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{part}.json"


class Attempt(BaseModel):
    """One certificate's name, read: whose it is, and when it was made."""

    retirement: str
    at: datetime

    @classmethod
    def of_name(cls, name: str) -> Self | None:
        """Reads the name of a certificate; None for any other."""
        folder, _, file = name.removeprefix(f"{CERTIFICATES}/").partition("/")
        moment, _, part = file.partition("-")
        if part != "certificate.json":
            return None
        try:
            at = datetime.strptime(moment, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(retirement=folder, at=at)
