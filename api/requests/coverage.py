"""Requests about the coverage."""

from typing import Annotated

from api.requests.fields import SubscriptionQuery, one_of
from domain.fleet.coverage import CATEGORIES, Category


class CoverageQuery(SubscriptionQuery):
    """Which subscription to read, and which images to list."""

    category: Annotated[Category, one_of(CATEGORIES)] | None = None
    """Lists the images of this category in `listed`."""
