"""A simulator without its HTTP server: requests go directly to the gateway."""

from collections.abc import Iterator

import pytest
from azure_compute_simulator.simulator import Simulator
from simulator_client import ArmClient
from simulator_documents import definition, seed


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator(seed())
    yield simulator
    simulator.close()


@pytest.fixture
def arm(simulator: Simulator) -> ArmClient:
    token = simulator.identity.sign("https://management.azure.com/")
    return ArmClient(simulator, f"Bearer {token}")


@pytest.fixture
def gallery(arm: ArmClient) -> ArmClient:
    """A client of a simulator that has a gallery `g` with the definition `web`."""
    arm.put("galleries/g", {"location": "eastus2"})
    arm.put("galleries/g/images/web", definition())
    return arm
