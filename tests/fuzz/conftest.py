"""Fixtures: the app on the embedded host and the simulated Azure, which do not throttle."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.stack import ROOT, Stack
from tests.fuzz.fuzzed_app import FUZZED_SEED, FuzzedApp
from tests.workflow.estate import POLICY

# the torture puts deliberate bugs into a copy of the app, and expects that these tests notice
APP = Path(os.environ.get("GALLERIST_FUZZ_APP", ROOT))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedApp]:
    """The app for all requests of a module."""
    with running(tmp_path_factory.mktemp("fuzz")) as app:
        yield app


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[FuzzedApp]:
    """The app for one test, which may break it for all later requests."""
    with running(tmp_path) as app:
        yield app


@contextmanager
def running(folder: Path) -> Iterator[FuzzedApp]:
    with (
        Stack(folder, FUZZED_SEED, POLICY, "polls:3", host_options=["--clock", "skip"], app=APP) as stack,
        httpx.Client(timeout=30) as http,
    ):
        stack.control("POST", "switches", {"throttling": False})
        yield FuzzedApp(stack, http)
