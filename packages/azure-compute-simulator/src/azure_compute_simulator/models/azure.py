"""The whole state of the simulated service, and how its long-running operations come to an end.

What each type of resource demands is in the modules beside this one. Callers hold `lock` for all of a request's work.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.errors import (
    OperationPreemptedError,
    ResourceGroupNotFoundError,
    ResourceNotFoundError,
    SimulatedError,
    SubscriptionNotFoundError,
)
from azure_compute_simulator.faults import Faults
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.resources import (
    Operation,
    Principal,
    Resource,
    ResourceGroup,
    Subscription,
)
from azure_compute_simulator.resource_ids import ResourceId
from azure_compute_simulator.switches import Switches
from azure_compute_simulator.throttling import Throttling
from azure_compute_simulator.transitions import Job, Transitions

if TYPE_CHECKING:
    from azure_compute_simulator.models.kinds import Kind

_SETTLE_SECONDS = 0.02

Listener = Callable[[Operation], None]


class Azure:
    """Subscriptions, groups, resources and operations; `listener` hears of every operation that succeeded."""

    def __init__(self, clock: Clock, transitions: str = "immediate") -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.listener: Listener = lambda _operation: None
        self.initial_transitions = transitions
        self.kinds: dict[str, Kind] = {}
        self.clear()

    def clear(self) -> None:
        """Forget everything: state, roles, locks, paces, switches and faults."""
        self.transitions = Transitions(self.clock, self.initial_transitions)
        self.switches = Switches()
        self.faults = Faults()
        self.roles: list[RoleAssignment] = []
        self.locks: list[Lock] = []
        self.throttling = Throttling(self.clock)
        self.subscriptions: dict[str, Subscription] = {}
        self.groups: dict[tuple[str, str], ResourceGroup] = {}
        self.resources: dict[str, Resource] = {}
        self.removed: dict[str, tuple[ResourceId, datetime]] = {}
        self.operations: dict[str, Operation] = {}
        self.running: dict[str, Operation] = {}
        self._begun: list[Operation] = []
        self._settled = self._settling_seconds = 0.0
        for kind in self.kinds.values():
            kind.clear()

    def kind(self, type_: str) -> "Kind":
        """The behaviour of a resource type. Raises KeyError for a type that is not simulated."""
        return self.kinds[type_.lower()]

    def subscription(self, subscription: str) -> Subscription:
        """The subscription. Raises SubscriptionNotFoundError."""
        try:
            return self.subscriptions[subscription.lower()]
        except KeyError:
            raise SubscriptionNotFoundError(subscription) from None

    def group(self, subscription: str, name: str) -> ResourceGroup:
        """The resource group. Raises ResourceGroupNotFoundError."""
        try:
            return self.groups[subscription.lower(), name.lower()]
        except KeyError:
            raise ResourceGroupNotFoundError(name) from None

    def find(self, resource_id: ResourceId) -> Resource | None:
        """The resource, if it exists."""
        return self.resources.get(resource_id.key)

    def get(self, resource_id: ResourceId) -> Resource:
        """The resource. Raises ResourceNotFoundError."""
        resource = self.find(resource_id)
        if resource is None:
            raise ResourceNotFoundError(resource_id.path, resource_id.group)
        return resource

    def of_type(self, type_: str, subscription: str, group: str | None = None) -> Iterator[Resource]:
        """The resources of one type in a subscription, or in one of its groups, in order of creation."""
        for resource in self.resources.values():
            if (
                resource.id.type.lower() == type_.lower()
                and resource.id.subscription.lower() == subscription.lower()
                and (group is None or resource.id.group.lower() == group.lower())
            ):
                yield resource

    def children(self, parent: ResourceId, type_: str | None = None) -> list[Resource]:
        """What a gallery or definition holds directly, or everything below it when no type is given."""
        prefix = parent.key + "/"
        return [
            resource
            for key, resource in self.resources.items()
            if key.startswith(prefix) and (type_ is None or resource.id.type.lower() == type_.lower())
        ]

    def ghosts(self, parent: ResourceId) -> list[ResourceId]:
        """What ARM still believes a parent to hold, some seconds after it was deleted (recorded; switchable)."""
        since = self.clock.now() - timedelta(seconds=self.switches.parent_delete_lag_seconds)
        return [
            id_ for key, (id_, at) in self.removed.items() if key.startswith(parent.key + "/") and at > since
        ]

    def begin(self, verb: str, resource: Resource, job: Job, principal: Principal) -> Operation:
        """Start an operation on a resource."""
        operation = Operation(str(uuid.uuid4()), verb, resource, job, principal, job.started)
        self.operations[operation.id] = self.running[operation.id] = operation
        resource.running.append(operation)
        self._begun.append(operation)
        return operation

    def settle(self) -> None:
        """Let every running operation advance as far as its pace allows, and end those that are done."""
        began = time.monotonic()
        self._advance(list(self.running.values()))
        for kind in self.kinds.values():
            kind.catch_up()
        self._settled = time.monotonic()
        self._settling_seconds = self._settled - began

    def settle_if_due(self) -> None:
        """Settle unless that was done just now; the more there is to do, the rarer, so that it never takes over."""
        if time.monotonic() - self._settled >= max(_SETTLE_SECONDS, 10 * self._settling_seconds):
            self.settle()

    def settle_begun(self) -> None:
        """Let the operations that have just begun end, if their pace says so."""
        begun, self._begun = self._begun, []
        self._advance(begun)

    def settle_resource(self, resource: Resource) -> None:
        """Let what goes on with one resource advance."""
        self._advance(list(resource.running))

    def finish(self, operation: Operation, error: SimulatedError | None = None) -> None:
        """End an operation well, or with the error that a client finds in it (HTTP 200, status Failed)."""
        self._end(operation, "Failed" if error else "Succeeded", error)
        resource = operation.resource
        if operation.verb == "delete" and not error:
            self._remove(resource)
        elif not resource.running:
            resource.provisioning_state = operation.status
        if not error:
            resource.changed = self.clock.now()
            self.listener(operation)

    def _advance(self, operations: list[Operation]) -> None:
        for operation in operations:
            if operation.id in self.running:
                self.kind(operation.resource.id.type).advance(operation)

    def _end(self, operation: Operation, status: str, error: SimulatedError | None) -> None:
        del self.running[operation.id]
        operation.resource.running.remove(operation)
        operation.status, operation.error = status, error
        operation.ended = self.clock.now()

    def _remove(self, resource: Resource) -> None:
        """Take a resource away; other deletions of it have succeeded too, and everything else is overtaken."""
        self.resources.pop(resource.id.key, None)
        self.removed[resource.id.key] = (resource.id, self.clock.now())
        self.kind(resource.id.type).removed(resource)
        for operation in list(resource.running):
            if operation.verb == "delete":
                self._end(operation, "Succeeded", None)
            else:
                text = "The operation was preempted by a more recent operation."
                self._end(operation, "Canceled", OperationPreemptedError(text))
