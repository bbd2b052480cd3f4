"""Obligations 7 to 9: the soak has passed, the deletion is approved, and it is its turn."""

from datetime import datetime, timedelta

from domain.retirement.obligations.decisions import approval_of
from domain.retirement.obligations.rule import OPERATOR, Facts, Verdict, met_unless, named
from domain.retirement.readings import CAP_PERIOD, Terms

# a notice that went out late leaves the owner so much time at least
LEAST_NOTICE = timedelta(days=1)


def soaked(facts: Facts) -> Verdict:
    """The time has passed since the last of the obligations 1, 2 and 4 became true."""
    since, ends = facts.retirement.soak_since, facts.retirement.soak_ends
    if since is None or ends is None:
        return met_unless([("soak", "has not begun")], ["the soak has not begun"], "nobody: time passes")
    answers = [("soak", f"since {since.isoformat()}, until {ends.isoformat()}")]
    reasons = [f"the soak lasts until {ends.isoformat()}"] if facts.now < ends else []
    return met_unless(answers, reasons, "nobody: time passes")


def approved(facts: Facts) -> Verdict:
    """The policy wants it, the owner was told in time, and a person approved where the policy asks for one."""
    retirement, terms = facts.retirement, facts.look.terms
    approval = approval_of(facts)
    told = retirement.noticed_at
    answers = [
        ("policy", f"retire_source.when: {terms.when}{' (begun by hand)' if retirement.by_hand else ''}"),
        ("notice", f"sent {told.isoformat()}" if told else "not sent"),
        (
            "approval",
            f"by {approval.by} at {approval.at.isoformat()}: {approval.reason}" if approval else "none",
        ),
    ]
    if is_forbidden(facts):
        reasons = terms.faults or ["the policy no longer retires this image"]
        return met_unless(answers, reasons, "whoever writes the policy and the image's tags")
    if told is None:
        return met_unless(
            answers, ["the owner has not been told"], "nobody: Gallerist tells the owner in time"
        )
    if needs_approval(facts) and approval is None:
        return met_unless(answers, ["nobody has approved it"], OPERATOR)
    if not needs_approval(facts) and not terms.notify.any:
        reason = "nobody approves it, and the policy names neither notify.topic nor notify.webhook to tell the owner"
        return met_unless(answers, [reason], "whoever writes the policy")
    reasons = (
        [] if facts.now >= notice_ends(told, terms) else [f"the owner was told at {told.isoformat()} only"]
    )
    return met_unless(answers, reasons, "nobody: time passes")


def notice_ends(told: datetime, terms: Terms) -> datetime:
    """Until when nothing is deleted after the notice; one that went out late still leaves a day."""
    return told + min(terms.notice, LEAST_NOTICE)


def is_forbidden(facts: Facts) -> bool:
    """Whether the policy, or a tag that cannot be read, stands against the retirement as such."""
    unwanted = facts.look.terms.when == "never" and not facts.retirement.by_hand
    return bool(facts.look.terms.faults) or unwanted


def needs_approval(facts: Facts) -> bool:
    """Whether a person has to approve. What a person began by hand is never deleted by time alone."""
    return facts.retirement.by_hand or facts.look.terms.when != "after-soak"


def permitted(facts: Facts) -> Verdict:
    """No freeze, the cap of the day is not reached, and no older image of the family is left."""
    reading, terms = facts.look.reading, facts.look.terms
    before = _attempts_before(facts)
    answers = [
        ("freeze", reading.frozen or "none"),
        ("deletions in 24 hours", f"{before} of {terms.most_per_day}"),
        ("older images of the family", reading.older.unread or named(reading.older.values) or "none"),
    ]
    faults = [reading.frozen] if reading.frozen else []
    if before >= terms.most_per_day:
        faults.append(f"{before} images were deleted within 24 hours, the most that the policy allows")
    if reading.older.unread:
        faults.append(reading.older.unread)
    # tools that take the newest by name fall back to an older one in silence [terraform azurerm_image]
    faults += [f"the older image {one} of the family goes first" for one in reading.older.values]
    return met_unless(answers, faults, OPERATOR)


def _attempts_before(facts: Facts) -> int:
    """How many other retirements got a certificate within 24 hours, and before this one got its present one."""
    mine = (facts.retirement.certified_at or facts.now, facts.retirement.id)
    since = facts.now - CAP_PERIOD
    return len(
        {
            one.retirement
            for one in facts.look.reading.attempts
            if one.retirement != facts.retirement.id and one.at > since and (one.at, one.retirement) < mine
        }
    )
