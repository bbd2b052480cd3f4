"""One retirement: its request, how far it is, and what stands against it. Input, output and custom status alike."""

from datetime import datetime, timedelta
from typing import Self, TypedDict, Unpack

from pydantic import BaseModel, Field

from domain.records.evidence import Stored
from domain.resources.operations import OperationUrl
from domain.results import CurrentWait, Failure
from domain.retirement.messages import RetirementRequest
from domain.retirement.readings import Terms
from domain.retirement.states import HasRetirementState, RetirementState


class Answer(BaseModel):
    """One piece of evidence: what was read, when, and what the answer was."""

    what: str
    at: datetime
    answer: str


class Obligation(BaseModel):
    """One thing that must be true before the image is deleted.

    `lifted_by` says who can make it true. `passes` marks what passes by itself within minutes and so does not start
    the soak again. `ends` is set where it can never become true: the retirement then ends, and the image is kept.
    """

    number: int
    name: str
    met: bool
    reason: str = ""
    lifted_by: str = ""
    passes: bool = False
    ends: bool = False
    evidence: list[Answer] = Field(default=[])


class Approval(BaseModel):
    """Who approved the deletion of this image with this fingerprint, when and why."""

    by: str
    at: datetime
    reason: str


class Ending(BaseModel):
    """How a retirement is going to end, once nothing of it is left in Azure."""

    state: RetirementState
    reason: str


class Changes(TypedDict, total=False):
    """The fields of a retirement that change from step to step."""

    terms: Terms
    obligations: list[Obligation]
    scanned: list[str]
    round: int
    soak_since: datetime | None
    noticed_at: datetime | None
    asked_at: datetime | None
    approval: Approval | None
    guard_placed: bool
    guarded_in: list[str]
    guarded_since: datetime | None
    certificate: Stored | None
    certified_at: datetime | None
    maybe_sent: Stored | None
    sent_at: datetime | None
    delete_answered: bool
    operation_url: str | None
    gone_reads: int
    refusal: Failure | None
    refusals: int
    ending: Ending | None
    unguard_tries: int
    reason: str | None
    waiting_for: CurrentWait | None


class Retirement(RetirementRequest, HasRetirementState):
    """The retirement of one managed image.

    `scanned` are the subscriptions of the last scan. `soak_since` is when the versions, their proof and the absence of
    references last became true; `round` counts the soaks that began. `certificate` is stored and the DELETE may follow;
    `maybe_sent` is the certificate of a DELETE that may have been sent: nobody knows. `sent_at` is when Azure accepted
    the DELETE.
    """

    terms: Terms = Terms()
    obligations: list[Obligation] = Field(default=[])
    scanned: list[str] = Field(default=[])
    round: int = 0
    soak_since: datetime | None = None
    noticed_at: datetime | None = None
    asked_at: datetime | None = None
    approval: Approval | None = None
    guard_placed: bool = False
    guarded_in: list[str] = Field(default=[])
    guarded_since: datetime | None = None
    certificate: Stored | None = None
    certified_at: datetime | None = None
    maybe_sent: Stored | None = None
    sent_at: datetime | None = None
    delete_answered: bool = False
    operation_url: OperationUrl | None = None
    gone_reads: int = 0
    refusal: Failure | None = None
    refusals: int = 0
    ending: Ending | None = None
    unguard_tries: int = 0
    reason: str | None = None
    waiting_for: CurrentWait | None = None

    @property
    def soak_ends(self) -> datetime | None:
        """When the soak is over; None while it has not begun."""
        return self.soak_since + self.terms.soak if self.soak_since else None

    @property
    def expires(self) -> datetime | None:
        """When the retirement stops waiting for an approval."""
        return self.asked_at + timedelta(days=self.terms.approval_days) if self.asked_at else None

    @property
    def unmet(self) -> list[Obligation]:
        """The obligations that stand against the deletion."""
        return [one for one in self.obligations if not one.met]

    def changed(self, **changes: Unpack[Changes]) -> Self:
        """A copy with these fields; the state changes by `moved` alone."""
        copy = self.model_copy()
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def at(self, state: RetirementState) -> Self:
        """A copy in this state, which may be the present one."""
        return self if self.state is state else self.moved(state)

    def without_certificate(self) -> Self:
        """A copy that has to be looked at and certified again before anything is deleted."""
        return self.changed(certificate=None, certified_at=None)
