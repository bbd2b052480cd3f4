"""Sends CloudEvents to an Event Grid custom topic or to a webhook: one attempt, of whose answer the status counts."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from domain.records.delivery import DeliveryAnswer, answer_of

# documented: the audience of Event Grid, and the api-version of a custom topic's endpoint
EVENT_GRID_SCOPE = "https://eventgrid.azure.net/.default"
TOPIC_API = "2018-01-01"
# documented: how a batch of CloudEvents is sent to a topic, and one event in structured mode
BATCH = "application/cloudevents-batch+json; charset=utf-8"
SINGLE = "application/cloudevents+json; charset=utf-8"
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10
# a receiver that answers byte by byte does not hold an activity up
TOTAL_SECONDS = 20

NO_OPTIONS: Mapping[str, Any] = {}
Client = AsyncPipelineClient[HttpRequest, AsyncHttpResponse]


class NoticeSender(Protocol):
    """Sends a CloudEvent once. Whether the address is allowed is decided before."""

    async def to_topic(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer: ...
    async def to_webhook(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer: ...


class HttpNotices:
    """The real `NoticeSender`. Only a topic gets the app's token, and no redirect is followed."""

    def __init__(self, credential: AsyncTokenCredential, total_seconds: float = TOTAL_SECONDS) -> None:
        self._topics = _client([AsyncBearerTokenCredentialPolicy(credential, EVENT_GRID_SCOPE)])
        self._webhooks = _client([])
        self._total_seconds = total_seconds

    async def to_topic(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer:
        """Publishes to a custom topic whose input schema is CloudEvents 1.0."""
        version = "" if "api-version=" in url else f"{'&' if '?' in url else '?'}api-version={TOPIC_API}"
        # read by the policy that adds the token
        options = {"enforce_https": url.startswith("https:")}
        return await self._send(self._topics, f"{url}{version}", [event], BATCH, options)

    async def to_webhook(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer:
        """Posts to a webhook, without any credential of the app."""
        return await self._send(self._webhooks, url, event, SINGLE)

    async def _send(
        self, client: Client, url: str, body: Any, content_type: str, options: Mapping[str, Any] = NO_OPTIONS
    ) -> DeliveryAnswer:
        request = HttpRequest(
            "POST", url, headers={"Content-Type": content_type}, content=json.dumps(body).encode()
        )
        try:
            async with asyncio.timeout(self._total_seconds):
                # streamed, so that the body of the answer is not read
                response = await client.send_request(request, stream=True, **options)
                await response.close()
        except (AzureError, TimeoutError, ValueError) as error:
            # the text of an error may repeat the address, and that may hold a key
            return DeliveryAnswer(outcome="later", reason=f"no answer ({type(error).__name__})")
        seconds = response.headers.get("Retry-After", "")
        return answer_of(response.status_code, int(seconds) if seconds.isdecimal() else None)

    async def close(self) -> None:
        """Closes the connections. The app never does: it keeps them while the process lives."""
        await self._topics.close()
        await self._webhooks.close()


def _client(policies: list[Any]) -> Client:
    transport = AioHttpTransport(
        connection_timeout=CONNECT_TIMEOUT_SECONDS, read_timeout=READ_TIMEOUT_SECONDS
    )
    return AsyncPipelineClient("", policies=policies, transport=transport)
