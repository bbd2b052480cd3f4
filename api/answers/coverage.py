"""The answer that counts the managed images per category."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers.base import Answer
from api.answers.forecast import Forecast
from api.ids import AnyDefinitionId, AnyImageId
from domain.fleet.coverage import Category, ImageCoverage, summarize
from domain.fleet.gaps import Gaps, Unread, Unreadable
from domain.retention.forecast import Forecast as ForecastValue


class ListedImage(Answer):
    """A managed image of the requested category."""

    image: AnyImageId
    category: Category
    rule: str
    """The policy rule that matched the image."""
    why: str | None
    """Why the image is in this category."""
    created_at: datetime | None
    definitions: list[AnyDefinitionId]

    @classmethod
    def of(cls, coverage: ImageCoverage) -> Self:
        """An image with its category."""
        return cls(
            image=coverage.image,
            category=coverage.category,
            rule=coverage.rule,
            why=coverage.why,
            created_at=coverage.created_at,
            definitions=coverage.definitions,
        )


class Coverage(Answer):
    """How many managed images there are in each category."""

    images: int
    """The sum of the six categories."""
    migrated: int
    running: int
    blocked: int
    ignored: int
    untouched: int
    unknown: int
    """Images of which it is not known whether they are migrated: what tells it was not read, or cannot be."""
    blocked_why: dict[str, int]
    """How many images are blocked, per reason."""
    ignored_by: dict[str, int]
    """How many images the policy ignores, per rule."""
    unreadable: list[Unreadable]
    """What cannot be read. Images that are only there are not counted."""
    unread: Unread | None
    """What was not read yet; null if nothing is left to read. Until then more images may be found."""
    forecast: list[Forecast] | None = Field(default=None, exclude_if=lambda forecast: not forecast)
    """When the limits of the target galleries' subscriptions run out, the first one first; absent if not known.

    The replicas are those of the version that has the most, as far as versions had to be read.
    """
    listed: list[ListedImage] | None = Field(default=None, exclude_if=lambda listed: listed is None)
    """The images of the category in the query; absent without one."""

    @classmethod
    def of(
        cls,
        images: Sequence[ImageCoverage],
        gaps: Gaps,
        forecast: Sequence[ForecastValue],
        category: Category | None,
    ) -> Self:
        """The coverage of these images, with those of one category listed."""
        summary = summarize(images)
        return cls(
            images=summary.images,
            migrated=summary.counts["migrated"],
            running=summary.counts["running"],
            blocked=summary.counts["blocked"],
            ignored=summary.counts["ignored"],
            untouched=summary.counts["untouched"],
            unknown=summary.counts["unknown"],
            blocked_why=summary.blocked_why,
            ignored_by=summary.ignored_by,
            unreadable=gaps.unreadable,
            unread=gaps.unread,
            forecast=[Forecast.of(one) for one in forecast],
            listed=[ListedImage.of(image) for image in images if image.category == category]
            if category
            else None,
        )
