"""The simulator as one object, without HTTP: state, clock, tokens, events, and everything the control plane can do."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from time import process_time

from azure_compute_simulator.access import RoleAssignment
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.event_grid import DeliverySwitches, EventGrid, HandshakeError
from azure_compute_simulator.events import (
    EventSubscription,
    event_delay_seconds,
    raises_event,
    resource_event,
)
from azure_compute_simulator.faults import Fault
from azure_compute_simulator.gateway import Gateway
from azure_compute_simulator.identity import Identity
from azure_compute_simulator.locks import Lock
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.registry import ResourceTypes
from azure_compute_simulator.models.resources import Json, Operation, Resource
from azure_compute_simulator.resource_ids import parse_resource_id
from azure_compute_simulator.seed import DEFAULT_SEED, SEED_PRINCIPAL, Seed, SeedError, load_seed, read_seed
from azure_compute_simulator.switches import Switches
from azure_compute_simulator.topics import Topics

_EVENT_FIELDS = {"id", "eventType", "eventTime", "subject", "topic", "data"}
# later than every api-version, so that `state` shows every field
_NEWEST_API_VERSION = "9999-12-31"


class Simulator:
    """Everything behind the HTTP server. Its methods may be called from any thread.

    Methods raise ValueError for unusable arguments; the control plane turns that into a 400.
    """

    def __init__(
        self, seed: Seed | None = None, transitions: str = "immediate", clock: Clock | float = 1
    ) -> None:
        self.clock = clock if isinstance(clock, Clock) else Clock(clock)
        self.azure = Azure(self.clock, transitions)
        self.types = ResourceTypes(self.azure)
        self._load(seed if seed is not None else DEFAULT_SEED)
        self.identity = Identity()
        self.gateway = Gateway(self.azure, self.types, self.identity)
        self.event_grid = EventGrid(self.clock)
        self.topics = Topics(self.azure, self.identity)
        self.azure.listener = self._publish_operation

    def close(self) -> None:
        """Stops delivering events."""
        self.event_grid.close()

    # state

    def reset(self, seed: Seed | None = None) -> None:
        """Returns to the seed of the start, or loads another one, and forgets everything else.

        Raises SeedError; the simulator then has its former seed, reset.
        """
        former = self._seed
        with self.azure.lock:
            try:
                self._clear()
                self._load(seed if seed is not None else former)
            except SeedError:
                self._clear()
                self._load(former)
                raise
        self.subscribe_seeded()

    def subscribe_seeded(self) -> None:
        """Creates the seed's event subscriptions. Raises SeedError if an endpoint fails its handshake."""
        for index, subscription in enumerate(self._seeded_event_subscriptions):
            try:
                self.event_grid.subscribe(subscription)
            except HandshakeError as error:
                raise SeedError(f"eventSubscriptions[{index}]: {error}") from error

    def state(self) -> Json:
        """Returns all resources, groups and unfinished operations as JSON."""
        with self.azure.lock:
            self.azure.settle()
            return {
                "subscriptions": [vars(item) for item in self.azure.subscriptions.values()],
                "resourceGroups": [vars(item) for item in self.azure.groups.values()],
                "resources": [self._document(resource) for resource in self.azure.resources.values()],
                "runningOperations": [operation.id for operation in self.azure.running.values()],
            }

    def requests(self, after: int = 0) -> list[Json]:
        """Returns the latest ARM requests, oldest first; only those with a number above `after`."""
        with self.azure.lock:
            newest = self.gateway.logged - after
            return list(self.gateway.log)[-newest:] if newest > 0 else []

    def calls(self) -> list[Json]:
        """Returns how many ARM requests of each kind got each status, the most frequent first."""
        with self.azure.lock:
            return self.gateway.calls.as_json()

    def operations(self) -> list[Json]:
        """Returns every long-running operation so far, oldest first, with its simulated times."""
        with self.azure.lock:
            self.azure.settle()
            return [operation.as_json() for operation in self.azure.operations.values()]

    # pace

    def transitions(self) -> Json:
        """Returns the default pace and its overrides."""
        with self.azure.lock:
            paces = self.azure.transitions
            overrides = [
                {"id": id_, "region": region, "pace": pace} for (id_, region), pace in paces.overrides.items()
            ]
            return {"default": paces.default, "overrides": overrides}

    def set_pace(self, pace: str, resource_id: str | None = None, region: str | None = None) -> None:
        """Sets the pace of everything, of one resource, or of one region of a version. Raises ValueError."""
        with self.azure.lock:
            if resource_id is None:
                self.azure.transitions.set_default(pace)
            else:
                self.azure.transitions.set_override(resource_id, pace, region)
            self.azure.agenda.clear()
            self.azure.settle()

    def set_progress(self, resource_id: str, progress: float = 100, region: str | None = None) -> None:
        """Sets the progress of a version whose pace is `manual`, in one region or in all. Raises ValueError."""
        with self.azure.lock:
            self.azure.transitions.set_progress(resource_id, progress, region)
            self.azure.settle()

    def skip_time(self, seconds: float) -> None:
        """Moves the simulated clock forward. Raises ValueError."""
        with self.azure.lock:
            self.clock.skip(seconds)
            self.azure.settle()
        self.event_grid.wake()

    def time(self) -> Json:
        """Returns the simulated time, and when something happens next by itself: an operation ends, an event is due.

        Where the clock stands still, events that are due now are delivered first, so that `next` is always later.
        """
        if self.clock.standing:
            self.event_grid.wait_until_quiet()
        with self.azure.lock:
            moments = [self.azure.next_due(), self.event_grid.next_due()]
            due = min((moment for moment in moments if moment is not None), default=None)
            return {"now": self.clock.now().isoformat(), "next": due.isoformat() if due else None}

    def move_to(self, moment: datetime) -> Json:
        """Moves the clock to a moment; returns the time after every event that is due then has been delivered once.

        What is due before that moment happens at that moment: to keep the order, move to `next` first.
        """
        with self.azure.lock:
            self.clock.move_to(moment)
            self.azure.settle()
        self.event_grid.wait_until_quiet()
        return self.time()

    def cpu(self) -> Json:
        """Returns the processor seconds of the process since its start; time that it waited does not count."""
        return {"process_seconds": process_time()}

    # switches and faults

    @property
    def switches(self) -> Switches:
        """The switches. Set an attribute to change one; `reset` restores the defaults."""
        return self.azure.switches

    @property
    def delivery(self) -> DeliverySwitches:
        """The faults of event delivery. Set an attribute to change one; `reset` restores the defaults."""
        return self.event_grid.switches

    def faults(self) -> Json:
        """Returns the active faults."""
        with self.azure.lock:
            return self.azure.faults.as_json()

    def add_fault(self, fault: Fault) -> None:
        """Activates a fault."""
        with self.azure.lock:
            self.azure.faults.add(fault, self.clock.now())

    def clear_faults(self) -> None:
        """Removes all faults."""
        with self.azure.lock:
            self.azure.faults.clear()
            self.azure.settle()

    def release_hanging(self) -> None:
        """Cuts off the requests that hang, and removes what lets requests hang; other faults stay."""
        with self.azure.lock:
            self.azure.faults.release()

    # roles and locks

    def roles(self) -> list[Json]:
        """Returns the role assignments. Without any, every caller may do everything."""
        return [asdict(role) for role in self.azure.roles]

    def set_roles(self, roles: list[Json]) -> None:
        """Replaces the role assignments, each as `RoleAssignment.parse` reads it. Raises ValueError."""
        with self.azure.lock:
            self.azure.roles = [RoleAssignment.parse(role) for role in roles]

    def locks(self) -> list[Json]:
        """Returns the locks."""
        return [asdict(lock) for lock in self.azure.locks]

    def set_locks(self, locks: list[Json]) -> None:
        """Replaces the locks, each `{scope, level?}`. Raises ValueError."""
        with self.azure.lock:
            self.azure.locks = [Lock.parse(lock) for lock in locks]

    # events

    def put_event_subscription(self, name: str, document: Json) -> None:
        """Subscribes an endpoint to events, after the handshake. Raises ValueError."""
        try:
            self.event_grid.subscribe(EventSubscription.parse(name, document))
        except HandshakeError as error:
            raise ValueError(str(error)) from error

    def delete_event_subscription(self, name: str) -> None:
        """Removes an event subscription. Queued events are still delivered."""
        self.event_grid.unsubscribe(name)

    def published(self) -> list[Json]:
        """Returns what custom topics took: the topic's id and the event of each."""
        return [one._asdict() for one in self.topics.published]

    def event_subscriptions(self) -> list[Json]:
        """Returns all event subscriptions."""
        return [subscription.as_json() for subscription in self.event_grid.subscriptions()]

    def events(self) -> Json:
        """Returns the events by state: delivered, dead-lettered, lost, pending."""
        return self.event_grid.deliveries()

    def publish(self, event: Json) -> None:
        """Sends an event in the Event Grid schema. Raises ValueError."""
        if not isinstance(event, dict) or not set(event) >= _EVENT_FIELDS:
            raise ValueError(f"An event needs {', '.join(sorted(_EVENT_FIELDS))}.")
        self.event_grid.publish(event)

    def publish_latest(self, resource_id: str) -> Json:
        """Sends the latest event of a resource again, and returns it. Raises ValueError."""
        event = self._latest_event(resource_id)
        self.event_grid.publish(event)
        return event

    def _load(self, seed: Seed) -> None:
        document = read_seed(seed)
        try:
            subscriptions = load_seed(self.azure, self.types, document)
        except SeedError as error:
            if isinstance(seed, Mapping):
                raise
            raise SeedError(f"{seed}: {error}") from error
        self._seed = document
        self._seeded_event_subscriptions = subscriptions

    def _clear(self) -> None:
        self.azure.clear()
        self.event_grid.clear()
        self.gateway.log.clear()
        self.gateway.logged = 0
        self.gateway.calls.counts.clear()

    def _publish_operation(self, operation: Operation) -> None:
        if raises_event(operation, self.switches):
            delay = event_delay_seconds(operation, self.switches)
            self.event_grid.publish(resource_event(operation, self.clock.now(), self.switches), delay)

    def _latest_event(self, resource_id: str) -> Json:
        with self.azure.lock:
            resource = self.azure.find(parse_resource_id(resource_id))
            if resource is None:
                raise ValueError(f"{resource_id} does not exist.")
            operations = [item for item in self.azure.operations.values() if item.resource is resource]
            if operations:
                return resource_event(operations[-1], self.clock.now(), self.switches)
            resource_type = self.types.get(resource.id.type)
            seeded = resource_type.operation_before_start(resource, SEED_PRINCIPAL)
            return resource_event(seeded, resource.created, self.switches)

    def _document(self, resource: Resource) -> Json:
        resource_type = self.types.get(resource.id.type)
        return resource_type.render(resource, _NEWEST_API_VERSION, "ReplicationStatus")
