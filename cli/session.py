"""Who calls which Gallerist: its address, the key or the token, and the typed client that uses them."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cli import address
from cli.errors import CliError, NotSignedInError
from cli.output import Output

if TYPE_CHECKING:
    import httpx

    from client import Gallerist

SIGN_IN = "az login"


class Token(Protocol):
    """An access token as azure-identity returns it."""

    @property
    def token(self) -> str:
        """The token itself."""


class Credential(Protocol):
    """What azure-identity's credentials have in common."""

    def get_token(self, *scopes: str) -> Token:
        """Returns a token for these scopes."""


def default_credential() -> Credential:
    """The credential of `az login`, of a managed identity, or of the environment."""
    # only for Microsoft Entra, and slow to import
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415, TID251 # it signs a person in, and calls no ARM

    return DefaultAzureCredential()


@dataclass(frozen=True)
class Surroundings:
    """What a command takes from the world around it. Tests pass in another one, as `obj`."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: "httpx.BaseTransport | None" = None
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    credential: Callable[[], Credential] = default_credential
    # None: as stdin and stdout are
    terminal: bool | None = None

    @property
    def has_terminal(self) -> bool:
        """Whether a person can be asked."""
        return self.terminal if self.terminal is not None else sys.stdin.isatty() and sys.stderr.isatty()


@dataclass(frozen=True)
class Target:
    """The options that say which Gallerist is called, and as whom."""

    url: str | None = None
    key_file: Path | None = None
    entra: bool = False
    scope: str | None = None

    @property
    def signs_in(self) -> bool:
        """Whether the caller signs in with Microsoft Entra."""
        return self.entra or self.scope is not None


@dataclass
class Session:
    """One run of a command: the client, the output, and whether a person can be asked."""

    target: Target
    output: Output
    world: Surroundings = field(default_factory=Surroundings)
    no_input: bool = False

    @property
    def may_ask(self) -> bool:
        """Whether the command may ask a person."""
        return self.world.has_terminal and not self.no_input

    @cached_property
    def url(self) -> str:
        """The base of the API: what the options or the environment name, or the host that runs on this machine."""
        url = self.target.url or address.of_local_host(self.world.environ)
        if url is None:
            raise CliError(
                "no Gallerist to talk to",
                why="neither --url nor GALLERIST_URL is set, and no local host runs on this machine",
                fix="Name the app, or start a local one with `make serve`.",
                command="gallerist images --url https://<app>.azurewebsites.net/api",
            )
        return address.checked(url)

    @cached_property
    def client(self) -> "Gallerist":
        """The typed client."""
        from client import Gallerist  # noqa: PLC0415 # it takes half a second, which `--help` does not need

        return Gallerist(
            self.url,
            self._key,
            auth=self._auth,
            transport=self.world.transport,
            sleep=self.world.sleep,
        )

    def close(self) -> None:
        """Closes the connections, if there are any."""
        if "client" in self.__dict__:
            self.client.close()

    @property
    def _key(self) -> str | None:
        """The function key. Whoever signs in needs none: then only one is sent that was asked for with an option."""
        path = self.target.key_file
        if path is None:
            return None if self.target.signs_in else self.world.environ.get("GALLERIST_KEY") or None
        try:
            key = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise NotSignedInError(
                f"the key file '{path}' cannot be read", why=error.strerror or str(error)
            ) from None
        if not key or len(key.split()) > 1:
            raise NotSignedInError(
                f"the key file '{path}' holds no key", fix="It must hold the function key and nothing else."
            )
        return key

    @property
    def _auth(self) -> "httpx.Auth | None":
        if not self.target.signs_in:
            return None
        if self.target.scope is None:
            raise NotSignedInError(
                "--entra needs to know for which app",
                fix="Name the app registration of the API: --scope api://<client id>/.default, or GALLERIST_SCOPE.",
            )
        from cli.entra import TokenAuth  # noqa: PLC0415 # only for Microsoft Entra

        return TokenAuth(self.world.credential(), self.target.scope)
