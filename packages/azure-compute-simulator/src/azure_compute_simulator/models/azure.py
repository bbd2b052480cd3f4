"""The state of the simulated service, and how its long-running operations end.

The rules of each resource type are in the modules beside this one. Callers hold `lock` while they handle a request.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Protocol

from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.agenda import Agenda, Timetable
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.errors import (
    OperationPreemptedError,
    ResourceGroupNotFoundError,
    ResourceNotFoundError,
    SimulatedError,
    SubscriptionNotFoundError,
)
from azure_compute_simulator.faults import Faults
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.resources import (
    Operation,
    Principal,
    Resource,
    ResourceGroup,
    Subscription,
)
from azure_compute_simulator.models.soft_deleted import Bin
from azure_compute_simulator.policies import Policies
from azure_compute_simulator.resource_ids import ResourceId
from azure_compute_simulator.switches import Switches
from azure_compute_simulator.throttling import Throttling
from azure_compute_simulator.transitions import Transitions

_SETTLE_INTERVAL_SECONDS = 0.02
# settling may take at most one part in this many of the simulator's time
_SETTLE_SHARE = 10

Listener = Callable[[Operation], None]


class Behaviour(Protocol):
    """What the state needs from a resource type. `ResourceType` implements it."""

    def advance(self, operation: Operation) -> None:
        """Ends the operation if its pace says so."""

    def advance_background(self) -> None:
        """Advances work outside of operations."""

    def background_due(self) -> list[datetime | None]:
        """Returns when work is done that does not end with its operation."""

    def timetable(self, operation: Operation) -> Timetable | None:
        """Returns when the operation changes by itself, or None if more than the time decides that."""

    def on_deleted(self, resource: Resource) -> None:
        """Called after the resource was removed from the state."""

    def clear(self) -> None:
        """Forgets what the type keeps outside the state."""


class Azure:
    """Subscriptions, groups, resources and operations.

    `listener` is called with every operation when it begins, and when it ends by itself. `behaviours` maps lower-case
    resource types to their rules.
    """

    def __init__(self, clock: Clock, transitions: str = "immediate") -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.listener: Listener = lambda _operation: None
        self.behaviours: Mapping[str, Behaviour] = {}
        self._initial_transitions = transitions
        self.clear()

    def clear(self) -> None:
        """Removes all state, roles, locks, faults, and every change to paces and switches."""
        self.transitions = Transitions(self.clock, self._initial_transitions)
        self.switches = Switches()
        self.faults = Faults()
        self.roles: list[RoleAssignment] = []
        self.locks: list[Lock] = []
        self.policies = Policies(self.clock)
        self.bin = Bin(self.clock)
        self.throttling = Throttling(self.clock)
        self.subscriptions: dict[str, Subscription] = {}
        self.groups: dict[tuple[str, str], ResourceGroup] = {}
        self.resources: dict[str, Resource] = {}
        self.deleted: dict[str, tuple[Resource, datetime]] = {}
        self.operations: dict[str, Operation] = {}
        self.running: dict[str, Operation] = {}
        self.agenda = Agenda()
        self._just_begun: list[Operation] = []
        self._last_settled = self._settling_seconds = 0.0
        for behaviour in self.behaviours.values():
            behaviour.clear()

    def subscription(self, subscription: str) -> Subscription:
        """Returns the subscription. Raises SubscriptionNotFoundError."""
        try:
            return self.subscriptions[subscription.lower()]
        except KeyError:
            raise SubscriptionNotFoundError(subscription) from None

    def group(self, subscription: str, name: str) -> ResourceGroup:
        """Returns the resource group. Raises ResourceGroupNotFoundError."""
        try:
            return self.groups[subscription.lower(), name.lower()]
        except KeyError:
            raise ResourceGroupNotFoundError(name) from None

    def find(self, resource_id: ResourceId) -> Resource | None:
        """Returns the resource, or None if it does not exist."""
        return self.resources.get(resource_id.key)

    def get(self, resource_id: ResourceId) -> Resource:
        """Returns the resource. Raises ResourceNotFoundError."""
        resource = self.find(resource_id)
        if resource is None:
            raise ResourceNotFoundError(resource_id.path, resource_id.group)
        return resource

    def of_type(self, type_: str, subscription: str, group: str | None = None) -> Iterator[Resource]:
        """Yields the resources of a type in a subscription or in one of its groups, oldest first."""
        for resource in self.resources.values():
            if (
                resource.id.type.lower() == type_.lower()
                and resource.id.subscription.lower() == subscription.lower()
                and (group is None or resource.id.group.lower() == group.lower())
            ):
                yield resource

    def children(self, parent: ResourceId, type_: str | None = None) -> list[Resource]:
        """Returns everything below a gallery or definition, or only the resources of one type."""
        prefix = parent.key + "/"
        return [
            resource
            for key, resource in self.resources.items()
            if key.startswith(prefix) and (type_ is None or resource.id.type.lower() == type_.lower())
        ]

    def recently_deleted_children(self, parent: ResourceId) -> list[ResourceId]:
        """Returns deleted children that still block the deletion of their parent.

        ARM answers from a stale cache for some seconds (reported); see the switch `parent_delete_lag_seconds`.
        """
        since = self.clock.now() - timedelta(seconds=self.switches.parent_delete_lag_seconds)
        return [
            resource.id
            for key, (resource, at) in self.deleted.items()
            if key.startswith(parent.key + "/") and at > since
        ]

    def listed(self) -> Iterator[Resource]:
        """Yields what ARM's list of resources shows: the state of `resource_list_lag_seconds` ago (reported).

        Until then a new resource is missing, a deleted one is still there, and one that was deleted and created again
        is the former one, with the former creation time.
        """
        lag = self.switches.resource_list_lag_seconds
        at = self.clock.now() - timedelta(seconds=lag)
        former = {
            key: resource
            for key, (resource, deleted) in self.deleted.items()
            if resource.existed(at) and at < deleted
        }
        current = {
            key: resource for key, resource in self.resources.items() if not lag or resource.existed(at)
        }
        for key, resource in (former | current).items():
            if not any(fnmatchcase(key, pattern.lower()) for pattern in self.switches.unlisted_resources):
                yield resource

    def begin(self, verb: str, resource: Resource, job: Job, principal: Principal) -> Operation:
        """Starts an operation on a resource."""
        for other in resource.running:
            self.agenda.forget(other)
        operation = Operation(str(uuid.uuid4()), verb, resource, job, principal, job.started)
        self.operations[operation.id] = self.running[operation.id] = operation
        resource.running.append(operation)
        self._just_begun.append(operation)
        self.listener(operation)
        return operation

    def settle(self) -> None:
        """Advances every running operation as far as its pace allows, and ends those that are done."""
        began = time.monotonic()
        if self.faults.regions or self.switches.succeeded_early:
            self.agenda.clear()
        unknown = [operation for operation in self.running.values() if operation not in self.agenda]
        self._advance(unknown + self.agenda.take_changes(self.clock.now()))
        self._note_timetables(unknown)
        for behaviour in self.behaviours.values():
            behaviour.advance_background()
        self._last_settled = time.monotonic()
        self._settling_seconds = self._last_settled - began

    def next_due(self) -> datetime | None:
        """Returns when the next operation or region is done by itself; None if none is.

        An operation whose time has passed waits for a region: for one that is stuck, or one with more time of its own.
        """
        now = self.clock.now()
        moments = [self.agenda.next_end(now)]
        moments += [
            self.transitions.due(operation.job)
            for operation in self.running.values()
            if operation not in self.agenda
        ]
        for behaviour in self.behaviours.values():
            moments += behaviour.background_due()
        return min((moment for moment in moments if moment is not None and moment > now), default=None)

    def settle_if_due(self) -> None:
        """Settles unless that happened a moment ago. The longer settling takes, the less often it runs."""
        pause = max(_SETTLE_INTERVAL_SECONDS, _SETTLE_SHARE * self._settling_seconds)
        if time.monotonic() - self._last_settled >= pause:
            self.settle()

    def settle_just_begun(self) -> None:
        """Ends the operations that have just begun, if their pace says so."""
        operations, self._just_begun = self._just_begun, []
        self._advance(operations)

    def settle_resource(self, resource: Resource) -> None:
        """Advances the operations on one resource."""
        self._advance(list(resource.running))

    def finish(self, operation: Operation, error: SimulatedError | None = None) -> None:
        """Ends an operation: successfully, or with the error that clients find in it (HTTP 200, status Failed)."""
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
                self._behaviour(operation.resource).advance(operation)

    def _note_timetables(self, operations: list[Operation]) -> None:
        """Takes in those of these operations that only the time changes from now on."""
        if self.faults.regions or self.switches.succeeded_early or self.transitions.overrides:
            return
        for operation in operations:
            if operation.id in self.running:
                timetable = self._behaviour(operation.resource).timetable(operation)
                if timetable is not None:
                    self.agenda.add(operation, timetable)

    def _end(self, operation: Operation, status: str, error: SimulatedError | None) -> None:
        del self.running[operation.id]
        self.agenda.forget(operation)
        operation.resource.running.remove(operation)
        operation.status, operation.error = status, error
        operation.ended = self.clock.now()

    def _remove(self, resource: Resource) -> None:
        """Removes a resource. Other deletions of it succeed with it; every other operation on it is canceled."""
        self.resources.pop(resource.id.key, None)
        # it may be the source of a version that is being created
        self.agenda.clear()
        self.deleted[resource.id.key] = (resource, self.clock.now())
        self._behaviour(resource).on_deleted(resource)
        for operation in list(resource.running):
            if operation.verb == "delete":
                self._end(operation, "Succeeded", None)
            else:
                text = "The operation was preempted by a more recent operation."
                self._end(operation, "Canceled", OperationPreemptedError(text))

    def _behaviour(self, resource: Resource) -> Behaviour:
        return self.behaviours[resource.id.type.lower()]
