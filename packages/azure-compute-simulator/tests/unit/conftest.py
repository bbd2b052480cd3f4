"""A simulator without its HTTP server: requests go straight to the gateway."""

from collections.abc import Iterator

import pytest
from azure_compute_simulator.service import Simulator
from simulator_arm import Arm
from simulator_world import definition, seed


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator(seed())
    yield simulator
    simulator.close()


@pytest.fixture
def arm(simulator: Simulator) -> Arm:
    token = simulator.identity.sign("https://management.azure.com/")
    return Arm(simulator, f"Bearer {token}")


@pytest.fixture
def gallery(arm: Arm) -> Arm:
    """ARM with a gallery `g` that holds the definition `web`."""
    arm.put("galleries/g", {"location": "eastus2"})
    arm.put("galleries/g/images/web", definition())
    return arm
