"""Scopes, in which images are looked for."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from domain.resources.ids import ImageId, SubscriptionId


class Scope(BaseModel):
    """A subscription, or one of its resource groups."""

    model_config = ConfigDict(extra="forbid")

    subscription: SubscriptionId
    resource_group: str | None = Field(default=None, min_length=1, max_length=90)

    def holds(self, image: ImageId) -> bool:
        """Whether the image is in this scope."""
        same_subscription = self.subscription.lower() == image.subscription.lower()
        group = self.resource_group
        return same_subscription and (group is None or group.lower() == image.resource_group.lower())


class Scopes:
    """Several scopes, in which an image is looked up at once however many they are."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self._keys = {_scope_key(scope.subscription, scope.resource_group) for scope in scopes}

    def hold(self, image: ImageId) -> bool:
        """Whether the image is in one of the scopes."""
        return not self._keys.isdisjoint(
            (_scope_key(image.subscription, None), _scope_key(image.subscription, image.resource_group))
        )


def _scope_key(subscription: str, resource_group: str | None) -> tuple[str, str]:
    return subscription.lower(), (resource_group or "").lower()
