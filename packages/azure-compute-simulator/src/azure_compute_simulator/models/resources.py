"""The records that the simulated service keeps: groups, resources, operations, identities. No rules."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure_compute_simulator.errors import SimulatedError
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.resource_ids import ResourceId

Json = dict[str, Any]


@dataclass(frozen=True)
class Subscription:
    """A subscription. `locations` are the regions in its list of locations; None lists every region."""

    id: str
    name: str
    tenant: str
    locations: tuple[str, ...] | None = None


@dataclass
class ResourceGroup:
    """A resource group. Its resources may have other locations."""

    subscription: str
    name: str
    location: str
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class Principal:
    """The caller of a request, read from its token."""

    tenant: str
    object_id: str
    client_id: str


@dataclass(eq=False)
class Resource:
    """One resource. `hidden` is what the service knows and never shows; `running` are its unfinished operations.

    `extended_location` is the edge zone that it is in, if any.
    """

    id: ResourceId
    location: str
    tags: dict[str, str] | None
    properties: Json
    created: datetime
    changed: datetime
    provisioning_state: str = "Creating"
    hidden: Json = field(default_factory=dict)
    running: "list[Operation]" = field(default_factory=list)
    extended_location: Json | None = None

    def existed(self, at: datetime) -> bool:
        """Whether the resource existed at a time. Seeded resources have always existed."""
        return self.created <= at or bool(self.hidden.get("seeded"))


@dataclass(eq=False)
class Operation:
    """A long-running operation on one resource.

    `verb` is create, update, delete, or tag: a write of the tags API.
    `status` is InProgress, Succeeded, Failed or Canceled. `succeeded_late` is when the resource was ready after all,
    though the operation had failed.
    """

    id: str
    verb: str
    resource: Resource
    job: Job
    principal: Principal
    started: datetime
    ended: datetime | None = None
    status: str = "InProgress"
    error: SimulatedError | None = None
    succeeded_late: datetime | None = None

    def as_json(self) -> Json:
        """Returns what the control plane shows of it."""
        return {
            "id": str(self.resource.id),
            "verb": self.verb,
            "status": self.status,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "succeededLate": self.succeeded_late.isoformat() if self.succeeded_late else None,
        }
