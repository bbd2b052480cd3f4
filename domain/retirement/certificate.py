"""The deletion certificate: every obligation with its evidence, stored before the DELETE, completed after it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from domain.about import VERSION
from domain.records.evidence import Stored, digest_of, text_of
from domain.resources.ids import ImageId, ImageVersionId
from domain.retirement.messages import Decision, certificate_name
from domain.retirement.obligations.decisions import is_for
from domain.retirement.readings import Look
from domain.retirement.retirement import Approval, Obligation, Retirement

# of a digest, as much as a tag shows
TAG_DIGITS = 16


class Frozen(BaseModel):
    """A document that never changes once it is made."""

    model_config = ConfigDict(frozen=True)


class Certificate(Frozen):
    """Why this image may be deleted: stored before the DELETE.

    `record` is the image resource as ARM showed it: it suffices to make the resource's description again, in whose
    place `replaced_by` stand.
    """

    kind: Literal["deletion certificate"] = "deletion certificate"
    retirement: str
    image: ImageId
    fingerprint: str
    migration: str
    rule: str
    made_at: datetime
    made_by: str
    obligations: list[Obligation]
    approval: Approval | None
    acknowledgements: list[Decision]
    replaced_by: list[ImageVersionId]
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Where it is stored: each attempt has its own."""
        return certificate_name(self.retirement, self.made_at, "certificate")


class Deletion(Frozen):
    """What completes a certificate: the last look, and that the image is gone, confirmed by reading.

    Without `delete_answered` Gallerist was interrupted while it sent the DELETE, and then found the image gone.
    """

    kind: Literal["deletion"] = "deletion"
    retirement: str
    image: ImageId
    certificate: Stored
    sent_at: datetime | None
    delete_answered: bool
    confirmed_at: datetime
    confirmed_by: str
    last_look: list[Obligation]

    @property
    def name(self) -> str:
        """Where it is stored, beside its certificate."""
        return self.certificate.name.replace("-certificate.json", "-deletion.json")


def certificate_of(retirement: Retirement, look: Look, now: datetime) -> Certificate:
    """The certificate of a retirement whose obligations are all met."""
    own = [decision for decision in look.reading.decisions if is_for(retirement, decision)]
    return Certificate(
        retirement=retirement.id,
        image=retirement.image,
        fingerprint=retirement.fingerprint,
        migration=retirement.migration,
        rule=look.terms.rule,
        made_at=now,
        made_by=f"gallerist-{VERSION}",
        obligations=retirement.obligations,
        approval=retirement.approval,
        acknowledgements=[one for one in own if one.kind == "acknowledge"],
        replaced_by=[target.version_id for target in retirement.targets],
        record=look.reading.image.document,
    )


def deletion_of(retirement: Retirement, certificate: Stored, how: str, now: datetime) -> Deletion:
    """The document that completes a certificate."""
    return Deletion(
        retirement=retirement.id,
        image=retirement.image,
        certificate=certificate,
        sent_at=retirement.sent_at,
        delete_answered=retirement.delete_answered,
        confirmed_at=now,
        confirmed_by=how,
        last_look=retirement.obligations,
    )


def stored(document: Certificate | Deletion) -> Stored:
    """Where a document is stored, and the digest of its text."""
    return Stored(name=document.name, digest=digest_of(text_of(document)))
