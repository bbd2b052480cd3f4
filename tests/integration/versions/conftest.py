"""One simulated Azure for the tests of a module."""

from collections.abc import Iterator

import pytest
from azure_compute_simulator import SimulatorServer

from tests.workflow.estate import SEED


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server
