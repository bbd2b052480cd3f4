"""Reads resources that can name an image, of any provider, as ARM's JSON: page after page, and one at a time."""

from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

from adapters.azure.arm import Arm, Page
from adapters.azure.errors import parse_error, parse_object
from domain.errors import ArmError

SUBSCRIPTIONS_API = "2022-12-01"
PROVIDERS_API = "2021-04-01"
# for requests that belong to no subscription; the client wants one all the same
NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class AzureConsumers(Protocol):
    """Resources of any provider. Every call raises `ArmError` if ARM refuses it or does not answer."""

    async def page(self, subscription: str, url: str) -> Page: ...
    async def document(
        self, subscription: str, resource_id: str, api_version: str
    ) -> dict[str, Any] | None: ...
    async def visible_subscriptions(self) -> list[str]: ...
    async def provides(self, subscription: str, resource_type: str) -> bool: ...
    async def patch(self, subscription: str, resource_id: str, api_version: str, body: Any) -> None: ...


class Consumers:
    """The real `AzureConsumers`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def page(self, subscription: str, url: str) -> Page:
        """Returns a page of a list: `url` is the path of the first page, or the URL of the next one.

        Raises:
            ArmError: also if the link leads away from this endpoint.
        """
        page = await self._arm.page(subscription, url)
        if not isinstance(page.body.get("value"), list):
            raise ArmError(0, "NoList", "the answer is no list of resources")
        return page

    async def document(self, subscription: str, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """Returns a resource; None if it does not exist."""
        try:
            page = await self._arm.page(subscription, f"{quote(resource_id)}?api-version={api_version}")
        except ArmError as error:
            if error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound":
                return None
            raise
        return page.body

    async def visible_subscriptions(self) -> list[str]:
        """Returns the ids of the subscriptions that the identity sees, in lower case."""
        pages = self._arm.pages(NO_SUBSCRIPTION, f"/subscriptions?api-version={SUBSCRIPTIONS_API}")
        return [str(item["subscriptionId"]).lower() async for item in pages if item.get("subscriptionId")]

    async def provides(self, subscription: str, resource_type: str) -> bool:
        """Whether the subscription can have resources of a type: its provider is registered, and has the type.

        A provider cannot be unregistered while its resources exist (documented: "Azure resource providers and types").
        """
        namespace, _, segments = resource_type.partition("/")
        path = f"/subscriptions/{subscription}/providers/{namespace}?api-version={PROVIDERS_API}"
        try:
            provider = (await self._arm.page(subscription, path)).body
        except ArmError as error:
            if error.code == "InvalidResourceNamespace":
                # another cloud: it does not have this provider
                return False
            raise
        if str(provider.get("registrationState")).lower() in ("notregistered", "unregistered"):
            return False
        types = provider.get("resourceTypes")
        names = {
            str(entry.get("resourceType")).lower()
            for entry in (types if isinstance(types, list) else [])
            if isinstance(entry, dict)
        }
        # without a list nothing is known
        return not names or segments.lower() in names

    async def patch(self, subscription: str, resource_id: str, api_version: str, body: Any) -> None:
        """Begins to change a resource.

        Raises:
            ArmError: ARM refuses it or does not answer.
        """
        path = f"{quote(resource_id)}?api-version={api_version}"
        response = await self._arm.send(subscription, "PATCH", path, body)
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
            raise parse_error(response.status_code, parse_object(response), response.headers)
