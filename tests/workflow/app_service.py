"""A stand-in for App Service authentication: a proxy in front of the host, as the platform is in front of the app.

It validates no token: it knows who is signed in. What it does with headers is documented ("Work with user identities in
Azure App Service authentication"): no caller can set them, and they are there for whoever is signed in. It is no kinder
than the platform where nothing is documented: an excluded path is compared as it was sent, without its dots resolved.
"""

import base64
import http.client
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from local.stack import Stack

TEMPLATE = Path(__file__).parents[2] / "infra" / "modules" / "entra.bicep"
# what a deployment with Entra sets, and what App Service sets then
ENTRA = {"GALLERIST_AUTHENTICATION": "entra", "WEBSITE_AUTH_ENABLED": "True"}
COOKIE = "AppServiceAuthSession"
REFUSAL = b"You do not have permission to view this directory or page."
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}

Action = Literal["Return401", "AllowAnonymous"]


@dataclass
class Deployed(Stack):
    """The app as it is deployed: keys on, a key decides nothing, and the settings of the platform."""

    more: dict[str, str] = field(default_factory=dict)

    def app_settings(self) -> dict[str, str]:
        """Those of the stack, without what only one machine allows."""
        return {**super().app_settings(), "GALLERIST_ALLOW_KEYS_TO_APPROVE": "false", **self.more}

    @property
    def key(self) -> dict[str, str]:
        """The header with the function key."""
        return {"x-functions-key": self.host["keys"]["function"]}


class Principal(NamedTuple):
    """Whom a token stands for. The token of an application names nobody."""

    id: str
    name: str | None = None
    roles: tuple[str, ...] = ()
    provider: str = "aad"

    def headers(self) -> dict[str, str]:
        """What the platform adds to a request."""
        claims = [{"typ": "roles", "val": role} for role in self.roles]
        document = {"auth_typ": self.provider, "claims": claims, "name_typ": "name", "role_typ": "roles"}
        return {
            "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(document).encode()).decode(),
            "X-MS-CLIENT-PRINCIPAL-ID": self.id,
            "X-MS-CLIENT-PRINCIPAL-IDP": self.provider,
            **({"X-MS-CLIENT-PRINCIPAL-NAME": self.name} if self.name else {}),
        }


def excluded_paths() -> list[str]:
    """The paths that a deployment excludes from authentication."""
    listed = TEMPLATE.read_text(encoding="utf-8").partition("excludedPaths: [")[2].partition("]")[0]
    return re.findall(r"'([^']+)'", listed)


class AppService(ThreadingHTTPServer):
    """Stands in front of the host at `host` while the context lasts; `signed_in` has the principals by their tokens."""

    daemon_threads = True

    def __init__(self, host: str, signed_in: Mapping[str, Principal], action: Action = "Return401") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = urlsplit(host)
        self.signed_in = signed_in
        self.action = action
        self.excluded = excluded_paths()
        # what reached the host, for tests of what a caller sends
        self.forwarded: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        """Where callers find the app."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def excludes(self, path: str) -> bool:
        """Whether a path needs no authentication; a pattern ends with a star."""
        return any(
            path.startswith(one[:-1]) if one.endswith("*") else path.rstrip("/") == one
            for one in self.excluded
        )


class _Handler(BaseHTTPRequestHandler):
    server: AppService
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        principal = self.server.signed_in.get(self._token())
        path = self.path.partition("?")[0]
        if path == "/.auth/login/aad":
            # the way to the sign-in of Microsoft Entra
            self._answer(HTTPStatus.FOUND, {"Location": "https://login.microsoftonline.com/"}, b"")
        elif principal or self.server.action == "AllowAnonymous" or self.server.excludes(path):
            self._forward(body, principal)
        else:
            headers = {"WWW-Authenticate": 'Bearer realm="gallerist"', "Content-Type": "text/html"}
            self._answer(HTTPStatus.UNAUTHORIZED, headers, REFUSAL)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_request  # noqa: N815 # the names of http.server

    def _token(self) -> str:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if kind.lower() == "bearer":
            return token
        cookie = SimpleCookie(self.headers.get("Cookie") or "").get(COOKIE)
        return cookie.value if cookie else ""

    def _forward(self, body: bytes, principal: Principal | None) -> None:
        kept = {
            name: value
            for name, value in self.headers.items()
            if not name.lower().startswith(("x-ms-client-principal", "x-ms-token-"))
            and name.lower() not in _HOP_BY_HOP
        }
        headers = {**kept, **(principal.headers() if principal else {})}
        self.server.forwarded.append({name.lower(): value for name, value in headers.items()})
        connection = http.client.HTTPConnection(str(self.server.host.hostname), self.server.host.port or 80)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            self._answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {*_HOP_BY_HOP, "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the name of http.server
        """Writes nothing: a token may stand in a request."""


def bearer(token: str) -> dict[str, str]:
    """The header with a token."""
    return {"Authorization": f"Bearer {token}"}


class Answer(NamedTuple):
    """What came back, with the names of headers in lower case."""

    status: int
    headers: dict[str, str]
    text: str


def ask(url: str, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """Sends the path as it is written; other clients resolve its dots first."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read().decode())
    finally:
        connection.close()
