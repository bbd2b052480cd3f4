"""The app on this machine against the real Azure: the embedded host, with its task hub in a folder of the user's."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from functions_testhost import AppError, HostServer, TaskHubError, TaskHubInUseError

from adapters import settings as names
from adapters.azure.arm import Arm
from adapters.azure.consumers import SUBSCRIPTIONS_API
from adapters.azure.credentials import default_credential
from adapters.policy_file import load_policy
from adapters.settings import Settings
from local.stack import ROOT

# once a year: never, for what runs on a laptop
_NEVER = "0 0 0 1 1 *"
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class HostedError(Exception):
    """The app cannot be served from this machine; the message says why and what to do."""


class Served(NamedTuple):
    """The app as it is served: the base of its API, and the file that holds its function key."""

    api: str
    key_file: Path


@dataclass(frozen=True)
class Hosted:
    """What the app on this machine works on. `folder` has everything that outlives the process."""

    folder: Path
    policy: Path
    subscriptions: tuple[str, ...]
    port: int = 0
    # whether it starts migrations by itself, every hour
    sweep: bool = False

    @property
    def azure(self) -> str:
        """The endpoint of Azure Resource Manager that the app uses."""
        return Settings.from_environment({**os.environ, **self.settings()}).arm_endpoint

    def settings(self) -> dict[str, str]:
        """The app's settings that are different from a deployed app's."""
        return {
            names.POLICY_FILE: str(self.policy.resolve()),
            names.EVIDENCE_FOLDER: str(self.folder.resolve() / "evidence"),
            names.SUBSCRIPTIONS: " ".join(self.subscriptions),
            # nobody signs in at a host of one machine, and its only key is that of whoever started it
            names.ALLOW_KEYS: "true",
            **({} if self.sweep else {names.SWEEP_SCHEDULE: _NEVER}),
        }

    async def check(self, environ: Mapping[str, str]) -> None:
        """Checks what the app needs, before it starts.

        Raises:
            HostedError: this is no folder of the app.
            PolicyError: the policy cannot be used.
            SettingError: a setting cannot be used.
            ArmError: there is no token, or a subscription is not visible.
        """
        if not (ROOT / "function_app.py").exists():
            raise HostedError(
                f"there is no app in {ROOT}; install the command with `make cli` in a clone of Gallerist"
            )
        load_policy(self.policy)
        settings = Settings.from_environment({**environ, **self.settings()})
        async with default_credential(settings) as credential:
            arm = Arm(settings, credential)
            try:
                await arm.check_token()
                for one in self.subscriptions:
                    await arm.page(one, f"/subscriptions/{one}?api-version={SUBSCRIPTIONS_API}")
            finally:
                for one in self.subscriptions:
                    await arm.client(one).close()

    @contextmanager
    def served(self) -> Iterator[Served]:
        """Serves the app until the context ends. The task hub goes on where it was, however the last process ended.

        Raises:
            HostedError: the app cannot be served.
        """
        # the log and the evidence name resources, and the folder may be one that others can look into
        os.umask(0o077)
        self._make_folder()
        self._open_log()
        os.environ.update(self.settings())
        database = self.folder.resolve() / "taskhub.sqlite"
        # the app reads its own files by relative paths, as in Azure
        os.chdir(ROOT)
        try:
            with HostServer(
                ".", database, port=self.port, keys=True, survives_power_cut=True, controlled=False
            ) as server:
                yield Served(f"{server.url}/api", self._write_key(server.description()["keys"]["function"]))
        except TaskHubInUseError as error:
            raise HostedError(
                f"another process uses the folder {self.folder}: stop it, or choose another folder with --folder"
            ) from error
        except (AppError, TaskHubError) as error:
            raise HostedError(str(error)) from error

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise HostedError(f"the folder {self.folder} cannot be made: {error.strerror}") from error

    def _open_log(self) -> None:
        file = self.folder / "host.log"
        try:
            file.touch(mode=0o600)
            # one of an earlier version may be for others to read
            file.chmod(0o600)
            logging.basicConfig(filename=file, level=logging.WARNING, format=_LOG_FORMAT)
        except OSError as error:
            raise HostedError(f"{file} cannot be written: {error.strerror}") from error

    def _write_key(self, key: str) -> Path:
        try:
            return self._replace_key(key)
        except OSError as error:
            raise HostedError(f"the key cannot be written into {self.folder}: {error.strerror}") from error

    def _replace_key(self, key: str) -> Path:
        path = self.folder.resolve() / "key"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"{key}\n", encoding="utf-8")
        return path
