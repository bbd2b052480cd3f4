"""Fixtures for tests that talk to the host over HTTP, as a client does."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer
from testhost_client import Serve, TestClient
from testhost_folders import APPS


def pytest_configure(config: pytest.Config) -> None:
    # the SDK's own advice and notes: as errors, they would fail the functions that cause them
    config.addinivalue_line("filterwarnings", "ignore:Potential duplicate Task completion:UserWarning")
    config.addinivalue_line("filterwarnings", "ignore:azure.functions df_loads was called:DeprecationWarning")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts hosts on demand and stops them after the test."""
    with ExitStack() as running:

        def start(app: str = "patterns", clock: Clock | None = None, *, keys: bool = False) -> TestClient:
            host = HostServer(APPS / app, tmp_path / "hub.db", clock=clock or Clock("skip"), keys=keys)
            return running.enter_context(TestClient(running.enter_context(host)))

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of a host that serves the patterns with a skipping clock."""
    return serve()


@pytest.fixture
def paused(serve: Serve) -> TestClient:
    """A client of a host that serves the patterns with a manual clock."""
    return serve(clock=Clock("manual"))
