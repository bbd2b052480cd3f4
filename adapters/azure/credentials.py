"""The identity that the app uses: the managed identity in Azure, the developer's own on a developer's machine."""

from types import TracebackType
from typing import Self

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import DefaultAzureCredential

from adapters.settings import Settings

# the identity endpoint is on the same machine; whoever needs a token waits and asks again
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10


def default_credential(settings: Settings) -> AsyncTokenCredential:
    """Returns the credential for the settings' cloud; AZURE_CLIENT_ID selects a user-assigned identity.

    It asks once for a token: orchestrators decide about retries.
    """
    return OneAttemptCredential(
        DefaultAzureCredential(
            authority=settings.authority,
            retry_total=0,
            connection_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
        )
    )


class OneAttemptCredential(AsyncTokenCredential, AsyncSupportsTokenInfo):
    """Raises `ClientAuthenticationError` without a response for whatever goes wrong while it gets a token.

    The identity library raises the response of the identity endpoint, which is not one of ARM, or what its parser
    raises at an answer that it cannot read.
    """

    def __init__(self, credential: DefaultAzureCredential) -> None:
        self._credential = credential

    async def get_token(self, *scopes: str, **options: object) -> AccessToken:
        try:
            return await self._credential.get_token(*scopes, **options)  # type: ignore[arg-type] # passed through
        except Exception as error:
            raise ClientAuthenticationError(_reason(error)) from error

    async def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        try:
            return await self._credential.get_token_info(*scopes, options=options)
        except Exception as error:
            raise ClientAuthenticationError(_reason(error)) from error

    async def close(self) -> None:
        await self._credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
