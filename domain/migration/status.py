"""The status of one migration and of its version in each target gallery, and how a migration ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel, Field, ValidationError

from domain.field_errors import field_errors
from domain.migration.publishing import DEFINITION_TAKEN, VERSION_TAKEN
from domain.migration.states import ENDS, HasMigrationState, MigrationState
from domain.proofs.proof import ProofStatus
from domain.proofs.refusals import MACHINE_LOST, own_failure
from domain.resources.galleries import RegionProgress
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.results import CurrentWait, Failure

# an error may repeat the value that it complains of
LONGEST_MESSAGE = 200
# of the course, which is shown within the 16 KB of a custom status
LONGEST_REASON = 80
FIRST_CHANGES, LAST_CHANGES = 8, 12


class TargetStatus(HasMigrationState):
    """The version in one target gallery.

    `outcome` says what `begin_image_version` did: created, updated or adopted. `proofs` are the machines that were
    started from the version.
    """

    definition: ImageDefinitionId
    version_id: ImageVersionId | None = None
    outcome: str | None = None
    regions: list[RegionProgress] = Field(default=[])
    failure: Failure | None = None
    proofs: list[ProofStatus] = Field(default=[])

    @property
    def unproved(self) -> Failure | None:
        """Why the version is not proved although it was asked for: what is the image's fault comes first."""
        for verdict in ("failed", "unproved", "running"):
            for proof in self.proofs:
                if proof.verdict == verdict:
                    return proof.failure or own_failure(MACHINE_LOST, f"no proof was made in {proof.region}")
        return None

    def with_regions(self, regions: Sequence[RegionProgress]) -> Self:
        """Updates these regions; the others stay, in their order."""
        latest = {region.region: region for region in regions}
        copy = self.model_copy()
        copy.regions = [latest.pop(region.region, region) for region in self.regions] + list(latest.values())
        return copy

    def ended(self, state: MigrationState, failure: Failure | None = None) -> Self:
        """The end of this target."""
        copy = self.moved(state)
        copy.failure = failure
        return copy


class End(NamedTuple):
    """How a migration ends, and why where it did not complete."""

    state: MigrationState
    reason: str | None = None
    fix: str | None = None
    failure: Failure | None = None

    @classmethod
    def of_failure(cls, failure: Failure) -> Self:
        """`blocked` if only a person can resolve the failure, otherwise `failed`."""
        blocks = failure.code in (VERSION_TAKEN, DEFINITION_TAKEN)
        state = MigrationState.BLOCKED if blocks else MigrationState.FAILED
        return cls(state, failure.message, failure.fix, failure)

    @classmethod
    def of_targets(cls, targets: Sequence[TargetStatus]) -> Self:
        """`completed` if every target is, `failed` or `blocked` if none has a usable version, otherwise `partial`.

        `unverified` if every version is where it should be, and one of them is not proved. A target that was never
        begun counts as failed.
        """
        states = {target.state if target.state in ENDS else MigrationState.FAILED for target in targets}
        if states == {MigrationState.COMPLETED}:
            return cls(MigrationState.COMPLETED)
        failure = next((target.failure for target in targets if target.failure), None)
        end = cls.of_failure(failure) if failure else cls(MigrationState.FAILED)
        if states <= {MigrationState.COMPLETED, MigrationState.UNVERIFIED}:
            return end._replace(state=MigrationState.UNVERIFIED)
        return end if states == {MigrationState.FAILED} else end._replace(state=MigrationState.PARTIAL)


class Change(BaseModel):
    """A moment at which a migration came to this state, or began to wait in it; `waits_for` is the reason, cut."""

    at: datetime
    state: MigrationState
    waits_for: str | None = None


class MigrationStatus(HasMigrationState):
    """The custom status and the output of `migrate_image` and `add_regions`.

    `child_instance_ids` are the child orchestrations of the present step; each shows in its custom status what it
    waits for. `next_look` is when it looks at its versions next, or its batch does; None where Azure's events say when
    there is something to see. `followed_by` are the promotions and the retirement that the migration started. `course`
    is what it did when: each change, and of too many the first and the last ones.
    """

    image: ImageId
    started_by: str = ""
    rule: str | None = None
    fingerprint: str | None = None
    reason: str | None = None
    fix: str | None = None
    waiting_for: CurrentWait | None = None
    next_look: datetime | None = None
    child_instance_ids: list[str] = Field(default=[])
    warnings: list[str] = Field(default=[])
    failure: Failure | None = None
    targets: list[TargetStatus] = Field(default=[])
    followed_by: list[str] = Field(default=[])
    course: list[Change] = Field(default=[])

    def note(self, now: datetime) -> None:
        """Adds to the course where the migration is, if that is another place than before."""
        waits_for = self.waiting_for.reason[:LONGEST_REASON] if self.waiting_for else None
        last = self.course[-1] if self.course else None
        if last is None or (last.state, last.waits_for) != (self.state, waits_for):
            changes = [*self.course, Change(at=now, state=self.state, waits_for=waits_for)]
            self.course = [*changes[:FIRST_CHANGES], *changes[FIRST_CHANGES:][-LAST_CHANGES:]]

    def ended(self, end: End) -> Self:
        """The end of the migration."""
        copy = self.moved(end.state)
        copy.reason, copy.fix, copy.failure = end.reason, end.fix, end.failure
        copy.waiting_for, copy.next_look, copy.child_instance_ids = None, None, []
        return copy


def replication_seconds(status: MigrationStatus) -> float | None:
    """How long the only version of a completed migration replicated, as far as its course tells."""
    begun = next((one.at for one in status.course if one.state is MigrationState.REPLICATING), None)
    if status.state is not MigrationState.COMPLETED or len(status.targets) != 1 or begun is None:
        return None
    after = (
        one.at for one in status.course if one.at > begun and one.state is not MigrationState.REPLICATING
    )
    ended = next(after, None)
    return None if ended is None else (ended - begun).total_seconds()


class MigrationRecord(NamedTuple):
    """What the task hub knows of a migration."""

    id: str
    status: MigrationStatus
    running: bool
    created: datetime
    updated: datetime


class UnreadableInstance(NamedTuple):
    """An instance under an id of ours that is not readable, and why."""

    id: str
    reason: str


def unreadable(instance_id: str, expected: str, error: ValidationError) -> str:
    """Why an instance of the task hub cannot be shown, and what to do about it."""
    first, *_ = field_errors(error)
    return (
        f"the task hub holds '{instance_id}', which is not {expected} that this release can read "
        f"({first.field}: {first.message[:LONGEST_MESSAGE]}); another release or an operator started it: "
        "purge the instance, or start the image's migration again"
    )
