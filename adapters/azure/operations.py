"""Long-running operations of ARM: their signed URLs are kept apart, and the rest of the app knows their addresses."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus

from azure.core.rest import AsyncHttpResponse

from adapters.azure.errors import parse_error, parse_object
from adapters.operation_store import OperationStore
from domain.errors import ArmError
from domain.resources.ids import ResourceId
from domain.resources.operations import unsigned

logger = logging.getLogger(__name__)


class Operations:
    """Keeps what ARM answers to a write, asks why an operation failed, and forgets its URL.

    The store holds nothing that is needed to go on: if it does not work, only the reason of a failure is missing.
    """

    def __init__(
        self,
        store: OperationStore,
        get: Callable[[str, str], Awaitable[AsyncHttpResponse]],
        owns: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._get = get
        self._owns = owns

    async def keep(self, resource: ResourceId, url: str | None) -> str | None:
        """Keeps the signed URL of an operation that just began; returns its address, which is no secret.

        It replaces that of the resource's last operation, which must have ended: Azure refuses a second one.
        """
        if url is None:
            return None
        address = unsigned(url)
        if address != url:
            try:
                await self._store.put(str(resource), url)
            except ArmError as error:
                logger.warning("why %s fails, should it fail, will not be known: %s", address, error)
        return address

    async def error(self, resource: ResourceId, address: str) -> ArmError | None:
        """Returns why an operation failed; None while it runs, and if the reason is not available.

        Raises:
            ArmError: ARM does not answer.
        """
        if not self._owns(address):
            return None
        # whether ARM answers without the signature is in no document; it is asked, and its refusal is no reason
        response = await self._get(resource.subscription, await self._signed(resource, address) or address)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        body = parse_object(response)
        failed = body.get("status") in ("Failed", "Canceled")
        return parse_error(response.status_code, body) if failed else None

    async def _signed(self, resource: ResourceId, address: str) -> str | None:
        try:
            url = await self._store.get(str(resource))
        except ArmError as error:
            logger.warning("the URL of %s cannot be read: %s", address, error)
            return None
        # what the store holds is not believed either: a token is sent there
        is_its = url is not None and self._owns(url) and unsigned(url) == unsigned(address)
        return url if is_its else None

    async def forget(self, resource: ResourceId) -> None:
        """Forgets the URL of an operation that has ended. What is left is forgotten by `forget_before`."""
        try:
            await self._store.delete(str(resource))
        except ArmError as error:
            logger.warning("the URL of the last operation on %s is kept until it is old: %s", resource, error)

    async def forget_before(self, moment: datetime) -> int:
        """Forgets the URLs of operations that began before; returns how many there were."""
        try:
            return await self._store.delete_before(moment)
        except ArmError as error:
            logger.warning("the URLs of old operations are still kept: %s", error)
            return 0
