"""Several scopes, in which images are looked up."""

from collections.abc import Iterable

from domain.fleet.batches import Scope
from domain.resources.ids import ImageId


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
