"""One proof: a machine that is started from a version in one region, size after size, until something is known.

`verify_version` takes one attempt, with one size, in each of its executions.
"""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, Field

from domain.proofs.machine import MachineSpec, machine_name
from domain.proofs.refusals import NO_CAPACITY, NO_QUOTA, NO_SIZE, RefusalKind, own_failure
from domain.proofs.sizes import Controller, SizeNeeds, SizesRequest
from domain.proofs.verdict import MachineLook
from domain.resources.ids import ImageVersionId, MachineId, ResourceGroupId, SubnetId
from domain.resources.images import PurchasePlan
from domain.resources.regions import Region
from domain.results import CurrentWait, Failure
from domain.starts import Start

ProofVerdict = Literal["running", "proved", "failed", "unproved"]

# after every size was refused: so long until the first is tried again, and so long altogether
FIRST_CAPACITY_WAIT = timedelta(minutes=15)
LONGEST_CAPACITY_WAIT = timedelta(hours=1)
CAPACITY_PATIENCE = timedelta(hours=8)
# an image that its region does not find, although its replication is complete, is there within minutes (reported)
MOST_WAITS_FOR_REPLICA = 6
REPLICA_WAIT = timedelta(minutes=5)
# a machine that somebody deleted is made again, a few times
MOST_LOST = 2
# what is left of a proof is kept from the sweep so long after its deadline: the app may be away meanwhile
EXPIRES_AFTER_DEADLINE = timedelta(hours=2)
LOOKS_WITHIN_DEADLINE = 40
SHORTEST_LOOK_SECONDS = 30.0


class ProofStatus(BaseModel):
    """What is known of the proof in one region. Only `proved` is a proof.

    `failed` is the image's fault, `unproved` is not: no capacity, a refusal, a machine that was lost. `watched_by` is
    the child orchestration that makes the proof. `size` and `machine` are the last ones tried.
    """

    region: Region
    controller: Controller = "scsi"
    verdict: ProofVerdict = "running"
    size: str | None = None
    machine: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    agent_version: str | None = None
    failure: Failure | None = None
    warnings: list[str] = Field(default=[])
    watched_by: str | None = None

    def ended(self, verdict: ProofVerdict, now: datetime, failure: Failure | None = None) -> Self:
        """The end of the proof."""
        copy = self.model_copy()
        copy.verdict, copy.ended_at, copy.failure = verdict, now, failure
        return copy

    def warned(self, warning: str) -> Self:
        """The same status with a warning."""
        copy = self.model_copy()
        copy.warnings = [*self.warnings, warning]
        return copy


class ProofProgress(BaseModel):
    """The custom status of `verify_version`: the proof so far, and what it waits for."""

    proof: ProofStatus
    waiting_for: CurrentWait | None = None


class ProofStart(BaseModel):
    """The answer of `begin_proof_machine`: the machine was begun, found, or refused.

    `stale` says that a machine of this name was left by an earlier run: it has to go first.
    """

    begun: bool = False
    stale: bool = False
    refusal: RefusalKind | None = None
    failure: Failure | None = None


class Attempts(BaseModel):
    """What was tried so far; carried from execution to execution. `index` is the next of `sizes`."""

    sizes: list[str] | None = None
    index: int = 0
    rounds: int = 0
    refused_since: datetime | None = None
    waits_for_replica: int = 0
    lost: int = 0


class ProofRequest(Start):
    """The input of `verify_version`."""

    version_id: ImageVersionId
    region: Region
    controller: Controller
    resource_group: str
    subnet: SubnetId
    needs: SizeNeeds
    data_disk_luns: list[int] = Field(default=[])
    plan: PurchasePlan | None = None
    wanted_sizes: list[str] = Field(default=[])
    agent: bool
    deadline_minutes: float
    migration: str
    started_by: str = ""
    attempts: Attempts = Attempts()
    status: ProofStatus

    @property
    def size(self) -> str:
        """The size that this execution tries."""
        return (self.attempts.sizes or [""])[self.attempts.index]

    @property
    def machine(self) -> MachineId:
        """The machine that this execution makes."""
        name = machine_name(self.version_id, self.region, self.controller, self.size)
        return ResourceGroupId.of(self.version_id.subscription, self.resource_group).machine(name)

    @property
    def seconds_between_looks(self) -> float:
        """How often to look: the same number of times, however long a machine may take."""
        return max(SHORTEST_LOOK_SECONDS, self.deadline_minutes * 60 / LOOKS_WITHIN_DEADLINE)

    def sizes_request(self) -> SizesRequest:
        """The request for the sizes to try."""
        return SizesRequest(
            subscription=self.version_id.subscription,
            region=self.region,
            needs=self.needs,
            wanted=self.wanted_sizes,
        )

    def machine_spec(self, now: datetime) -> MachineSpec:
        """The machine of this execution."""
        return MachineSpec(
            id=self.machine,
            location=self.region,
            size=self.size,
            version_id=self.version_id,
            subnet=self.subnet,
            os_type=self.needs.os_type,
            data_disk_luns=self.data_disk_luns,
            plan=self.plan,
            agent=self.agent,
            trusted_launch=self.needs.trusted_launch,
            controller=self.controller,
            migration=self.migration,
            now=now,
            expires_at=self.deadline(now) + EXPIRES_AFTER_DEADLINE,
        )

    def deadline(self, begun_at: datetime) -> datetime:
        """When a machine that was begun at this time has to be ready."""
        return begun_at + timedelta(minutes=self.deadline_minutes)

    def with_sizes(self, sizes: list[str]) -> Self:
        """The request with the sizes to try."""
        copy = self.model_copy()
        copy.attempts = self.attempts.model_copy()
        copy.attempts.sizes = sizes
        return copy

    def began(self, now: datetime) -> Self:
        """The request while this execution's machine is tried."""
        copy = self.model_copy()
        copy.status = self.status.model_copy()
        copy.status.size, copy.status.machine = self.size, self.machine.name
        copy.status.started_at = self.status.started_at or now
        return copy


class NextAttempt(BaseModel):
    """What follows an attempt without a result: another one after a wait, or the end."""

    attempts: Attempts
    wait_seconds: float = 0.0
    failure: Failure | None = None


def next_attempt(request: ProofRequest, refusal: RefusalKind, failure: Failure, now: datetime) -> NextAttempt:
    """What to do after a refusal: the next size, then a wait, and in the end a failure that names what was missing."""
    attempts = request.attempts.model_copy()
    if refusal == "later":
        attempts.waits_for_replica += 1
        over = attempts.waits_for_replica > MOST_WAITS_FOR_REPLICA
        return NextAttempt(
            attempts=attempts,
            wait_seconds=REPLICA_WAIT.total_seconds(),
            failure=failure if over else None,
        )
    if refusal == "surroundings":
        return NextAttempt(attempts=attempts, failure=failure)
    sizes = attempts.sizes or []
    attempts.index += 1
    if refusal != "size":
        attempts.refused_since = attempts.refused_since or now
    if attempts.index < len(sizes):
        return NextAttempt(attempts=attempts)
    if attempts.refused_since is None:
        message = f"no size that was tried fits ({', '.join(sizes)}): {failure.message}"
        return NextAttempt(attempts=attempts, failure=own_failure(NO_SIZE, message))
    if now - attempts.refused_since >= CAPACITY_PATIENCE:
        return NextAttempt(attempts=attempts, failure=_for_want_of(refusal, request, sizes, failure))
    attempts.index, attempts.rounds = 0, attempts.rounds + 1
    wait = min(FIRST_CAPACITY_WAIT * 2 ** (attempts.rounds - 1), LONGEST_CAPACITY_WAIT)
    return NextAttempt(attempts=attempts, wait_seconds=wait.total_seconds())


def _for_want_of(refusal: RefusalKind, request: ProofRequest, sizes: list[str], failure: Failure) -> Failure:
    hours = CAPACITY_PATIENCE.total_seconds() / 3600
    what = "quota" if refusal == "quota" else "capacity"
    return own_failure(
        NO_QUOTA if refusal == "quota" else NO_CAPACITY,
        f"for {hours:g} hours {request.region} had no {what} for a machine of {', '.join(sizes)}; "
        f"the last refusal was {failure.code}: {failure.message}",
    )


def after_lost(request: ProofRequest, failure: Failure) -> NextAttempt:
    """A machine that somebody deleted is made again, a few times."""
    attempts = request.attempts.model_copy()
    attempts.lost += 1
    return NextAttempt(attempts=attempts, failure=failure if attempts.lost > MOST_LOST else None)


def proof_details(request: ProofRequest, status: ProofStatus, look: MachineLook | None) -> dict[str, object]:
    """What the evidence of a proof holds."""
    return {
        "version": str(request.version_id),
        "migration": request.migration,
        "proof": status.model_dump(mode="json", exclude={"watched_by"}),
        "agent_required": request.agent,
        "deadline_minutes": request.deadline_minutes,
        "last_seen": look.model_dump(mode="json", exclude={"tags"}) if look else None,
    }
