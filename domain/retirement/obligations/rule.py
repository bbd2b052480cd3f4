"""What an obligation is: a rule that turns one look into a verdict with its evidence."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from domain.retirement.readings import Look
from domain.retirement.retirement import Answer, Obligation, Retirement

# an image's status that is kept in an orchestration has no room for more
MOST_NAMED = 10
OWNER = "the owner of the image"
OPERATOR = "an operator of Gallerist"


class Facts(NamedTuple):
    """What the rules judge: the retirement, the look, and the present time."""

    retirement: Retirement
    look: Look
    now: datetime


class Rule(NamedTuple):
    """One obligation: its number in the certificate, its name, and how it is judged."""

    number: int
    name: str
    judge: Callable[[Facts], "Verdict"]

    def check(self, facts: Facts) -> Obligation:
        """The obligation as the look shows it. A look that is too old shows nothing."""
        verdict = self.judge(facts)
        if verdict.met and not facts.look.is_fresh(facts.now):
            verdict = verdict._replace(met=False, reason="it was read more than ten minutes ago", passes=True)
        return Obligation(
            number=self.number,
            name=self.name,
            met=verdict.met,
            reason=verdict.reason,
            lifted_by=verdict.lifted_by,
            passes=verdict.passes,
            ends=verdict.ends,
            evidence=[
                Answer(what=what, at=facts.look.begun_at, answer=text) for what, text in verdict.answers
            ],
        )


class Verdict(NamedTuple):
    """How a rule judges: `answers` are pairs of what was read and what the answer was."""

    met: bool
    answers: list[tuple[str, str]]
    reason: str = ""
    lifted_by: str = ""
    passes: bool = False
    ends: bool = False


def check_all(rules: Iterable[Rule], facts: Facts) -> list[Obligation]:
    """All obligations, in their order."""
    return [rule.check(facts) for rule in rules]


def met_unless(
    answers: list[tuple[str, str]], reasons: list[str], lifted_by: str, *, passes: bool = False
) -> Verdict:
    """Unmet for these reasons; met if there is none."""
    if not reasons:
        return Verdict(met=True, answers=answers)
    return Verdict(met=False, answers=answers, reason=named(reasons), lifted_by=lifted_by, passes=passes)


def named(texts: list[str]) -> str:
    """The first texts, and how many more there are."""
    more = len(texts) - MOST_NAMED
    return "; ".join(texts[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
