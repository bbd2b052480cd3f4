"""Fixtures for the workflow tests: app and simulated Azure as processes with one virtual clock."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack
from tests.workflow.estate import PACE, POLICY, SEED, Estate
from tests.workflow.receiver import Receiver


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The app and a simulated Azure for all tests of a module; every test uses its own images."""
    with stack(tmp_path_factory.mktemp("stack")) as running, Estate(running) as estate:
        running.subscribe_to_events()
        yield estate


@pytest.fixture
def own_estate(tmp_path: Path) -> Iterator[Estate]:
    """The app and a simulated Azure for one test, which may break them."""
    with stack(tmp_path) as running, Estate(running) as estate:
        yield estate


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def stack(folder: Path) -> Stack:
    return Stack(folder, SEED, POLICY, PACE, one_clock=True)
