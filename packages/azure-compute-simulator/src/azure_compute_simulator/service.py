"""The simulator as one object: the state, its clock, tokens and events, and what can be asked of it from outside."""

from dataclasses import asdict
from typing import Any

from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.event_grid import EventGrid, HandshakeError
from azure_compute_simulator.events import EventSubscription, resource_event
from azure_compute_simulator.gateway import Gateway
from azure_compute_simulator.identity import Identity
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.definitions import Definitions
from azure_compute_simulator.models.deployments import Deployments
from azure_compute_simulator.models.galleries import Galleries
from azure_compute_simulator.models.images import Images
from azure_compute_simulator.models.machines import ScaleSets, VirtualMachines
from azure_compute_simulator.models.resources import Json, Operation
from azure_compute_simulator.models.seeded import Disks, NetworkInterfaces, Snapshots
from azure_compute_simulator.models.versions import Versions
from azure_compute_simulator.resource_ids import parse_resource_id
from azure_compute_simulator.seed import DEFAULT_SEED, SEED_PRINCIPAL, SeedError, plant

_KINDS = (
    Images,
    Galleries,
    Definitions,
    Versions,
    VirtualMachines,
    ScaleSets,
    Deployments,
    Disks,
    Snapshots,
    NetworkInterfaces,
)


class Simulator:
    """Everything behind the HTTP server; every method here may be called from any thread.

    Methods that are given something unusable raise ValueError, which the control plane answers with 400.
    """

    def __init__(
        self, seed: Json | None = None, transitions: str = "immediate", time_scale: float = 1
    ) -> None:
        self.clock = Clock(time_scale)
        self.azure = Azure(self.clock, transitions)
        self.azure.kinds = {kind.type.lower(): kind(self.azure) for kind in _KINDS}
        self._seed = seed if seed is not None else DEFAULT_SEED
        plant(self.azure, self._seed)
        self.identity = Identity()
        self.gateway = Gateway(self.azure, self.identity)
        self.event_grid = EventGrid(self.clock)
        self.azure.listener = self._raise_event

    def close(self) -> None:
        """Stop delivering events."""
        self.event_grid.close()

    # state

    def reset(self, seed: Json | None = None) -> None:
        """Back to the seed that was given at the start, or on to another one; everything else is forgotten."""
        with self.azure.lock:
            self.azure.clear()
            self.event_grid.clear()
            self.gateway.log.clear()
            if seed is not None:
                self._seed = seed
            try:
                plant(self.azure, self._seed)
            except SeedError as error:
                raise ValueError(str(error)) from error
        self.subscribe_seeded()

    def subscribe_seeded(self) -> None:
        """Make the seed's event subscriptions; their endpoints must be there. Raises ValueError."""
        for document in self._seed.get("eventSubscriptions") or []:
            rest = {name: value for name, value in document.items() if name != "name"}
            self.put_event_subscription(document.get("name", "seeded"), rest)

    def state(self) -> Json:
        """All resources, groups and unfinished operations as JSON."""
        with self.azure.lock:
            self.azure.settle()
            return {
                "subscriptions": [vars(item) for item in self.azure.subscriptions.values()],
                "resourceGroups": [vars(item) for item in self.azure.groups.values()],
                "resources": [self._document(resource.id.key) for resource in self.azure.resources.values()],
                "runningOperations": [operation.id for operation in self.azure.running.values()],
            }

    def requests(self) -> list[Json]:
        """The latest ARM requests, oldest first."""
        with self.azure.lock:
            return list(self.gateway.log)

    # pace, oddities and faults

    def transitions(self) -> Json:
        """The pace in force and its exceptions."""
        with self.azure.lock:
            paces = self.azure.transitions
            overrides = [
                {"id": id_, "region": region, "pace": pace} for (id_, region), pace in paces.overrides.items()
            ]
            return {"default": paces.default, "overrides": overrides}

    def set_transitions(self, default: str | None = None, **change: Any) -> None:
        """Set the default pace, one `override` `{id, region?, pace}`, or `advance` `{id, region?, progress}`."""
        override, advance = change.pop("override", None), change.pop("advance", None)
        if change:
            raise ValueError(f"{', '.join(change)}: not known; use default, override or advance.")
        with self.azure.lock:
            paces = self.azure.transitions
            if default is not None:
                paces.set_default(default)
            if override is not None:
                paces.set_override(_text(override, "id"), _text(override, "pace"), override.get("region"))
            if advance is not None:
                paces.push(_text(advance, "id"), advance.get("progress", 100), advance.get("region"))
            self.azure.settle()

    def switches(self) -> Json:
        """The oddities in force."""
        return self.azure.switches.as_json()

    def set_switches(self, **changes: Any) -> None:
        """Turn oddities on and off."""
        with self.azure.lock:
            self.azure.switches.change(**changes)

    def faults(self) -> Json:
        """The faults in force."""
        with self.azure.lock:
            return self.azure.faults.as_json()

    def add_fault(self, **fault: Any) -> None:
        """Let something go wrong; the fields are those of `RequestFault` or, with a `region`, `RegionFault`."""
        with self.azure.lock:
            self.azure.faults.add(fault)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        with self.azure.lock:
            self.azure.faults.clear()
            self.azure.settle()

    def skip_time(self, seconds: float) -> None:
        """Let so many simulated seconds pass at once."""
        with self.azure.lock:
            self.clock.skip(seconds)
            self.azure.settle()
        self.event_grid.wake()

    # roles and locks

    def roles(self) -> list[Json]:
        """The role assignments; none means that everybody may do everything."""
        return [asdict(role) for role in self.azure.roles]

    def set_roles(self, roles: list[Json]) -> None:
        """Replace the role assignments, each `{principal, scope, actions, notActions?}`."""
        with self.azure.lock:
            self.azure.roles = [RoleAssignment.parse(role) for role in roles]

    def locks(self) -> list[Json]:
        """The locks in force."""
        return [asdict(lock) for lock in self.azure.locks]

    def set_locks(self, locks: list[Json]) -> None:
        """Replace the locks, each `{scope, level?}`."""
        with self.azure.lock:
            self.azure.locks = [Lock.parse(lock) for lock in locks]

    # events

    def put_event_subscription(self, name: str, document: Json) -> None:
        """Subscribe an endpoint to events, after the handshake. Raises ValueError with the reason."""
        try:
            self.event_grid.subscribe(EventSubscription.parse(name, document))
        except HandshakeError as error:
            raise ValueError(str(error)) from error

    def delete_event_subscription(self, name: str) -> None:
        """Deliver no more new events to this subscription."""
        self.event_grid.unsubscribe(name)

    def event_subscriptions(self) -> list[Json]:
        """All event subscriptions."""
        return [subscription.as_json() for subscription in self.event_grid.subscriptions()]

    def set_event_switches(self, **changes: Any) -> None:
        """Set `copies` per event, `reorder`, or how many events to `lose_next`."""
        for name, value in changes.items():
            if not hasattr(self.event_grid.switches, name):
                raise ValueError(f"{name!r} is not known; use copies, reorder or lose_next.")
            setattr(self.event_grid.switches, name, value)

    def events(self) -> Json:
        """Events by what became of them: delivered, dead-lettered, lost, pending."""
        return self.event_grid.deliveries()

    def publish(self, event: Json | None = None, resource_id: str | None = None) -> Json:
        """Send an event, or the latest event of a resource once more. Answers the event. Raises ValueError."""
        if (event is None) == (resource_id is None):
            raise ValueError("Give either an 'event' or a 'resourceId'.")
        if event is None:
            event = self._latest_event(str(resource_id))
        if not {"eventType", "subject", "data", "topic", "id", "eventTime"} <= set(event):
            raise ValueError("An event has id, eventType, eventTime, subject, topic and data.")
        self.event_grid.publish(event)
        return event

    def _raise_event(self, operation: Operation) -> None:
        self.event_grid.publish(resource_event(operation, self.clock.now()))

    def _latest_event(self, resource_id: str) -> Json:
        with self.azure.lock:
            resource = self.azure.find(parse_resource_id(resource_id))
            if resource is None:
                raise ValueError(f"{resource_id} does not exist.")
            done = [
                operation for operation in self.azure.operations.values() if operation.resource is resource
            ]
            if done:
                return resource_event(done[-1], self.clock.now())
            kind = self.azure.kind(resource.id.type)
            seeded = kind.seed_operation(resource, SEED_PRINCIPAL)
            return resource_event(seeded, resource.created)

    def _document(self, key: str) -> Json:
        resource = self.azure.resources[key]
        return self.azure.kind(resource.id.type).render(resource, "9999-12-31", "ReplicationStatus")


def _text(document: Any, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is missing or not a string.")  # noqa: TRY004 - what a client sent is a value
    return value
