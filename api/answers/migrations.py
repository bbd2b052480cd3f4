"""The answers about migrations."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers.base import Answer, Links, UnreadableInstance
from api.ids import AnyImageId, AnyVersionId
from api.links import Addresses
from domain.migration.states import MigrationState
from domain.migration.status import Change, MigrationRecord, TargetStatus
from domain.proofs.proof import ProofStatus
from domain.resources.galleries import RegionProgress
from domain.results import CurrentWait, Failure


class StartedMigration(Answer):
    """A migration was started. Poll `links.self`."""

    id: str
    """The migration's id: one per managed image."""
    image: AnyImageId
    links: Links

    @classmethod
    def of(cls, instance_id: str, image: AnyImageId, addresses: Addresses) -> Self:
        """The migration that the request started."""
        return cls(id=instance_id, image=image, links=Links(self=addresses.migration(instance_id)))


class Proof(Answer):
    """A machine that was started from the version, to see whether it comes up."""

    region: str
    controller: str
    """`scsi` or `nvme`: the disk controller of the machine."""
    verdict: str
    """`running`, `proved`, `failed` (the image's fault), or `unproved` (no machine could be made or watched)."""
    size: str | None
    """The VM size that was tried last."""
    machine: str | None
    """The machine's name. It is deleted when the proof ends."""
    started_at: datetime | None
    ended_at: datetime | None
    agent_version: str | None
    """What the machine's VM agent reported."""
    failure: Failure | None
    warnings: list[str]

    @classmethod
    def of(cls, proof: ProofStatus) -> Self:
        """The proof as the migration knows it."""
        return cls(**proof.model_dump(exclude={"watched_by"}))


class MigrationTarget(Answer):
    """One target gallery of a migration."""

    gallery: str
    """The gallery's name."""
    definition: str
    """The image definition's name."""
    version: str | None
    """The version's number, once it has one."""
    version_id: AnyVersionId | None
    outcome: str | None
    """`created`, `updated`, or `adopted`: the version was there already."""
    state: MigrationState
    regions: list[RegionProgress]
    """The replication, region by region."""
    proofs: list[Proof]
    """The proofs of the version, region by region; none where the policy asks for none."""
    failure: Failure | None
    """Why the version is not in every region, or is not proved."""

    @classmethod
    def of(cls, target: TargetStatus) -> Self:
        """The target as the migration knows it."""
        return cls(
            gallery=target.definition.gallery.name,
            definition=target.definition.name,
            version=target.version_id.name if target.version_id else None,
            version_id=target.version_id,
            outcome=target.outcome,
            state=target.state,
            regions=target.regions,
            proofs=[Proof.of(proof) for proof in target.proofs],
            failure=target.failure,
        )


class Migration(Answer):
    """A migration."""

    id: str
    image: AnyImageId
    state: MigrationState
    """`completed`, `skipped`, `blocked`, `partial`, `unverified`, `failed` and `cancelled` are ends."""
    started_by: str
    """Who started it: the caller's name, `http`, an event, or a batch."""
    rule: str | None
    """The policy rule that matched the image."""
    fingerprint: str | None
    """Identifies the image's content: an image of the same name with other content has another fingerprint."""
    reason: str | None
    """Why it ended, unless it completed."""
    fix: str | None
    """What to do about it."""
    waiting_for: CurrentWait | None
    """What it waits for at the moment."""
    next_look: datetime | None = None
    """When it, or the batch that started it, looks at its versions next; null where Azure says when."""
    course: list[Change] = Field(default=[])
    """What it did when: each state that it came to, and each wait in it. Of very many, the first and the last ones."""
    warnings: list[str]
    failure: Failure | None
    """The error that ended it."""
    targets: list[MigrationTarget]
    followed_by: list[str]
    """The addresses of the promotions and the retirement that it started at its end."""
    created: datetime
    """When it was started."""
    updated: datetime
    """When it last changed."""
    links: Links

    @classmethod
    def of(cls, record: MigrationRecord, addresses: Addresses) -> Self:
        """The migration as the task hub knows it."""
        status = record.status
        return cls(
            id=record.id,
            image=status.image,
            state=status.state,
            started_by=status.started_by,
            rule=status.rule,
            fingerprint=status.fingerprint,
            reason=status.reason,
            fix=status.fix,
            waiting_for=status.waiting_for,
            next_look=status.next_look,
            course=status.course,
            warnings=status.warnings,
            failure=status.failure,
            targets=[MigrationTarget.of(target) for target in status.targets],
            followed_by=[addresses.of(instance_id) for instance_id in status.followed_by],
            created=record.created,
            updated=record.updated,
            links=Links(self=addresses.migration(record.id)),
        )


class Migrations(Answer):
    """A page of migrations, in the order of their ids."""

    migrations: list[Migration]
    unreadable: list[UnreadableInstance]
    """What the task hub holds under ids of migrations, and this release cannot read."""
    next: str | None
    """The address of the next page."""
