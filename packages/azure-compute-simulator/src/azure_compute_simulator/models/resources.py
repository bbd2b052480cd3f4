"""The records that the simulated service keeps: groups, resources, operations, identities. No behaviour."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure_compute_simulator.errors import SimulatedError
from azure_compute_simulator.resource_ids import ResourceId
from azure_compute_simulator.transitions import Job

Json = dict[str, Any]


@dataclass(frozen=True)
class Subscription:
    """A subscription, its name and the tenant that owns it."""

    id: str
    name: str
    tenant: str
    locations: tuple[str, ...] | None = None


@dataclass
class ResourceGroup:
    """A resource group; its location says nothing about its resources'."""

    subscription: str
    name: str
    location: str
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class Principal:
    """Who made a request, as the token says."""

    tenant: str
    object_id: str
    client_id: str


@dataclass(eq=False)
class Resource:
    """One resource. `hidden` is what the service knows about it and never shows; `running` what goes on with it."""

    id: ResourceId
    location: str
    tags: dict[str, str] | None
    properties: Json
    created: datetime
    changed: datetime
    provisioning_state: str = "Creating"
    hidden: Json = field(default_factory=dict)
    running: "list[Operation]" = field(default_factory=list)


@dataclass(eq=False)
class Operation:
    """A long-running operation: what it does to which resource, how far it is and how it ended.

    `verb` is create, update or delete; `status` is InProgress, Succeeded, Failed or Canceled.
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
