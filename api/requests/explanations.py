"""Requests that ask why."""

from api.ids import AnyImageId
from api.requests.fields import Query


class ExplainQuery(Query):
    """Which image."""

    image: AnyImageId
    """The managed image."""
