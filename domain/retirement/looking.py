"""What follows from a look: the end, a write, a notice, a wait, or the deletion."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.results import Failure
from domain.retirement.deleting import GONE_READS, delete, watch
from domain.retirement.effects import Guard, NoticeKind, Protect, Step, Tell
from domain.retirement.ending import end
from domain.retirement.judging import judged, unguarded
from domain.retirement.obligations import APPROVAL, PROTECTED, SOAK
from domain.retirement.obligations.decisions import is_for
from domain.retirement.obligations.permission import is_forbidden, needs_approval, notice_ends
from domain.retirement.obligations.rule import Facts, Rule, named
from domain.retirement.protection import protections
from domain.retirement.readings import Look
from domain.retirement.retirement import Ending, Retirement
from domain.retirement.states import RetirementState
from domain.retirement.waiting import (
    BETWEEN_LOOKS,
    SOON,
    WHILE_BLOCKED,
    block,
    next_moment,
    reasons_of,
    refused,
    rest,
    unknown,
)


def after_look(retirement: Retirement, look: Look, now: datetime, rules: Sequence[Rule]) -> Step:
    """Acts on a look. It is the only way to a certificate or a DELETE."""
    if not look.is_fresh(now):
        return rest(unsure(retirement), now + SOON, "what was read is too old to act on")
    placed = retirement.guard_placed or bool(look.reading.guards.values)
    there = look.reading.image.image is not None
    terms = look.terms if there else retirement.terms
    guarded_in = sorted({*retirement.guarded_in, *look.reading.guards.values})
    scanned = look.scan.subscriptions if look.scan else []
    retirement = retirement.changed(terms=terms, guard_placed=placed, guarded_in=guarded_in, scanned=scanned)
    if _was_deleted(retirement, look):
        return watch(retirement, now)
    # a DELETE shows at once: where the image is as before, none was accepted
    retirement = retirement.changed(maybe_sent=None) if there else unsure(retirement, certified=True)
    decided = _decided_against(retirement, look)
    if decided is not None:
        return end(retirement, decided)
    missed = retirement.gone_reads + 1 if look.reading.image.gone else 0
    if 0 < missed < GONE_READS:
        again = retirement.without_certificate().changed(gone_reads=missed)
        return rest(again, now + SOON, "Azure does not find the image; it is read once more")
    retirement = judged(retirement, look, now, rules)
    lost = [one for one in retirement.unmet if one.ends]
    if lost:
        return end(retirement, Ending(state=RetirementState.KEPT, reason=named([one.reason for one in lost])))
    return _proceed(retirement, look, now)


def unsure(retirement: Retirement, *, certified: bool = False) -> Retirement:
    """The retirement where nobody knows whether the image is there: a DELETE may have been sent before a crash."""
    kept = retirement.changed(maybe_sent=retirement.certificate or retirement.maybe_sent)
    return kept if certified else kept.without_certificate()


def _was_deleted(retirement: Retirement, look: Look) -> bool:
    """Whether the image is gone, or going, by a DELETE of ours whose answer got lost."""
    read = look.reading.image
    going = read.image is not None and read.image.provisioning_state == "Deleting"
    return bool(retirement.certificate or retirement.maybe_sent) and (read.gone or going)


def _decided_against(retirement: Retirement, look: Look) -> Ending | None:
    for decision in look.reading.decisions:
        if not is_for(retirement, decision) or decision.kind not in ("reject", "cancel"):
            continue
        state = RetirementState.KEPT if decision.kind == "reject" else RetirementState.CANCELLED
        verb = "rejected" if decision.kind == "reject" else "cancelled"
        return Ending(state=state, reason=f"{verb} by {decision.by}: {decision.reason}")
    return None


def _proceed(retirement: Retirement, look: Look, now: datetime) -> Step:
    """What follows from the obligations of a fresh look."""
    against = {one.number for one in retirement.unmet}
    writes = protections(Facts(retirement, look, now)) if PROTECTED in against else []
    if writes and not against & {1, 6}:
        return Step(retirement.without_certificate(), Protect(writes))
    if against - {SOAK, APPROVAL} or is_forbidden(Facts(retirement, look, now)):
        return block(retirement, now)
    placing = _guard(retirement, look, now) if look.terms.strict else None
    if placing is not None:
        return placing
    notice = _notice(retirement, look, now)
    if notice is not None:
        return Step(retirement.without_certificate(), Tell(notice, look))
    if against:
        return _wait_for_time_or_person(retirement, look, now, against)
    return delete(retirement, look, now)


def _guard(retirement: Retirement, look: Look, now: datetime) -> Step | None:
    """What is missing so that new machines are denied everywhere; None if nothing is."""
    if look.reading.guards.unread:
        return refused(retirement, unknown(look.reading.guards.unread), now)
    if retirement.guarded_since is not None:
        return None
    wanted = unguarded(look)
    guarded_in = sorted({*retirement.guarded_in, *wanted})
    placing = retirement.without_certificate().changed(guard_placed=True, guarded_in=guarded_in)
    return Step(placing, Guard(wanted))


def _notice(retirement: Retirement, look: Look, now: datetime) -> NoticeKind | None:
    ends = retirement.soak_ends
    if ends is None:
        return None
    if retirement.noticed_at is None:
        return "retirement.notice" if now >= ends - look.terms.notice else None
    waits = now >= ends and retirement.approval is None and needs_approval(Facts(retirement, look, now))
    return "retirement.approval-needed" if waits and retirement.asked_at is None else None


def _wait_for_time_or_person(retirement: Retirement, look: Look, now: datetime, against: set[int]) -> Step:
    retirement = retirement.without_certificate()
    if SOAK in against:
        ends = retirement.soak_ends or now + BETWEEN_LOOKS
        moments = [ends] if retirement.noticed_at else [ends - look.terms.notice, ends]
        return rest(
            retirement.at(RetirementState.SOAKING), next_moment(now, *moments), reasons_of(retirement)
        )
    expires = retirement.expires
    waits = retirement.approval is None and expires is not None
    if waits and expires is not None and now >= expires:
        reason = f"nobody approved it within {look.terms.approval_days:g} days"
        return end(retirement, Ending(state=RetirementState.EXPIRED, reason=reason))
    if waits and expires is not None:
        return rest(
            retirement.at(RetirementState.AWAITING_APPROVAL),
            next_moment(now, expires),
            reasons_of(retirement),
        )
    told = retirement.noticed_at
    due = notice_ends(told, look.terms) if told else now + WHILE_BLOCKED
    state = RetirementState.SOAKING if due > now else RetirementState.BLOCKED
    return rest(retirement.at(state), next_moment(now, due, longest=WHILE_BLOCKED), reasons_of(retirement))


def after_notice(  # noqa: PLR0917 # the parts of one event
    retirement: Retirement,
    kind: NoticeKind,
    look: Look,
    failure: Failure | None,
    now: datetime,
    rules: Sequence[Rule],
) -> Step:
    """Goes on with the look from which the notice followed; a notice that was not taken stands against the deletion."""
    if failure is not None:
        return refused(retirement, failure, now)
    is_notice = kind == "retirement.notice"
    told = retirement.changed(noticed_at=now) if is_notice else retirement.changed(asked_at=now)
    return after_look(told, look, now, rules)


def after_write(retirement: Retirement, failure: Failure | None, now: datetime, pause: timedelta) -> Step:
    """Looks again: only what is read back counts."""
    if failure is not None:
        return refused(retirement, failure, now)
    reason = "what was written is applied, and read back then"
    return rest(retirement.without_certificate(), now + pause, reason)
