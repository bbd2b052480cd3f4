"""The simulated Azure with the image and its version, and the way to it."""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from tests.integration.retirement.retired_image import (
    DEFINITION,
    RESOURCE,
    VERSION_RESOURCE,
)
from tests.integration.simulated_azure import way_to
from tests.workflow.estate import HERE, SEED, THERE


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    server.reset(
        SEED | {"resources": [*SEED["resources"], RESOURCE, deepcopy(DEFINITION), deepcopy(VERSION_RESOURCE)]}
    )
    async with way_to(server, monkeypatch, HERE, THERE) as way:
        yield way.arm
