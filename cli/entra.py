"""Signs requests with an Entra token."""

from collections.abc import Generator

import httpx

from cli.errors import NotSignedInError
from cli.session import SIGN_IN, Credential


class TokenAuth(httpx.Auth):
    """Adds a token of the credential to each request; the credential keeps and renews it."""

    def __init__(self, credential: Credential, scope: str) -> None:
        self._credential = credential
        self._scope = scope

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sends the request with a token.

        Raises:
            NotSignedInError: nobody is signed in, or Entra refuses the app.
        """
        try:
            token = self._credential.get_token(self._scope).token
        except Exception as error:  # azure-identity raises several unrelated kinds  # noqa: BLE001
            why = next(
                (line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__
            )
            raise NotSignedInError(
                f"Entra ID gives no token for {self._scope}",
                why=why,
                fix="Sign in with an account that may call the app.",
                command=SIGN_IN,
            ) from None
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
