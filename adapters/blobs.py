"""Sends requests to Azure Blob Storage with the app's identity: one attempt per call. No package is needed for that."""

from collections.abc import Mapping
from email.utils import formatdate

from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from adapters.azure.errors import arm_errors
from domain.errors import ArmError
from domain.field_errors import shortened

# documented: one scope for the storage accounts of all clouds; tokens are accepted since API version 2017-11-09
STORAGE_SCOPE = "https://storage.azure.com/.default"
STORAGE_API = "2024-11-04"
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 5


class Blobs:
    """A client that only adds the token and the headers that every request has; it does not retry."""

    def __init__(
        self, credential: AsyncTokenCredential, read_timeout_seconds: float = READ_TIMEOUT_SECONDS
    ) -> None:
        self._client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            "",
            policies=[AsyncBearerTokenCredentialPolicy(credential, STORAGE_SCOPE)],
            transport=AioHttpTransport(
                connection_timeout=CONNECT_TIMEOUT_SECONDS, read_timeout=read_timeout_seconds
            ),
        )

    async def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> AsyncHttpResponse:
        """Returns the response, whatever its status.

        Raises:
            ArmError: there was no response, or the identity gets no token.
        """
        given = {"x-ms-version": STORAGE_API, "x-ms-date": formatdate(usegmt=True), **(headers or {})}
        request = HttpRequest(method, url, headers=given, content=content)
        with arm_errors():
            return await self._client.send_request(request, enforce_https=url.startswith("https:"))

    async def close(self) -> None:
        """Closes the connections. The app never does: it keeps them while the process lives."""
        await self._client.close()


def storage_error(response: AsyncHttpResponse, what: str) -> ArmError:
    """The error of a response: the service says its code in a header, and its text may repeat what was sent."""
    code = response.headers.get("x-ms-error-code", "")
    seconds = response.headers.get("Retry-After", "")
    return ArmError(
        response.status_code,
        shortened(code) or f"HTTP{response.status_code}",
        f"{what}: Azure Storage answers HTTP {response.status_code} {code}".strip(),
        int(seconds) if seconds.isdecimal() else None,
    )
