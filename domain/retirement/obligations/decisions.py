"""Which recorded decisions of persons count for a retirement."""

from domain.references.scan import Consumer
from domain.retirement.messages import Decision
from domain.retirement.obligations.rule import Facts
from domain.retirement.retirement import Approval, Retirement


def is_for(retirement: Retirement, decision: Decision) -> bool:
    """Whether somebody decided this about this retirement, since it was begun."""
    return (decision.retirement, decision.run) == (retirement.id, retirement.start_id)


def acknowledgement_of(facts: Facts, consumer: Consumer) -> str | None:
    """Who acknowledged this consumer as it is now; only an unknown one can be."""
    if consumer.relation != "unknown":
        return None
    for decision in facts.look.reading.decisions:
        same = (decision.consumer or "").lower() == consumer.id.lower() and decision.digest == consumer.digest
        if decision.kind == "acknowledge" and is_for(facts.retirement, decision) and same:
            return f"by {decision.by} at {decision.at.isoformat()}: {decision.reason}"
    return None


def approval_of(facts: Facts) -> Approval | None:
    """The first approval of this retirement in its present round; those for another soak or image are void."""
    for decision in facts.look.reading.decisions:
        is_own = is_for(facts.retirement, decision) and decision.round == facts.retirement.round
        if decision.kind == "approve" and is_own:
            return Approval(by=decision.by, at=decision.at, reason=decision.reason)
    return None
