"""What becomes of a machine after its creation was accepted: how long it takes, how it ends, what its agent reports."""

from dataclasses import dataclass
from typing import Literal, get_args

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import InvalidParameterError, ServiceError
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.machine_errors import OSProvisioningClientErrorError, OSProvisioningTimedOutError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import parse_resource_id

BootOutcome = Literal[
    "success",
    "timed-out-then-ready",
    "timed-out",
    "client-error",
    "agent-never-ready",
    # nothing in the image reports ready, neither an agent nor the image itself
    "no-agent",
    # the image has no agent and reports ready by itself
    "reports-ready",
]
BOOT_OUTCOMES: tuple[str, ...] = get_args(BootOutcome)
CREATE_SECONDS = 40.0
# inferred: the agent reports shortly after the machine is provisioned
AGENT_SECONDS = 20.0
# documented (SupportArticles-docs #1787): the service waits 40 minutes for the guest
TIMEOUT_SECONDS = 2400.0
LATE_SECONDS = 900.0
# inferred: how long the allocation of hardware takes until it fails
ALLOCATION_SECONDS = 120.0


@dataclass
class Boot:
    """The fate of one machine.

    `error` ends its creation, at the end of `seconds`. `agent` is false if the machine was created without one
    (`provisionVMAgent`). `late` is the work after which a machine that timed out has succeeded after all, `reports` the
    work after which its agent is ready.
    """

    outcome: str
    seconds: float
    agent: bool
    error: ServiceError | None = None
    late: Job | None = None
    reports: Job | None = None

    @property
    def was_allocated(self) -> bool:
        """Whether the machine runs: one that failed for want of hardware does not."""
        return self.outcome in BOOT_OUTCOMES


def boot_of(azure: Azure, machine: str, outcome: str, *, agent: bool, resource_id: str) -> Boot:
    """Returns the fate of a machine with this outcome.

    Documented ("Creating generalized images without a provisioning agent"): a generalized image without an agent has to
    report ready by itself; otherwise the machine is restarted, runs, and its creation ends as failed.
    """
    now = azure.clock.now()
    if outcome in ("timed-out", "timed-out-then-ready", "no-agent"):
        boot = Boot(outcome, TIMEOUT_SECONDS, agent, OSProvisioningTimedOutError(machine))
    elif outcome == "client-error":
        boot = Boot(outcome, TIMEOUT_SECONDS / 4, agent, OSProvisioningClientErrorError(machine))
    else:
        boot = Boot(outcome, CREATE_SECONDS, agent)
    if outcome == "timed-out-then-ready":
        boot.late = Job(resource_id, TIMEOUT_SECONDS + LATE_SECONDS, replicates=False, started=now)
    if outcome in ("success", "timed-out-then-ready"):
        after = (TIMEOUT_SECONDS + LATE_SECONDS) if boot.late else CREATE_SECONDS
        boot.reports = Job(resource_id, after + AGENT_SECONDS, replicates=False, started=now)
    return boot


def failed_allocation(error: ServiceError, *, agent: bool) -> Boot:
    """Returns the fate of a machine that gets no hardware, or fails before it starts."""
    return Boot(error.code, ALLOCATION_SECONDS, agent, error)


def outcome_of(azure: Azure, image: str | None) -> str:
    """Returns what `_simulator.boot` of the version, or of what it was made from, says; success without it.

    Raises InvalidParameterError for an unknown one.
    """
    while image:
        resource = azure.find(parse_resource_id(image))
        if resource is None:
            break
        outcome = resource.hidden.get("boot")
        if outcome is not None:
            if outcome not in BOOT_OUTCOMES:
                raise InvalidParameterError(
                    f"The seed's boot outcome '{outcome}' is not one of {', '.join(BOOT_OUTCOMES)}.",
                    target="_simulator.boot",
                )
            return str(outcome)
        source = (resource.properties.get("storageProfile") or {}).get("source") or {}
        image = source.get("id")
    return "success"


def instance_view(azure: Azure, resource: Resource) -> Json:
    """Returns the instance view of a machine. That of a running one is recorded, the others are reported."""
    boot: Boot | None = resource.hidden.get("boot fate")
    time = timestamp(resource.changed)
    os_disk = (resource.properties.get("storageProfile") or {}).get("osDisk") or {}
    provisioning = _provisioning(resource, boot, time)
    statuses = [provisioning]
    if boot is None or boot.was_allocated:
        running = resource.provisioning_state != "Creating"
        code, shown = ("running", "VM running") if running else ("starting", "VM starting")
        statuses.append({"code": f"PowerState/{code}", "level": "Info", "displayStatus": shown})
    view: Json = {
        "disks": [{"name": os_disk.get("name", ""), "statuses": [provisioning]}],
        "hyperVGeneration": resource.hidden.get("generation", "V1"),
        "statuses": statuses,
    }
    agent = _agent(azure, resource, boot, time)
    return ({"vmAgent": agent} if agent else {}) | view


def _provisioning(resource: Resource, boot: Boot | None, time: str) -> Json:
    """Returns the status of the provisioning; that of a failure has its code and its text (reported)."""
    state = resource.provisioning_state
    status: Json = {"code": f"ProvisioningState/{state.lower()}", "level": "Info"}
    if state == "Failed" and boot and boot.error:
        status |= {
            "code": f"ProvisioningState/failed/{boot.error.body()['code']}",
            "level": "Error",
            "message": boot.error.message,
        }
    shown = state if state in ("Creating", "Updating", "Deleting") else f"Provisioning {state.lower()}"
    return status | {"displayStatus": shown, "time": time}


def _agent(azure: Azure, resource: Resource, boot: Boot | None, time: str) -> Json | None:
    """Returns what the machine's agent reports; None while there is nothing to report."""
    if boot is None or _is_ready(azure, boot):
        ready = {
            "code": "ProvisioningState/succeeded",
            "level": "Info",
            "displayStatus": "Ready",
            "message": "Guest Agent is running",
            "time": time,
        }
        return {"vmAgentVersion": "2.12.0.2", "statuses": [ready]}
    if not boot.agent or not boot.was_allocated or resource.provisioning_state == "Creating":
        return None
    unavailable = {
        "code": "ProvisioningState/Unavailable",
        "level": "Warning",
        "displayStatus": "Not Ready",
        "message": "VM status blob is found but not yet populated.",
        "time": time,
    }
    return {"vmAgentVersion": "Unknown", "statuses": [unavailable]}


def _is_ready(azure: Azure, boot: Boot) -> bool:
    return boot.agent and boot.reports is not None and azure.transitions.fraction(boot.reports) >= 1
