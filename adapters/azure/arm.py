"""Sends requests to Azure Resource Manager: one client per subscription, one attempt per call, no waiting."""

import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.compute.aio import ComputeManagementClient

from adapters.azure.errors import arm_errors, parse_error, parse_object
from adapters.azure.limits import nearly_used_up
from adapters.azure.operations import Operations
from adapters.azure.transport import one_attempt_transport
from adapters.operation_store import operation_store
from adapters.settings import Settings
from domain.arm_errors import FOREIGN_LINK
from domain.errors import ArmError

# An activity that hangs blocks a worker: it is better to fail and be retried.
CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60


class Page(NamedTuple):
    """One answer of a list, or a resource. `scarce` is the limit of which little is left, if there is one.

    `at` is ARM's own time of the answer, if its header can be read.
    """

    body: dict[str, Any]
    scarce: str | None = None
    at: datetime | None = None

    @property
    def items(self) -> list[Any]:
        """The entries of a list; a page may be empty and still have a next one (reported by users)."""
        value = self.body.get("value")
        return value if isinstance(value, list) else []

    @property
    def next(self) -> str | None:
        """The URL of the next page."""
        url = self.body.get("nextLink")
        return url if isinstance(url, str) and url else None


class Arm:
    """The SDK's clients, shared for the life of the process, and requests that the SDK does not cover."""

    def __init__(self, settings: Settings, credential: AsyncTokenCredential) -> None:
        self._endpoint = settings.arm_endpoint
        self._scope = settings.arm_scope
        self._credential = credential
        self._clients: dict[str, ComputeManagementClient] = {}
        self.clock = ArmClock(_standing_clock()) if settings.time_stands else ArmClock()
        self.operations = Operations(operation_store(settings, credential), self.get, self.owns)

    @property
    def endpoint(self) -> str:
        """The address of Azure Resource Manager, without a slash at its end."""
        return self._endpoint

    def client(self, subscription: str) -> ComputeManagementClient:
        """Returns the subscription's client, creating it at the first call."""
        key = subscription.lower()
        if key not in self._clients:
            self._clients[key] = ComputeManagementClient(
                self._credential,
                subscription,
                base_url=self._endpoint,
                credential_scopes=[self._scope],
                retry_total=0,
                transport=one_attempt_transport(),
                connection_timeout=CONNECT_TIMEOUT_SECONDS,
                read_timeout=READ_TIMEOUT_SECONDS,
                per_retry_policies=[
                    _OneHostPolicy(self.owns),
                    _NoRegistrationPolicy(),
                    _ClockPolicy(self.clock),
                ],
                per_call_policies=[_PlainHttpPolicy()] if self._endpoint.startswith("http://") else [],
            )
        return self._clients[key]

    async def pages(self, subscription: str, path: str) -> AsyncIterator[Any]:
        """Yields the items of a list, page after page.

        Raises:
            ArmError: a page cannot be read, or is not at this endpoint.
        """
        url: str | None = path
        while url:
            page = await self.page(subscription, url)
            for item in page.items:
                yield item
            url = page.next

    async def page(self, subscription: str, url: str) -> Page:
        """Returns a page of a list, or a resource. `url` is the path of the first page, or the URL of the next one.

        Raises:
            ArmError: it cannot be read, or is not at this endpoint.
        """
        response = await self.get(subscription, f"{self._endpoint}{url}" if url.startswith("/") else url)
        body = parse_object(response)
        if response.status_code != HTTPStatus.OK:
            raise parse_error(response.status_code, body, response.headers)
        return Page(body, nearly_used_up(response.headers), parse_date(response.headers.get("Date")))

    async def get(self, subscription: str, url: str) -> AsyncHttpResponse:
        """Returns the response to a GET request, whatever its status.

        Raises:
            ArmError: there was no response.
        """
        with arm_errors():
            return await self.client(subscription).send_request(HttpRequest("GET", url))

    async def delete(self, subscription: str, path: str) -> None:
        """Begins to delete a resource that the SDK's clients do not cover. One that does not exist is deleted already.

        Raises:
            ArmError: it is refused, or there was no response.
        """
        with arm_errors():
            response = await self.client(subscription).send_request(
                HttpRequest("DELETE", f"{self._endpoint}{path}")
            )
        if response.status_code >= HTTPStatus.BAD_REQUEST and response.status_code != HTTPStatus.NOT_FOUND:
            raise parse_error(response.status_code, parse_object(response), response.headers)

    async def send(
        self, subscription: str, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> AsyncHttpResponse:
        """Sends a request with a JSON body to a path; returns the response, whatever its status.

        Raises:
            ArmError: there was no response.
        """
        request = HttpRequest(method, f"{self._endpoint}{path}", json=body, headers=headers)
        with arm_errors():
            return await self.client(subscription).send_request(request)

    def owns(self, url: str) -> bool:
        """Whether the URL is one of this endpoint: a token is sent to no other."""
        try:
            asked, own = urlsplit(url), urlsplit(self._endpoint)
            return _origin(asked) == _origin(own) and asked.path.startswith(f"{own.path}/")
        except ValueError:
            # no port is a word
            return False

    async def check_token(self) -> None:
        """Gets a token as every call does.

        Raises:
            ArmError: the identity gets none.
        """
        with arm_errors():
            await self._credential.get_token(self._scope)


class ArmClock:
    """ARM's own time: what was read from ARM grows old by the clock that its changes are dated with.

    Between two answers it goes on with this machine's, and it never goes back. Before the first one it stands at 1970,
    so that nothing that was read then counts as new. `here` is this machine's clock, in seconds.
    """

    def __init__(self, here: Callable[[], float] = time.monotonic) -> None:
        self.here = here
        self._ahead: float | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        return 0 if self._ahead is None else self.here() + self._ahead

    def note(self, date: datetime | None) -> None:
        """Takes in the date of an answer, which is in whole seconds."""
        if date is not None and date.timestamp() > self.now() + 1:
            self._ahead = date.timestamp() - self.here()


def _standing_clock() -> Callable[[], float]:
    """Returns a clock that stands, for a simulated Azure whose time does: each look at it is a microsecond later.

    So what was read before a moment is still older than it.
    """
    looks = count()
    return lambda: next(looks) / 1e6


def _origin(url: SplitResult) -> tuple[str, str | None, int | None, bool]:
    """What decides where a request goes. ARM's links may name the usual port (reported by users: `:443`)."""
    usual = {"https": 443, "http": 80}.get(url.scheme)
    # before the host there may be a user, who is nobody that ARM knows
    return url.scheme, url.hostname, url.port or usual, "@" in url.netloc or "\\" in url.netloc


class _OneHostPolicy(SansIOHTTPPolicy[Any, Any]):
    """Refuses a request to another host before it gets its token: a next page and a redirection are ARM's to name.

    It stands behind the policy that follows redirections and before the one that adds the token.
    """

    def __init__(self, owns: Callable[[str], bool]) -> None:
        self._owns = owns

    def on_request(self, request: PipelineRequest[Any]) -> None:
        url = request.http_request.url
        if not self._owns(url):
            # a query may hold a secret
            raise ArmError(
                0, FOREIGN_LINK, f"{url.partition('?')[0]} is not at the address of Azure Resource Manager"
            )


class _ClockPolicy(SansIOHTTPPolicy[Any, Any]):
    """Reads ARM's time from its answers."""

    def __init__(self, clock: ArmClock) -> None:
        self._clock = clock

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002 # the SDK's signature
        self._clock.note(parse_date(response.http_response.headers.get("Date")))


class _PlainHttpPolicy(SansIOHTTPPolicy[Any, Any]):
    """Lets the SDK send its token over plain http, which the settings allow for this machine only."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.context.options["enforce_https"] = False


class _NoRegistrationPolicy(AsyncHTTPPolicy[Any, Any]):
    """Raises the refusal of a provider for which the subscription is not registered.

    Another policy of the SDK, which would see it next, answers it by registering the provider: a read would write.
    """

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        response = await self.next.send(request)
        if response.http_response.status_code == HTTPStatus.CONFLICT:
            error = HttpResponseError(response=response.http_response)
            if error.error is not None and error.error.code == "MissingSubscriptionRegistration":
                raise error
        return response


async def found(call: Any) -> dict[str, Any] | None:
    """Returns the resource that the SDK's call gets, as JSON; None if it, its parent or its group does not exist.

    Raises:
        ArmError: the resource cannot be read, or the subscription does not exist.
    """
    try:
        with arm_errors():
            resource: dict[str, Any] = (await call).as_dict()
            return resource
    except ArmError as error:
        if error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound":
            return None
        raise


def parse_date(header: str | None) -> datetime | None:
    """Reads the header `Date`, which is ARM's own clock; None if it is none."""
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    # headers are in GMT (documented in RFC 9110)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
