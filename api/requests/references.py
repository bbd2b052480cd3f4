"""Requests about references."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from api.ids import AnyImageId, AnyVersionId
from api.requests.fields import Body, Query
from api.requests.retirements import Reason
from domain.references.repoint import MOST_CONSUMERS
from domain.resources.ids import SubscriptionId

ResourceIdText = Annotated[
    str, StringConstraints(pattern=r"^/subscriptions/[^/\s]+/.+/providers/.+", max_length=1000)
]


class ReferencesQuery(Query):
    """What to search for: an image or a version."""

    image: AnyImageId | None = None
    """The managed image. Give either this or `version`."""
    version: AnyVersionId | None = None
    """The image version. Give either this or `image`."""

    @model_validator(mode="after")
    def _check_one(self) -> "ReferencesQuery":
        if (self.image is None) == (self.version is None):
            raise ValueError("give either 'image' or 'version'")
        return self

    @property
    def subject(self) -> AnyImageId | AnyVersionId:
        """The one that is given."""
        subject = self.image or self.version
        assert subject is not None  # noqa: S101 # checked above
        return subject


class RepointConsumers(Body):
    """Which consumers to re-point, and to which version."""

    version: AnyVersionId
    """The version that they name afterwards."""
    consumers: list[ResourceIdText] = Field(min_length=1, max_length=MOST_CONSUMERS)
    """The resource ids of the consumers, each changed once."""


class DeclareGone(Body):
    """A subscription that exists no more."""

    subscription: SubscriptionId
    """The id of the subscription, one that was seen before."""
    reason: Reason
    """How you know; the record keeps it."""
