"""The answers that compare what is wanted with what is there."""

from collections import Counter
from typing import Self

from api.answers.base import Answer
from api.ids import AnyDefinitionId, AnyVersionId
from domain.fleet.diff import SYNCS, ImageDiff, Sync
from domain.fleet.findings import Finding, Verdict
from domain.fleet.gaps import Gaps, Unread, Unreadable


class Diff(Answer):
    """A page of images: what the policy wants changed, and how their versions are."""

    images: list[ImageDiff]
    total: int
    """How many images there are on all pages."""
    counts: dict[Sync, int]
    """How many images of this page are in which state."""
    unreadable: list[Unreadable]
    """What cannot be read. Images that are only there are not listed."""
    unread: Unread | None
    """What was not read yet; null if nothing is left to read."""
    next: str | None
    """The address of the next page."""

    @classmethod
    def of(cls, images: list[ImageDiff], total: int, gaps: Gaps, following: str | None) -> Self:
        """A page."""
        counts = Counter(one.sync for one in images)
        return cls(
            images=images,
            total=total,
            counts={sync: counts[sync] for sync in SYNCS},
            unreadable=gaps.unreadable,
            unread=gaps.unread,
            next=following,
        )


class DefinitionCheck(Answer):
    """Whether the newest version of a definition is what users get."""

    definition: AnyDefinitionId
    newest: AnyVersionId | None
    """The version with the highest number; null if there is none."""
    verdict: Verdict
    """The worst of the findings: `passed` or `warned` is good, `failed` is not, `unknown` could not be read."""
    findings: list[Finding]
    """What was looked at, in the order of the causes."""
