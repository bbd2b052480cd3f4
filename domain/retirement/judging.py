"""What a look makes of a retirement: its obligations, its soak, its approval, and whether new machines are denied."""

from collections.abc import Sequence
from datetime import datetime

from domain.retirement.obligations import SOAKING
from domain.retirement.obligations.decisions import approval_of
from domain.retirement.obligations.rule import Facts, Rule, check_all
from domain.retirement.readings import Look
from domain.retirement.retirement import Obligation, Retirement


def judged(retirement: Retirement, look: Look, now: datetime, rules: Sequence[Rule]) -> Retirement:
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
    if not look.terms.strict or look.reading.guards.unread or unguarded(look):
        return None
    return retirement.guarded_since or look.ended_at


def unguarded(look: Look) -> list[str]:
    """The subscriptions in which no policy assignment denies new machines yet."""
    there = {name.lower() for name in look.reading.guards.values}
    return [name for name in (look.scan.subscriptions if look.scan else []) if name.lower() not in there]
