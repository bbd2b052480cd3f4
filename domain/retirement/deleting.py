"""The deletion: certify, look once more, send the DELETE, see that the image is gone, complete the certificate."""

from datetime import datetime, timedelta

from domain.records.evidence import Stored
from domain.results import Failure
from domain.retirement.certificate import certificate_of, deletion_of
from domain.retirement.effects import Certify, Complete, SeeImage, SendDelete, Step
from domain.retirement.ending import end
from domain.retirement.events import DeleteAnswered
from domain.retirement.readings import FRESH, Look
from domain.retirement.retirement import Ending, Retirement
from domain.retirement.states import RetirementState
from domain.retirement.waiting import SOON, WHILE_BLOCKED, refused, rest, unknown

# documented: a new policy assignment takes up to 15 minutes to apply
GUARD_APPLIES = timedelta(minutes=15)
BETWEEN_CONFIRMATIONS = timedelta(seconds=30)
LONGEST_DELETION = timedelta(hours=1)
# one 404 may come from a stale cache
GONE_READS = 2


def delete(retirement: Retirement, look: Look, now: datetime) -> Step:
    """Everything is met: certify, look once more, delete."""
    if look.terms.strict:
        applies = (retirement.guarded_since or now) + GUARD_APPLIES
        if look.begun_at < applies:
            reason = "the Azure Policy assignment takes minutes to apply; the last look begins after that"
            return rest(retirement.at(RetirementState.DELETING).without_certificate(), applies, reason)
    certified = retirement.certified_at
    if retirement.certificate is None or certified is None or now - certified > FRESH:
        retirement = retirement.at(RetirementState.DELETING).without_certificate()
        return Step(retirement, Certify(certificate_of(retirement, look, now)))
    return Step(retirement.at(RetirementState.DELETING), SendDelete(look))


def after_certificate(
    retirement: Retirement, stored: Stored | None, at: datetime, failure: Failure | None, now: datetime
) -> Step:
    """Looks once more. Only a second look, with the certificate stored, leads to the DELETE."""
    if stored is None:
        return refused(retirement, failure or unknown("the certificate was not stored"), now)
    # what is known so far is kept in the input of the next execution: whatever dies, the certificate is not forgotten
    certified = retirement.changed(certificate=stored, certified_at=at)
    return rest(certified, now, "the certificate is stored; everything is read once more")


def after_delete(retirement: Retirement, answer: DeleteAnswered, now: datetime) -> Step:
    """Watches the deletion that Azure accepted, and looks again after every other answer."""
    if answer.unanswered:
        kept = retirement.changed(maybe_sent=retirement.certificate)
        return rest(kept, now + SOON, "nobody knows whether Azure got the DELETE")
    if answer.moved is not None:
        failure = unknown(f"the image was not deleted: {answer.moved}")
        return refused(retirement, failure, now)
    if answer.failure is not None:
        return refused(retirement, answer.failure, now)
    sent = retirement.changed(
        sent_at=now,
        operation_url=answer.operation_url,
        delete_answered=True,
        gone_reads=0,
        refusal=None,
        refusals=0,
    )
    return rest(sent, now + BETWEEN_CONFIRMATIONS, "Azure is deleting the image")


def watch(retirement: Retirement, now: datetime) -> Step:
    """Goes on as if the answer had come."""
    certificate = retirement.certificate or retirement.maybe_sent
    return Step(
        retirement.at(RetirementState.DELETING).changed(certificate=certificate, sent_at=now, gone_reads=0),
        SeeImage(),
    )


def after_seeing(retirement: Retirement, outcome: str, failure: Failure | None, now: datetime) -> Step:
    """Completes the certificate once the image is gone, and looks again where it is not going."""
    sent = retirement.sent_at or now
    if outcome == "re-created":
        return _complete(retirement, "reading: another image has the name", now)
    if outcome == "gone":
        seen = retirement.changed(gone_reads=retirement.gone_reads + 1)
        if seen.gone_reads >= GONE_READS:
            return _complete(seen, f"reading: HTTP 404, {seen.gone_reads} times", now)
        return rest(
            seen, now + BETWEEN_CONFIRMATIONS, "Azure says that the image is gone; it is read once more"
        )
    if outcome == "there" and failure is None and now - sent > LONGEST_DELETION:
        failure = unknown(f"the image still exists {LONGEST_DELETION} after its DELETE")
    if outcome == "there" and failure is not None:
        there = retirement.changed(sent_at=None, operation_url=None, gone_reads=0)
        return refused(there, failure, now)
    pause = BETWEEN_CONFIRMATIONS if now - sent < LONGEST_DELETION else WHILE_BLOCKED
    return rest(retirement.changed(gone_reads=0), now + pause, "Azure is deleting the image")


def _complete(retirement: Retirement, how: str, now: datetime) -> Step:
    certificate = retirement.certificate or retirement.maybe_sent
    assert certificate is not None  # noqa: S101 # no DELETE is sent without one
    return Step(
        retirement.changed(certificate=certificate), Complete(deletion_of(retirement, certificate, how, now))
    )


def after_completion(retirement: Retirement, failure: Failure | None, now: datetime) -> Step:
    """Ends once the completion is stored, and not before."""
    if failure is not None:
        return rest(
            retirement, now + SOON, f"the completion of the certificate is not stored: {failure.message}"
        )
    versions = ", ".join(str(target.version_id) for target in retirement.targets)
    return end(retirement, Ending(state=RetirementState.RETIRED, reason=f"deleted; {versions} replaces it"))
