"""The one function that decides what a retirement does next. It is pure, and the orchestrator only obeys it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.records.evidence import Stored
from domain.results import CurrentWait, Failure
from domain.retirement.certificate import Certificate, Deletion, certificate_of, deletion_of
from domain.retirement.obligations import (
    APPROVAL,
    OBLIGATIONS,
    SOAK,
    SOAKING,
    Facts,
    Rule,
    approval_of,
    check_all,
    is_for,
    is_forbidden,
    named,
    needs_approval,
    notice_ends,
)
from domain.retirement.protection import Protection, protections
from domain.retirement.readings import FRESH, Look
from domain.retirement.retirement import Ending, Obligation, Retirement
from domain.retirement.states import RetirementState

S = RetirementState
PROTECTED = 3

# how often everything is looked at while nothing else is due: a scan reads every subscription
BETWEEN_LOOKS = timedelta(hours=12)
WHILE_BLOCKED = timedelta(hours=1)
WHILE_UNSOAKED = timedelta(hours=6)
# what passes by itself: a version that is being updated, an answer that did not come
SOON = timedelta(minutes=5)
AFTER_REFUSAL = timedelta(minutes=15)
MOST_DOUBLINGS = 5
# documented: a new policy assignment takes up to 15 minutes to apply
GUARD_APPLIES = timedelta(minutes=15)
AFTER_GUARD = timedelta(minutes=1)
BETWEEN_CONFIRMATIONS = timedelta(seconds=30)
LONGEST_DELETION = timedelta(hours=1)
# one 404 may come from a stale cache
GONE_READS = 2
MOST_UNGUARDS = 20


# what happened


class Woke(NamedTuple):
    """The retirement began, a wait is over, or a person decided something."""


class Looked(NamedTuple):
    """Everything was read."""

    look: Look


class LookFailed(NamedTuple):
    """Nothing could be read."""

    failure: Failure


class Protected(NamedTuple):
    """The versions are being protected, or Azure refused."""

    failure: Failure | None


NoticeKind = Literal["retirement.notice", "retirement.approval-needed"]


class Told(NamedTuple):
    """The outbox took a notice, or not; the look from which it followed is still to be acted on."""

    kind: NoticeKind
    look: Look
    failure: Failure | None


class Guarded(NamedTuple):
    """The policy assignments were written, or Azure refused one."""

    failure: Failure | None


class Certified(NamedTuple):
    """The certificate is stored, or the store refused it."""

    stored: Stored | None
    at: datetime
    failure: Failure | None


class DeleteAnswered(NamedTuple):
    """What became of the DELETE: `moved` says why it was not sent after all, `failure` why Azure refused it.

    None of the three means that it was accepted, or that the image was gone already. `unanswered` means that nobody
    knows.
    """

    operation_url: str | None = None
    moved: str | None = None
    failure: Failure | None = None
    unanswered: bool = False


class ImageSeen(NamedTuple):
    """The image after its DELETE: gone, another one, or still there; `failure` is why its deletion failed."""

    outcome: Literal["gone", "re-created", "there", "unread"]
    failure: Failure | None = None


class Completed(NamedTuple):
    """The certificate is completed, or the store refused it."""

    failure: Failure | None


class Unguarded(NamedTuple):
    """The policy assignments are removed, or Azure refused."""

    failure: Failure | None


Event = (
    Woke
    | Looked
    | LookFailed
    | Protected
    | Told
    | Guarded
    | Certified
    | DeleteAnswered
    | ImageSeen
    | Completed
    | Unguarded
)


# what is to be done


class TakeLook(NamedTuple):
    """Read everything."""


class Protect(NamedTuple):
    """Protect these versions."""

    writes: list[Protection]


class Tell(NamedTuple):
    """Hand this notice to the outbox."""

    kind: NoticeKind
    look: Look


class Guard(NamedTuple):
    """Deny new machines from the image in these subscriptions."""

    subscriptions: list[str]


class Certify(NamedTuple):
    """Store the certificate."""

    certificate: Certificate


class SendDelete(NamedTuple):
    """Read the image once more, and send the DELETE if nothing moved since this look."""

    look: Look


class SeeImage(NamedTuple):
    """Read whether the image is gone."""


class Complete(NamedTuple):
    """Store what completes the certificate."""

    deletion: Deletion


class Unguard(NamedTuple):
    """Remove every policy assignment of this retirement."""


class Rest(NamedTuple):
    """Wait until then, or until a person decides; then begin anew with `Woke`."""

    until: datetime


class End(NamedTuple):
    """Return."""


Effect = TakeLook | Protect | Tell | Guard | Certify | SendDelete | SeeImage | Complete | Unguard | Rest | End


class Step(NamedTuple):
    """The retirement after an event, and what to do next."""

    retirement: Retirement
    effect: Effect


def next_step(  # noqa: C901 # a table
    retirement: Retirement, event: Event, now: datetime, rules: Sequence[Rule] = OBLIGATIONS
) -> Step:
    """Decides. `rules` are the obligations; only tests give others."""
    match event:
        case Woke():
            step = _after_waking(retirement)
        case Looked(look):
            step = _after_look(retirement, look, now, rules)
        case LookFailed(failure):
            step = _refused(_unsure(retirement), failure, now)
        case Told(kind, look, failure):
            step = _after_notice(retirement, kind, look, failure, now, rules)
        case Protected(failure) | Guarded(failure):
            step = _after_write(retirement, failure, now, AFTER_GUARD if isinstance(event, Guarded) else SOON)
        case Certified(stored, at, failure):
            step = _after_certificate(retirement, stored, at, failure, now)
        case DeleteAnswered():
            step = _after_delete(retirement, event, now)
        case ImageSeen(outcome, failure):
            step = _after_seeing(retirement, outcome, failure, now)
        case Completed(failure):
            step = _after_completion(retirement, failure, now)
        case Unguarded(failure):
            step = _after_unguard(retirement, failure, now)
    return step


def _after_waking(retirement: Retirement) -> Step:
    awake = retirement.changed(waiting_for=None)
    if awake.ending is not None:
        return Step(awake, Unguard())
    return Step(awake, SeeImage() if awake.sent_at else TakeLook())


def _after_look(retirement: Retirement, look: Look, now: datetime, rules: Sequence[Rule]) -> Step:
    if not look.is_fresh(now):
        return _rest(_unsure(retirement), now + SOON, "what was read is too old to act on")
    placed = retirement.guard_placed or bool(look.reading.guards.values)
    there = look.reading.image.image is not None
    terms = look.terms if there else retirement.terms
    guarded_in = sorted({*retirement.guarded_in, *look.reading.guards.values})
    scanned = look.scan.subscriptions if look.scan else []
    retirement = retirement.changed(terms=terms, guard_placed=placed, guarded_in=guarded_in, scanned=scanned)
    if _was_deleted(retirement, look):
        return _watch(retirement, now)
    # a DELETE shows at once: where the image is as before, none was accepted
    retirement = retirement.changed(maybe_sent=None) if there else _unsure(retirement, certified=True)
    decided = _decided_against(retirement, look)
    if decided is not None:
        return _end(retirement, decided)
    missed = retirement.gone_reads + 1 if look.reading.image.gone else 0
    if 0 < missed < GONE_READS:
        again = retirement.without_certificate().changed(gone_reads=missed)
        return _rest(again, now + SOON, "Azure does not find the image; it is read once more")
    retirement = _judged(retirement, look, now, rules)
    lost = [one for one in retirement.unmet if one.ends]
    if lost:
        return _end(retirement, Ending(state=S.KEPT, reason=named([one.reason for one in lost])))
    return _proceed(retirement, look, now)


def _unsure(retirement: Retirement, *, certified: bool = False) -> Retirement:
    """The retirement where nobody knows whether the image is there: a DELETE may have been sent before a crash."""
    unsure = retirement.changed(maybe_sent=retirement.certificate or retirement.maybe_sent)
    return unsure if certified else unsure.without_certificate()


def _was_deleted(retirement: Retirement, look: Look) -> bool:
    """Whether the image is gone, or going, by a DELETE of ours whose answer got lost."""
    read = look.reading.image
    going = read.image is not None and read.image.provisioning_state == "Deleting"
    return bool(retirement.certificate or retirement.maybe_sent) and (read.gone or going)


def _watch(retirement: Retirement, now: datetime) -> Step:
    """Goes on as if the answer had come."""
    certificate = retirement.certificate or retirement.maybe_sent
    return Step(
        retirement.at(S.DELETING).changed(certificate=certificate, sent_at=now, gone_reads=0), SeeImage()
    )


def _decided_against(retirement: Retirement, look: Look) -> Ending | None:
    for decision in look.reading.decisions:
        if not is_for(retirement, decision) or decision.kind not in ("reject", "cancel"):
            continue
        state = S.KEPT if decision.kind == "reject" else S.CANCELLED
        verb = "rejected" if decision.kind == "reject" else "cancelled"
        return Ending(state=state, reason=f"{verb} by {decision.by}: {decision.reason}")
    return None


def _judged(retirement: Retirement, look: Look, now: datetime, rules: Sequence[Rule]) -> Retirement:
    """The retirement with its obligations, as this look shows them. The soak begins, goes on or starts anew."""
    base = check_all([rule for rule in rules if rule.number in SOAKING], Facts(retirement, look, now))
    retirement = _soaked(retirement, [one for one in base if not one.met], look)
    facts = Facts(retirement, look, now)
    retirement = retirement.changed(approval=approval_of(facts), guarded_since=_guarded(retirement, look))
    return retirement.changed(obligations=check_all(rules, Facts(retirement, look, now)))


def _soaked(retirement: Retirement, unmet: list[Obligation], look: Look) -> Retirement:
    if not unmet:
        begins = retirement.soak_since is None
        since = retirement.soak_since or look.begun_at
        return retirement.changed(soak_since=since, round=retirement.round + begins)
    if retirement.soak_since is None or all(one.passes for one in unmet):
        return retirement
    # a notice and an approval are for the soak in which they were given
    return retirement.changed(soak_since=None, noticed_at=None, asked_at=None, approval=None)


def _guarded(retirement: Retirement, look: Look) -> datetime | None:
    """Since when the policy assignment was read back in every subscription expected; None if it was not."""
    if not look.terms.strict or look.reading.guards.unread or _unguarded(look):
        return None
    return retirement.guarded_since or look.ended_at


def _unguarded(look: Look) -> list[str]:
    there = {name.lower() for name in look.reading.guards.values}
    return [name for name in (look.scan.subscriptions if look.scan else []) if name.lower() not in there]


def _proceed(retirement: Retirement, look: Look, now: datetime) -> Step:
    """What follows from the obligations of a fresh look."""
    against = {one.number for one in retirement.unmet}
    writes = protections(Facts(retirement, look, now)) if PROTECTED in against else []
    if writes and not against & {1, 6}:
        return Step(retirement.without_certificate(), Protect(writes))
    if against - {SOAK, APPROVAL} or is_forbidden(Facts(retirement, look, now)):
        return _block(retirement, now)
    placing = _guard(retirement, look, now) if look.terms.strict else None
    if placing is not None:
        return placing
    notice = _notice(retirement, look, now)
    if notice is not None:
        return Step(retirement.without_certificate(), Tell(notice, look))
    if against:
        return _wait_for_time_or_person(retirement, look, now, against)
    return _delete(retirement, look, now)


def _guard(retirement: Retirement, look: Look, now: datetime) -> Step | None:
    """What is missing so that new machines are denied everywhere; None if nothing is."""
    if look.reading.guards.unread:
        return _refused(retirement, _unknown(look.reading.guards.unread), now)
    if retirement.guarded_since is not None:
        return None
    wanted = _unguarded(look)
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
        return _rest(retirement.at(S.SOAKING), _next(now, *moments), _reasons(retirement))
    expires = retirement.expires
    waits = retirement.approval is None and expires is not None
    if waits and expires is not None and now >= expires:
        reason = f"nobody approved it within {look.terms.approval_days:g} days"
        return _end(retirement, Ending(state=S.EXPIRED, reason=reason))
    if waits and expires is not None:
        return _rest(retirement.at(S.AWAITING_APPROVAL), _next(now, expires), _reasons(retirement))
    told = retirement.noticed_at
    due = notice_ends(told, look.terms) if told else now + WHILE_BLOCKED
    state = S.SOAKING if due > now else S.BLOCKED
    return _rest(retirement.at(state), _next(now, due, longest=WHILE_BLOCKED), _reasons(retirement))


def _delete(retirement: Retirement, look: Look, now: datetime) -> Step:
    """Everything is met: certify, look once more, delete."""
    if look.terms.strict:
        applies = (retirement.guarded_since or now) + GUARD_APPLIES
        if look.begun_at < applies:
            reason = "the Azure Policy assignment takes minutes to apply; the last look begins after that"
            return _rest(retirement.at(S.DELETING).without_certificate(), applies, reason)
    certified = retirement.certified_at
    if retirement.certificate is None or certified is None or now - certified > FRESH:
        retirement = retirement.at(S.DELETING).without_certificate()
        return Step(retirement, Certify(certificate_of(retirement, look, now)))
    return Step(retirement.at(S.DELETING), SendDelete(look))


def _after_notice(  # noqa: PLR0917 # the parts of one event
    retirement: Retirement,
    kind: NoticeKind,
    look: Look,
    failure: Failure | None,
    now: datetime,
    rules: Sequence[Rule],
) -> Step:
    if failure is not None:
        return _refused(retirement, failure, now)
    is_notice = kind == "retirement.notice"
    told = retirement.changed(noticed_at=now) if is_notice else retirement.changed(asked_at=now)
    return _after_look(told, look, now, rules)


def _after_write(retirement: Retirement, failure: Failure | None, now: datetime, pause: timedelta) -> Step:
    if failure is not None:
        return _refused(retirement, failure, now)
    reason = "what was written is applied, and read back then"
    return _rest(retirement.without_certificate(), now + pause, reason)


def _after_certificate(
    retirement: Retirement, stored: Stored | None, at: datetime, failure: Failure | None, now: datetime
) -> Step:
    if stored is None:
        return _refused(retirement, failure or _unknown("the certificate was not stored"), now)
    # what is known so far is kept in the input of the next execution: whatever dies, the certificate is not forgotten
    certified = retirement.changed(certificate=stored, certified_at=at)
    return _rest(certified, now, "the certificate is stored; everything is read once more")


def _after_delete(retirement: Retirement, answer: DeleteAnswered, now: datetime) -> Step:
    if answer.unanswered:
        kept = retirement.changed(maybe_sent=retirement.certificate)
        return _rest(kept, now + SOON, "nobody knows whether Azure got the DELETE")
    if answer.moved is not None:
        failure = _unknown(f"the image was not deleted: {answer.moved}")
        return _refused(retirement, failure, now)
    if answer.failure is not None:
        return _refused(retirement, answer.failure, now)
    sent = retirement.changed(
        sent_at=now,
        operation_url=answer.operation_url,
        delete_answered=True,
        gone_reads=0,
        refusal=None,
        refusals=0,
    )
    return _rest(sent, now + BETWEEN_CONFIRMATIONS, "Azure is deleting the image")


def _after_seeing(retirement: Retirement, outcome: str, failure: Failure | None, now: datetime) -> Step:
    sent = retirement.sent_at or now
    if outcome == "re-created":
        return _complete(retirement, "reading: another image has the name", now)
    if outcome == "gone":
        seen = retirement.changed(gone_reads=retirement.gone_reads + 1)
        if seen.gone_reads >= GONE_READS:
            return _complete(seen, f"reading: HTTP 404, {seen.gone_reads} times", now)
        return _rest(
            seen, now + BETWEEN_CONFIRMATIONS, "Azure says that the image is gone; it is read once more"
        )
    if outcome == "there" and failure is None and now - sent > LONGEST_DELETION:
        failure = _unknown(f"the image still exists {LONGEST_DELETION} after its DELETE")
    if outcome == "there" and failure is not None:
        there = retirement.changed(sent_at=None, operation_url=None, gone_reads=0)
        return _refused(there, failure, now)
    pause = BETWEEN_CONFIRMATIONS if now - sent < LONGEST_DELETION else WHILE_BLOCKED
    return _rest(retirement.changed(gone_reads=0), now + pause, "Azure is deleting the image")


def _complete(retirement: Retirement, how: str, now: datetime) -> Step:
    certificate = retirement.certificate or retirement.maybe_sent
    assert certificate is not None  # noqa: S101 # no DELETE is sent without one
    return Step(
        retirement.changed(certificate=certificate), Complete(deletion_of(retirement, certificate, how, now))
    )


def _after_completion(retirement: Retirement, failure: Failure | None, now: datetime) -> Step:
    if failure is not None:
        return _rest(
            retirement, now + SOON, f"the completion of the certificate is not stored: {failure.message}"
        )
    versions = ", ".join(str(target.version_id) for target in retirement.targets)
    return _end(retirement, Ending(state=S.RETIRED, reason=f"deleted; {versions} replaces it"))


def _after_unguard(retirement: Retirement, failure: Failure | None, now: datetime) -> Step:
    ending = retirement.ending
    assert ending is not None  # noqa: S101 # nothing else removes the guards
    if failure is not None and retirement.unguard_tries < MOST_UNGUARDS:
        tried = retirement.changed(unguard_tries=retirement.unguard_tries + 1, refusal=failure)
        return _rest(tried, now + AFTER_REFUSAL, f"a policy assignment cannot be removed: {failure.message}")
    left = f"; remove its policy assignments by hand: {failure.message}" if failure else ""
    ended = retirement.moved(ending.state).changed(reason=f"{ending.reason}{left}", waiting_for=None)
    return Step(ended, End())


def _end(retirement: Retirement, ending: Ending) -> Step:
    ending_soon = retirement.changed(ending=ending)
    if retirement.guard_placed:
        return Step(ending_soon, Unguard())
    ended = ending_soon.moved(ending.state).changed(reason=ending.reason, waiting_for=None)
    return Step(ended, End())


def _block(retirement: Retirement, now: datetime) -> Step:
    against = [one for one in retirement.unmet if one.number != SOAK]
    soaked = len(against) == len(retirement.unmet)
    # until the soak is over nobody waits for what else stands against the deletion
    pause = WHILE_BLOCKED if soaked else WHILE_UNSOAKED
    until = now + (SOON if all(one.passes for one in against) else pause)
    return _rest(retirement.without_certificate().at(S.BLOCKED), until, _reasons(retirement))


def _refused(retirement: Retirement, failure: Failure, now: datetime) -> Step:
    """Shows the refusal, and looks again: soon at first, and ever later while it lasts."""
    pause = min(AFTER_REFUSAL * 2**retirement.refusals, WHILE_UNSOAKED)
    refusals = min(retirement.refusals + 1, MOST_DOUBLINGS)
    blocked = retirement.without_certificate().at(S.BLOCKED).changed(refusal=failure, refusals=refusals)
    return _rest(blocked, now + pause, failure.message)


def _rest(retirement: Retirement, until: datetime, reason: str) -> Step:
    return Step(retirement.changed(waiting_for=CurrentWait(reason=reason, until=until)), Rest(until))


def _next(now: datetime, *moments: datetime, longest: timedelta = BETWEEN_LOOKS) -> datetime:
    """The first of the moments to come, at most one pause away."""
    return min((moment for moment in (*moments, now + longest) if moment > now), default=now + longest)


def _reasons(retirement: Retirement) -> str:
    return named([one.reason for one in retirement.unmet])


def _unknown(message: str) -> Failure:
    return Failure(
        code="NotDeleted", message=message, fix="No action needed: Gallerist looks again by itself."
    )
