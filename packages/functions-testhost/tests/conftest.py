"""Fixtures for tests that speak to the embedded host over HTTP, as a client would."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer
from testhost_client import APPS, Client, Serve


def pytest_configure(config: pytest.Config) -> None:
    # the SDK's own advice and notes, which would fail the functions they come up in
    config.addinivalue_line("filterwarnings", "ignore:Potential duplicate Task completion:UserWarning")
    config.addinivalue_line("filterwarnings", "ignore:azure.functions df_loads was called:DeprecationWarning")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start hosts on demand and stop them after the test."""
    with ExitStack() as running:

        def start(app: str = "patterns", clock: Clock | None = None, **options: Any) -> Client:
            host = HostServer(APPS / app, tmp_path / "hub.db", clock=clock or Clock("skip"), **options)
            return running.enter_context(Client(running.enter_context(host)))

        yield start


@pytest.fixture
def client(serve: Serve) -> Client:
    """A client of a host that serves the patterns with a skipping clock."""
    return serve()


@pytest.fixture
def standing(serve: Serve) -> Client:
    """A client of a host whose clock stands still until it is told to move."""
    return serve(clock=Clock("manual"))
