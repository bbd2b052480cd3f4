"""Lists resources that may use an image at their providers."""

from typing import Any, Protocol

from adapters.azure.arm import Arm

COMPUTE_API = "2024-07-01"


class AzureConsumers(Protocol):
    """What a scan for references needs of Azure."""

    async def list_resources(self, subscription: str, kind: str) -> list[dict[str, Any]]: ...


class Consumers:
    """The real `AzureConsumers`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def list_resources(self, subscription: str, kind: str) -> list[dict[str, Any]]:
        """Returns the resources of a kind of Microsoft.Compute in a subscription. Raises ArmError."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/{kind}?api-version={COMPUTE_API}"
        return [item async for item in self._arm.pages(subscription, path) if isinstance(item, dict)]
