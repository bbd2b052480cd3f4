"""Trims what a promotion shows to the 16 KB of a custom status. Its output keeps everything."""

import json
from collections.abc import Callable
from typing import Any

from domain.promotion.flags import FlagChange
from domain.promotion.status import PromotionStatus

# documented: at most 16 KB of UTF-16 text; the rest is room for what the host adds
MOST_CHARACTERS = 7_500
MOST_FOLLOWERS = 20
MOST_SHOWN_WARNINGS = 10
LONGEST_TEXT = 1_000


def promotion_custom_status(status: PromotionStatus) -> dict[str, Any]:
    """The status as plain JSON, shortened step by step until it fits.

    What is needed to go on or to roll back is in the orchestration's input and output.
    """
    shown = status.model_copy(deep=True)
    steps: list[Callable[[PromotionStatus], None]] = [_drop_followers, _drop_records, _cut_texts, _drop_rest]
    for shorten in steps:
        document = shown.model_dump(mode="json")
        if len(json.dumps(document)) <= MOST_CHARACTERS:
            return document
        shorten(shown)
    return shown.model_dump(mode="json")


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
