"""Trims what a promotion shows to the 16 KB of a custom status. Its output keeps everything."""

from typing import Any

from domain.fitting import fitting
from domain.promotion.flags import FlagChange
from domain.promotion.status import PromotionStatus

MOST_FOLLOWERS = 20
MOST_SHOWN_WARNINGS = 10
LONGEST_TEXT = 1_000


def promotion_custom_status(status: PromotionStatus) -> dict[str, Any]:
    """The status as plain JSON, shortened step by step until it fits.

    What is needed to go on or to roll back is in the orchestration's input and output.
    """
    return fitting(status, _drop_followers, _drop_records, _cut_texts, _drop_rest)


def _drop_followers(status: PromotionStatus) -> None:
    behind = [one for one in status.followers if not one.has_taken]
    status.followers = behind[:MOST_FOLLOWERS]


def _drop_records(status: PromotionStatus) -> None:
    status.before = []
    # one entry is kept, which says that there is something to roll back
    status.written = [FlagChange(version=change.version) for change in status.written[:1]]


def _cut_texts(status: PromotionStatus) -> None:
    status.warnings = [text[:LONGEST_TEXT] for text in status.warnings[:MOST_SHOWN_WARNINGS]]
    status.reason = status.reason and status.reason[:LONGEST_TEXT]
    status.fix = status.fix and status.fix[:LONGEST_TEXT]
    status.failure, status.followers = None, status.followers[:5]


def _drop_rest(status: PromotionStatus) -> None:
    status.followers, status.warnings, status.latest = [], [], {}
