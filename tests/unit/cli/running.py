"""Runs a command against a documented API, as typer's runner does: no process, no network, no terminal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from typer.testing import CliRunner

from cli.app import app
from cli.session import Credential, Surroundings
from tests.unit.cli.api import URL, DocumentedApi

NOW = datetime(2026, 1, 20, 9, 0, tzinfo=UTC)


class Result:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def data(self) -> Any:
        """What was printed, as JSON."""
        return json.loads(self.stdout)

    @property
    def words(self) -> str:
        """What was printed with single blanks, so that a test need not count them."""
        return " ".join(self.stdout.split())


@dataclass
class Clock:
    """Time that passes only while a command sleeps."""

    seconds: float = 0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Caller:
    """A person or a script that types commands."""

    api: DocumentedApi = field(default_factory=DocumentedApi)
    clock: Clock = field(default_factory=Clock)
    environ: Mapping[str, str] = field(default_factory=lambda: {"GALLERIST_URL": URL})
    # whether there is a terminal, on which `types` is typed
    terminal: bool = False
    credential: Credential | None = None

    def run(self, *arguments: str, types: str = "") -> Result:
        """Runs a command. Whatever fails unforeseen is a fault of the test or the command."""
        world = Surroundings(
            environ=self.environ,
            transport=self.api,
            sleep=self.clock.sleep,
            monotonic=self.clock.monotonic,
            now=lambda: NOW,
            credential=self._credential,
            terminal=self.terminal,
        )
        result = CliRunner().invoke(app, list(arguments), input=types, env=dict(self.environ), obj=world)
        assert "gallerist itself failed" not in result.stderr, result.stderr
        return Result(result.exit_code, result.stdout, result.stderr)

    def _credential(self) -> Credential:
        assert self.credential is not None, "nobody is signed in"
        return self.credential
