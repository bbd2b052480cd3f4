"""Requests about retirements and the freeze."""

from typing import Annotated

from pydantic import StringConstraints

from api.ids import AnyImageId
from api.requests.fields import Body, Query, one_of
from domain.retirement.states import RetirementState

LONGEST_REASON = 1_000
Reason = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class StartRetirement(Body):
    """The managed image to retire."""

    image: AnyImageId
    """The managed image; its migration has to be `completed` in every target gallery."""


class Approve(Body):
    """The approval of one deletion."""

    fingerprint: Text
    """The fingerprint of the image that may be deleted, as the retirement shows it."""
    reason: Reason
    """Why it may be deleted; the certificate keeps it."""


class Explain(Body):
    """Why a retirement is rejected or cancelled."""

    reason: Reason
    """Why; the record of the decision keeps it."""


class Acknowledge(Body):
    """One unknown consumer that may stay."""

    consumer: Text
    """The consumer's id, as the retirement shows it."""
    digest: Text
    """The digest of the consumer as it is now, as the retirement shows it: after a change it blocks again."""
    reason: Reason
    """Why the image may be deleted although this consumer names it; the certificate keeps it."""


class SetFreeze(Body):
    """Whether deletions are stopped."""

    frozen: bool
    """True stops every deletion at once, false allows deletions again."""
    reason: Reason
    """Why."""


class RetirementsQuery(Query):
    """Which retirements to list."""

    state: Annotated[RetirementState, one_of(RetirementState)] | None = None
    """Only retirements in this state."""
    page: str | None = None
    """Where the page starts: follow `next` instead of setting it."""
