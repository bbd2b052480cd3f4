"""The app's identity: one attempt per token, and one error for whatever goes wrong."""

from typing import Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from adapters.azure.credentials import OneAttemptCredential, default_credential
from adapters.settings import Settings

SCOPE = "https://management.azure.com/.default"


class FakeCredential:
    """Gives a token, or raises what the library raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = False

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if self.error is not None:
            raise self.error
        return AccessToken("token", 4_102_444_800)

    async def get_token_info(self, *_scopes: str, options: Any = None) -> AccessTokenInfo:
        if self.error is not None:
            raise self.error
        return AccessTokenInfo("token", 4_102_444_800, refresh_on=4_102_400_000)

    async def close(self) -> None:
        self.closed = True


async def test_a_token_passes_unchanged_with_the_time_of_its_refresh() -> None:
    """A token that is refreshed long before it expires outlasts a short outage of the identity endpoint."""
    inner = FakeCredential()
    async with OneAttemptCredential(inner) as credential:
        assert (await credential.get_token(SCOPE)).token == "token"
        assert (await credential.get_token_info(SCOPE)).refresh_on == 4_102_400_000
    assert inner.closed


class Response:
    """The identity endpoint's own response, which is none of ARM."""

    status_code = 400
    reason = "Bad Request"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ClientAuthenticationError("Unexpected response", response=Response()), "Unexpected response"),
        (ServiceRequestError("cannot connect"), "cannot connect"),
        (ValueError("invalid literal for int()"), "invalid literal"),
        (KeyError(), "KeyError"),
    ],
)
async def test_whatever_goes_wrong_is_an_error_without_a_response(error: Exception, message: str) -> None:
    credential = OneAttemptCredential(FakeCredential(error))
    for get in (credential.get_token, credential.get_token_info):
        with pytest.raises(ClientAuthenticationError, match=message) as raised:
            await get(SCOPE)
        assert raised.value.response is None


async def test_the_default_credential_is_created_without_a_request() -> None:
    async with default_credential(Settings.from_environment({})) as credential:
        assert isinstance(credential, OneAttemptCredential)
