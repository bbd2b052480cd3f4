"""An embedded Azure Functions host for Python Durable Functions apps: run and test them without Core Tools."""

from functions_testhost.app import AppError
from functions_testhost.client import HostClient, HostRequestError, OrchestrationEndError
from functions_testhost.clock import Clock
from functions_testhost.faults import Fault
from functions_testhost.hub_errors import (
    TaskHubDamagedError,
    TaskHubError,
    TaskHubInUseError,
    TaskHubUnavailableError,
    TaskHubVersionError,
)
from functions_testhost.server import HostServer
from functions_testhost.switches import Switches

__version__ = "0.1.0.dev0"

__all__ = [
    "AppError",
    "Clock",
    "Fault",
    "HostClient",
    "HostRequestError",
    "HostServer",
    "OrchestrationEndError",
    "Switches",
    "TaskHubDamagedError",
    "TaskHubError",
    "TaskHubInUseError",
    "TaskHubUnavailableError",
    "TaskHubVersionError",
    "__version__",
]
