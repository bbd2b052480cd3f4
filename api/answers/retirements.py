"""The answers about retirements, their certificates, and the freeze."""

from datetime import datetime
from typing import Any, Self

from api.answers.base import Answer, Links, UnreadableInstance
from api.ids import AnyImageId, AnyVersionId
from api.links import Addresses
from domain.records.freeze import Freeze as FreezeState
from domain.results import CurrentWait, Failure
from domain.retirement.retirement import Approval, Obligation
from domain.retirement.retirement import Retirement as RetirementStatus
from domain.retirement.states import RetirementState


class Retirement(Answer):
    """The retirement of one managed image."""

    id: str
    image: AnyImageId
    fingerprint: str
    """Identifies the image's content: the retirement, and an approval, are for this content."""
    state: RetirementState
    """`retired`, `kept`, `expired`, `cancelled` and `failed` are ends."""
    started_by: str
    by_hand: bool
    """A person began it, so it needs an approval whatever the policy says."""
    replaced_by: list[AnyVersionId]
    """The versions that replace the image, one in each target gallery."""
    obligations: list[Obligation]
    """What must be true before the image is deleted: what is met, and for the rest why not and who can change that."""
    soak_since: datetime | None
    """Since when the versions are complete and proved and nothing refers to the image."""
    soak_ends: datetime | None
    noticed_at: datetime | None
    """When the owner was told."""
    expires: datetime | None
    """When it stops waiting for an approval."""
    approval: Approval | None
    strict: bool
    """New machines from the image are denied while it runs."""
    refusal: Failure | None
    """Why Azure refused a write, and who can change that."""
    certificate: str | None
    """Where the certificate is stored: `GET retirements/{id}/certificate` returns it."""
    reason: str | None
    """How and why it ended."""
    waiting_for: CurrentWait | None
    created: datetime
    updated: datetime
    links: Links

    @classmethod
    def of(
        cls,
        instance_id: str,
        status: RetirementStatus,
        created: datetime,
        updated: datetime,
        links: Addresses,
    ) -> Self:
        """The retirement as the task hub knows it."""
        return cls(
            id=instance_id,
            image=status.image,
            fingerprint=status.fingerprint,
            state=status.state,
            started_by=status.started_by,
            by_hand=status.by_hand,
            replaced_by=[target.version_id for target in status.targets],
            obligations=status.obligations,
            soak_since=status.soak_since,
            soak_ends=status.soak_ends,
            noticed_at=status.noticed_at,
            expires=status.expires,
            approval=status.approval,
            strict=status.terms.strict,
            refusal=status.refusal,
            certificate=status.certificate.name if status.certificate else None,
            reason=status.reason,
            waiting_for=status.waiting_for,
            created=created,
            updated=updated,
            links=Links(self=links.retirement(instance_id)),
        )


class Retirements(Answer):
    """A page of retirements, in the order of their ids."""

    retirements: list[Retirement]
    unreadable: list[UnreadableInstance]
    """What the task hub holds under ids of retirements, and this release cannot read."""
    next: str | None
    """The address of the next page."""


class RetirementCertificate(Answer):
    """The newest deletion certificate of a retirement."""

    certificate: dict[str, Any]
    """Every obligation with its evidence, the approval, the acknowledgements, and the image's description."""
    digest: str
    """The sha256 of the stored text, in hexadecimal; its first digits are in the tags of the versions."""
    deletion: dict[str, Any] | None
    """What completes it, once the deletion is confirmed by reading."""


class Freeze(Answer):
    """Whether deletions are stopped."""

    frozen: bool
    reason: str | None
    """Why nothing is deleted: by the policy, or by the person who stopped it."""

    @classmethod
    def of(cls, reason: str | None) -> Self:
        """Frozen for this reason, or not."""
        return cls(frozen=reason is not None, reason=reason)

    @classmethod
    def set_to(cls, freeze: FreezeState) -> Self:
        """As a request has just set it. The policy may freeze deletions besides."""
        return cls(frozen=freeze.frozen, reason=freeze.reason)
