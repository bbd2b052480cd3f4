"""Tokens: the App Service managed-identity endpoint that issues them, and ARM's check of them.

Tokens expire in real time, not in simulated time, because clients cache them by the real clock.
"""

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import NamedTuple

import jwt

from azure_compute_simulator.errors import (
    AuthenticationFailedError,
    ExpiredAuthenticationTokenError,
    InvalidAuthenticationTokenError,
)
from azure_compute_simulator.models.resources import Json, Principal

AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    }
)
LIFETIME_SECONDS = 86_400
DEFAULT_TENANT = "11111111-1111-1111-1111-111111111111"
SYSTEM_ASSIGNED_CLIENT_ID = "22222222-2222-2222-2222-222222222222"
_OBJECT_IDS = uuid.UUID("33333333-3333-3333-3333-333333333333")


class IdentityRequestError(Exception):
    """The identity endpoint refuses a request with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class AccessToken(NamedTuple):
    """A token and the second since 1970 at which it expires, in the form that azure-core reads."""

    token: str
    expires_on: int


class Identity:
    """Signs and checks tokens. `header` is the secret that App Service puts into IDENTITY_HEADER."""

    def __init__(self, tenant: str = DEFAULT_TENANT) -> None:
        self.tenant = tenant
        self.header = secrets.token_hex(16)
        self._key = secrets.token_bytes(32)
        self.extra_audiences: set[str] = set()

    def token_response(
        self, query: Mapping[str, str], header: str | None, lifetime_seconds: int = LIFETIME_SECONDS
    ) -> Json:
        """Returns the response to a managed-identity request (documented: App Service, api-version 2019-08-01).

        Raises IdentityRequestError: 401 without the secret header, 400 without `resource` or `api-version`.
        """
        if header != self.header:
            raise IdentityRequestError(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        for name in ("api-version", "resource"):
            if not query.get(name):
                raise IdentityRequestError(400, f"The query parameter {name!r} is missing.")
        client_id = query.get("client_id") or SYSTEM_ASSIGNED_CLIENT_ID
        expires_on = int(time.time()) + lifetime_seconds
        return {
            "access_token": self.sign(query["resource"], client_id, expires_on),
            "client_id": client_id,
            "expires_on": str(expires_on),
            "resource": query["resource"],
            "token_type": "Bearer",
        }

    def sign(
        self, audience: str, client_id: str = SYSTEM_ASSIGNED_CLIENT_ID, expires_on: int | None = None
    ) -> str:
        """Returns a token for a client. `expires_on` is in seconds since 1970; the default is a day from now."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": expires_on if expires_on is not None else now + LIFETIME_SECONDS,
            "tid": self.tenant,
            "appid": client_id,
            "oid": object_id(client_id),
            "sub": object_id(client_id),
            "idtyp": "app",
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def principal(self, authorization: str | None, audiences: frozenset[str] | None = None) -> Principal:
        """Returns the caller that an Authorization header identifies; the audiences are those of ARM by default.

        Raises AuthenticationFailedError, InvalidAuthenticationTokenError or ExpiredAuthenticationTokenError.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if not authorization:
            raise AuthenticationFailedError(
                "Authentication failed. The 'Authorization' header is missing.",
                headers=self._challenge(
                    "The authentication failed because of missing 'Authorization' header."
                ),
            )
        if scheme.lower() != "bearer":
            raise self._invalid("The access token is not a bearer token.")
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], options={"verify_aud": False})
        except jwt.ExpiredSignatureError:
            text = "The access token expiry UTC time is earlier than current UTC time."
            raise ExpiredAuthenticationTokenError(text, headers=self._challenge(text)) from None
        except jwt.InvalidTokenError:
            raise self._invalid("The access token is invalid.") from None
        allowed = AUDIENCES | self.extra_audiences if audiences is None else audiences
        if claims["aud"].rstrip("/") not in allowed:
            raise self._invalid(
                f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should "
                "exactly match with one of the allowed audiences."
            )
        return Principal(claims["tid"], claims["oid"], claims["appid"])

    def _invalid(self, text: str) -> InvalidAuthenticationTokenError:
        return InvalidAuthenticationTokenError(text, headers=self._challenge(text))

    def _challenge(self, description: str) -> dict[str, str]:
        return {
            "WWW-Authenticate": (
                f'Bearer authorization_uri="https://login.windows.net/{self.tenant}", error="invalid_token", '
                f'error_description="{description}"'
            )
        }


class Credential:
    """A credential for Microsoft's clients (azure-core's `TokenCredential`) without the identity endpoint."""

    def __init__(self, identity: Identity, client_id: str = SYSTEM_ASSIGNED_CLIENT_ID) -> None:
        self._identity = identity
        self._client_id = client_id

    def get_token(self, *scopes: str, **_options: object) -> AccessToken:
        """Returns a token for the first scope, e.g. `https://management.azure.com/.default`."""
        audience = scopes[0].removesuffix("/.default")
        expires_on = int(time.time()) + LIFETIME_SECONDS
        return AccessToken(self._identity.sign(audience, self._client_id, expires_on), expires_on)


def object_id(client_id: str) -> str:
    """Returns the object id of a client, always the same for the same client."""
    return str(uuid.uuid5(_OBJECT_IDS, client_id))
