"""Trims what a retirement shows to the 16 KB of a custom status. Its input and output keep everything."""

from typing import Any

from domain.fitting import fitting
from domain.retirement.retirement import Retirement

LONGEST_ANSWER = 200
LONGEST_REASON = 300
MOST_CONSUMERS = 10
MOST_TARGETS = 10
# a fleet may have hundreds, and each id has 36 characters
MOST_SUBSCRIPTIONS = 10


def custom_status(retirement: Retirement) -> dict[str, Any]:
    """A retirement as plain JSON, shortened step by step until it fits."""
    return fitting(retirement, _cut_evidence, _drop_evidence, _cut_reasons, _drop_lists)


def _cut_evidence(retirement: Retirement) -> None:
    for obligation in retirement.obligations:
        for answer in obligation.evidence:
            answer.answer = answer.answer[:LONGEST_ANSWER]


def _drop_evidence(retirement: Retirement) -> None:
    for obligation in retirement.obligations:
        obligation.evidence = []


def _cut_reasons(retirement: Retirement) -> None:
    for obligation in retirement.obligations:
        obligation.reason = obligation.reason[:LONGEST_REASON]
    if retirement.refusal is not None:
        retirement.refusal.message = retirement.refusal.message[:LONGEST_REASON]


def _drop_lists(retirement: Retirement) -> None:
    retirement.targets = retirement.targets[:MOST_TARGETS]
    retirement.terms.consumers = retirement.terms.consumers[:MOST_CONSUMERS]
    retirement.scanned = retirement.scanned[:MOST_SUBSCRIPTIONS]
    retirement.guarded_in = retirement.guarded_in[:MOST_SUBSCRIPTIONS]
    retirement.reason = (retirement.reason or "")[:LONGEST_REASON]
