"""A simulated Azure Resource Manager for managed images, galleries and the machines made from them."""

from azure_compute_simulator.event_grid import DeliverySwitches
from azure_compute_simulator.faults import (
    IdentityFault,
    MachineFault,
    RegionFault,
    RequestFault,
    ShareFault,
    UpgradeFault,
)
from azure_compute_simulator.seed import SeedError
from azure_compute_simulator.server import SimulatorServer
from azure_compute_simulator.simulator import Simulator
from azure_compute_simulator.switches import Switches

__version__ = "0.1.0.dev0"

__all__ = [
    "DeliverySwitches",
    "IdentityFault",
    "MachineFault",
    "RegionFault",
    "RequestFault",
    "SeedError",
    "ShareFault",
    "Simulator",
    "SimulatorServer",
    "Switches",
    "UpgradeFault",
    "__version__",
]
