"""How far a batch has come through its images: oldest first, and back to what was not known when it came by."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC
from typing import NamedTuple

from pydantic import BaseModel, Field

from domain.fleet.coverage import Category, ImageCoverage
from domain.fleet.gaps import Gaps, Unreadable
from domain.resources.ids import ImageId

# images whose state was not known when the batch came to them; with more, it waits before it goes on
MOST_UNREAD = 500
# looks in a row that find out nothing more, before the batch goes on without what is missing: an hour and a quarter
MOST_VAIN_LOOKS = 20
FIRST_PAUSE_SECONDS = 10
LONGEST_PAUSE_SECONDS = 300
# the batch names so many things that it could not read
MOST_NAMED = 100
_NEVER_READ = "Start the batch again when Azure answers: it takes only what is not migrated."

SortKey = tuple[str, str]
_BEFORE_ALL: SortKey = ("", "")


class Taken(NamedTuple):
    """The images to migrate next, oldest first, and how many others needed nothing, by category."""

    images: list[ImageCoverage]
    left_alone: Counter[Category]


class Walk(BaseModel):
    """The walk of a batch through the images of its scope.

    `cursors` has the sort key of the last image passed, by subscription. `unread` are images that were passed without
    knowing their state, and `unlisted` the subscriptions of which not all images are known. The batch looks again,
    until `vain_looks` in a row find out nothing.
    """

    cursors: dict[str, SortKey] = Field(default={})
    unread: list[ImageId] = Field(default=[])
    unlisted: list[str] = Field(default=[])
    unreadable: list[Unreadable] = Field(default=[])
    at_end: bool = False
    vain_looks: int = 0
    look_after_seconds: float = 0

    @property
    def is_over(self) -> bool:
        """Every image was passed, and its state was known or cannot be found out."""
        return self.at_end and not self.unread and not self.unlisted

    def take(
        self,
        coverage: Sequence[ImageCoverage],
        gaps: Gaps,
        unlisted: Collection[str],
        most: int,
        *,
        newly_read: int = 0,
        last: bool = False,
    ) -> Taken:
        """Takes up to `most` images that need a migration, from the coverage of all images in the scope.

        `gaps` is what the look could not read; of the `unlisted` subscriptions not all images are known yet. A look in
        which something was `newly_read` is not in vain, although nothing may follow from it yet. If these are the
        `last` images that the batch takes, the others are only counted.
        """
        patient = self.vain_looks < MOST_VAIN_LOOKS
        self._name_unreadable(coverage, gaps, [] if patient else unlisted)
        self.unlisted = sorted(unlisted) if patient else []
        known = [
            one if patient else one.given_up() for one in coverage if _home(one) not in set(self.unlisted)
        ]
        before = set(self.unread)
        taken = self._pass(known, most, last=last)
        found_out = newly_read or taken.images or taken.left_alone or before - set(self.unread)
        self._note_look(gaps, vain=not found_out)
        return taken

    def _pass(self, known: Sequence[ImageCoverage], most: int, *, last: bool) -> Taken:
        """Walks on, and once more over what was unread, until enough images are taken or too many are unread."""
        again, unread = set(self.unread), list[ImageId]()
        taken = Taken([], Counter())
        ahead = sorted(
            (one for one in known if one.image in again or sort_key(one) > self._cursor(one)), key=sort_key
        )
        self.at_end = True
        for index, one in enumerate(ahead):
            wanted = needs_migration(one) and not one.unread
            if (wanted and len(taken.images) == most and not last) or (
                one.unread and len(unread) == MOST_UNREAD
            ):
                self.at_end = False
                unread += [later.image for later in ahead[index:] if later.image in again]
                break
            if one.unread:
                unread.append(one.image)
            elif not wanted:
                taken.left_alone[one.category] += 1
            elif len(taken.images) < most:
                taken.images.append(one)
            self.cursors[_home(one)] = max(sort_key(one), self._cursor(one))
        away = [image for image in self.unread if image.subscription.lower() in set(self.unlisted)]
        self.unread = [*unread, *away]
        return taken

    def _cursor(self, one: ImageCoverage) -> SortKey:
        return self.cursors.get(_home(one), _BEFORE_ALL)

    def _note_look(self, gaps: Gaps, *, vain: bool) -> None:
        """Decides when to look again: as soon as Azure lets it, later and later while that helps nothing."""
        if not self.unread and not self.unlisted:
            self.look_after_seconds = 0
            return
        self.vain_looks = self.vain_looks + 1 if vain or self.vain_looks >= MOST_VAIN_LOOKS else 0
        pause = min(FIRST_PAUSE_SECONDS * 2 ** max(self.vain_looks - 1, 0), LONGEST_PAUSE_SECONDS)
        self.look_after_seconds = max(pause, gaps.unread.retry_after_seconds if gaps.unread else 0)

    def _name_unreadable(
        self, coverage: Sequence[ImageCoverage], gaps: Gaps, unlisted: Collection[str]
    ) -> None:
        """Names what cannot be read, and what the batch no longer waits for."""
        reason = gaps.unread.reason if gaps.unread else "it was not read in time"
        given_up = [
            Unreadable(id=f"/subscriptions/{name}", reason=reason, fix=_NEVER_READ) for name in unlisted
        ]
        if self.vain_looks >= MOST_VAIN_LOOKS:
            given_up += [
                Unreadable(id=str(one.image), reason=one.why or reason, fix=_NEVER_READ)
                for one in coverage
                if one.unread
            ]
        self.unreadable = [*gaps.unreadable, *given_up][:MOST_NAMED]


def needs_migration(image: ImageCoverage) -> bool:
    """Whether a batch takes the image."""
    return image.category in ("untouched", "blocked")


def sort_key(image: ImageCoverage) -> SortKey:
    """Oldest first, images of unknown age last, then by id."""
    age = image.created_at.astimezone(UTC).isoformat() if image.created_at else "9"
    return (age, image.image.key)


def _home(image: ImageCoverage) -> str:
    return image.image.subscription.lower()
