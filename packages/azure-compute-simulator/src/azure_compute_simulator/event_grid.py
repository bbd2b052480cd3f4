"""Event Grid: checks subscriptions by handshake and delivers events at least once, with the documented retries.

The events themselves are in events.py.
"""

import heapq
import itertools
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from azure_compute_simulator.clock import Clock
from azure_compute_simulator.events import CLOUD_EVENTS_SCHEMA, EventSubscription, cloud_event
from azure_compute_simulator.models.resources import Json

# documented: seconds between a failed delivery and the next attempt; the last pause repeats ...
RETRY_SECONDS = (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200)
# ... until this many attempts or this age
MOST_ATTEMPTS = 30
TIME_TO_LIVE = timedelta(hours=24)
# documented: a delivery that fails with these statuses is not repeated
_FINAL_STATUSES = frozenset({400, 401, 403, 413})
_ANSWER_WINDOW_SECONDS = 30.0
_REORDER_DELAY = timedelta(seconds=5)
_REMEMBERED_DELIVERIES = 1000


class HandshakeError(Exception):
    """The endpoint failed the handshake. The message says what it returned."""


@dataclass
class DeliverySwitches:
    """Faults of delivery: copies per event, whether every second event is delayed, how many of the next are lost."""

    copies: int = 1
    reorder: bool = False
    lose_next: int = 0


@dataclass(eq=False)
class Delivery:
    """One event on its way to one subscription."""

    subscription: EventSubscription
    event: Json
    raised: datetime
    attempts: int = 0
    state: str = "pending"
    answers: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """Returns the document that the control plane shows."""
        return {
            "subscription": self.subscription.name,
            "event": self.event,
            "attempts": self.attempts,
            "state": self.state,
            "answers": self.answers,
        }


class EventGrid:
    """Keeps the subscriptions, and delivers events from its own threads until it is closed."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._subscriptions: dict[str, EventSubscription] = {}
        self.switches = DeliverySwitches()
        self.finished: deque[Delivery] = deque(maxlen=_REMEMBERED_DELIVERIES)
        self._waiting: list[tuple[datetime, int, Delivery]] = []
        self._in_flight: list[Delivery] = []
        self._attempts_ended = 0
        self._queued = 0
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._client = httpx.Client(timeout=_ANSWER_WINDOW_SECONDS, trust_env=False)
        # one after the other where the clock stands still: the order must not depend on the machine
        workers = 1 if clock.standing else 8
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="event-grid")
        self._dispatcher = threading.Thread(target=self._dispatch, name="event-grid-dispatcher", daemon=True)
        self._dispatcher.start()

    def close(self) -> None:
        """Stops delivering, after the attempts that are in flight."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._dispatcher.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def clear(self) -> None:
        """Removes all subscriptions and deliveries, and resets the switches."""
        with self._changed:
            self._queued = 0
            self._subscriptions.clear()
            self._waiting.clear()
            self.finished.clear()
            self.switches = DeliverySwitches()

    def subscribe(self, subscription: EventSubscription) -> None:
        """Adds or replaces a subscription after the handshake of its schema. Raises HandshakeError."""
        try:
            self._shake_hands(subscription)
        except httpx.HTTPError as error:
            raise HandshakeError(f"{subscription.endpoint} does not answer: {error}") from error
        with self._changed:
            self._subscriptions[subscription.name] = subscription

    def unsubscribe(self, name: str) -> None:
        """Removes the subscription of this name, if it exists. Queued events are still delivered."""
        with self._changed:
            self._subscriptions.pop(name, None)

    def subscriptions(self) -> list[EventSubscription]:
        """Returns all subscriptions."""
        with self._changed:
            return list(self._subscriptions.values())

    def publish(self, event: Json, delay_seconds: float = 0) -> None:
        """Queues an event for every subscription that wants it. Returns at once."""
        with self._changed:
            for subscription in self._subscriptions.values():
                if subscription.wants(event):
                    self._queue(subscription, event, timedelta(seconds=delay_seconds))
            self._changed.notify_all()

    def wake(self) -> None:
        """Delivers what has become due after the clock was moved."""
        with self._changed:
            self._changed.notify_all()

    def next_due(self) -> datetime | None:
        """Returns when the next delivery is due; None if no event waits."""
        with self._changed:
            return self._waiting[0][0] if self._waiting else None

    def wait_until_quiet(self) -> None:
        """Waits until every delivery that is due at the present time has been attempted."""
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(self._is_quiet)

    def _is_quiet(self) -> bool:
        due = bool(self._waiting) and self._waiting[0][0] <= self.clock.now()
        return self._closed or not (due or self._in_flight)

    def wait_for_attempts(self, count: int, timeout: float) -> bool:
        """Waits until this many attempts have ended. Returns False after `timeout` real seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._attempts_ended >= count, timeout)

    def deliveries(self) -> Json:
        """Returns all deliveries by state: delivered, dead-lettered, lost, pending."""
        with self._changed:
            waiting = [delivery for _, _, delivery in sorted(self._waiting)] + self._in_flight
            shown = [*self.finished, *waiting]
        states = ("delivered", "dead-lettered", "lost", "pending")
        return {state: [item.as_json() for item in shown if item.state == state] for state in states}

    def _queue(self, subscription: EventSubscription, event: Json, delay: timedelta) -> None:
        raised = self.clock.now() + delay
        for _ in range(self.switches.copies):
            delivery = Delivery(subscription, event, raised)
            if self.switches.lose_next > 0:
                self.switches.lose_next -= 1
                delivery.state = "lost"
                self.finished.append(delivery)
            else:
                self._push(raised + self._delay(), delivery)

    def _delay(self) -> timedelta:
        """Returns the delay of the next event. With `reorder` every second one waits, and the next overtakes it."""
        self._queued += 1
        return _REORDER_DELAY if self.switches.reorder and self._queued % 2 else timedelta()

    def _push(self, due: datetime, delivery: Delivery) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), delivery))

    def _dispatch(self) -> None:
        with self._changed:
            while not self._closed:
                now = self.clock.now()
                for delivery in self._due(now):
                    self._in_flight.append(delivery)
                    self._pool.submit(self._deliver, delivery)
                pause = self.clock.real_seconds_until(self._waiting[0][0]) if self._waiting else None
                self._changed.wait(pause)

    def _due(self, now: datetime) -> Iterator[Delivery]:
        while self._waiting and self._waiting[0][0] <= now:
            yield heapq.heappop(self._waiting)[2]

    def _deliver(self, delivery: Delivery) -> None:
        subscription = delivery.subscription
        delivery.attempts += 1
        try:
            headers = {
                "aeg-event-type": "Notification",
                "aeg-subscription-name": subscription.name.upper(),
                "aeg-delivery-count": str(delivery.attempts - 1),
            }
            if subscription.schema == CLOUD_EVENTS_SCHEMA:
                headers["Content-Type"] = "application/cloudevents+json; charset=utf-8"
                response = self._client.post(
                    subscription.endpoint, json=cloud_event(delivery.event), headers=headers
                )
            else:
                headers |= {"aeg-data-version": "2", "aeg-metadata-version": "1"}
                response = self._client.post(subscription.endpoint, json=[delivery.event], headers=headers)
            self._attempt_ended(delivery, response.status_code, str(response.status_code))
        except httpx.HTTPError as error:
            self._attempt_ended(delivery, None, f"{type(error).__name__}: {error}")

    def _attempt_ended(self, delivery: Delivery, status: int | None, answer: str) -> None:
        with self._changed:
            self._attempts_ended += 1
            self._in_flight.remove(delivery)
            delivery.answers.append(answer)
            pause = RETRY_SECONDS[min(delivery.attempts, len(RETRY_SECONDS)) - 1]
            due = self.clock.now() + timedelta(seconds=pause)
            if status is not None and 200 <= status <= 299:  # noqa: PLR2004 - any success
                delivery.state = "delivered"
            elif (
                status in _FINAL_STATUSES
                or delivery.attempts >= MOST_ATTEMPTS
                or due > delivery.raised + TIME_TO_LIVE
            ):
                delivery.state = "dead-lettered"
            if delivery.state == "pending":
                self._push(due, delivery)
            else:
                self.finished.append(delivery)
            self._changed.notify_all()

    def _shake_hands(self, subscription: EventSubscription) -> None:
        if subscription.schema == CLOUD_EVENTS_SCHEMA:
            self._request_permission(subscription)
        else:
            self._send_validation_code(subscription)

    def _request_permission(self, subscription: EventSubscription) -> None:
        """CloudEvents' abuse protection: the endpoint must answer OPTIONS with the allowed origin."""
        origin = "eventgrid.azure.net"
        response = self._client.options(subscription.endpoint, headers={"WebHook-Request-Origin": origin})
        allowed = response.headers.get("WebHook-Allowed-Origin")
        if response.status_code != httpx.codes.OK or allowed not in (origin, "*"):
            raise HandshakeError(
                f"{subscription.endpoint} answered OPTIONS with {response.status_code} and WebHook-Allowed-Origin "
                f"{allowed!r}, not with 200 and {origin!r}."
            )

    def _send_validation_code(self, subscription: EventSubscription) -> None:
        """Event Grid's own handshake: the endpoint must echo a code."""
        code = str(uuid.uuid4())
        event = {
            "id": str(uuid.uuid4()),
            "topic": subscription.scope or "/subscriptions",
            "subject": "",
            "data": {
                "validationCode": code,
                "validationUrl": f"https://rp-eastus2.eventgrid.azure.net/eventsubscriptions/{subscription.name}/validate",
            },
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": f"{self.clock.now():%Y-%m-%dT%H:%M:%S.%f}1Z",
            "metadataVersion": "1",
            "dataVersion": "1",
        }
        headers = {
            "aeg-event-type": "SubscriptionValidation",
            "aeg-subscription-name": subscription.name.upper(),
        }
        response = self._client.post(subscription.endpoint, json=[event], headers=headers)
        try:
            echoed = response.json().get("validationResponse")
        except (ValueError, AttributeError):
            echoed = None
        if response.status_code != httpx.codes.OK or echoed != code:
            raise HandshakeError(
                f"{subscription.endpoint} answered the validation event with {response.status_code} and "
                f"{response.text[:200]!r}, not with 200 and the validation code."
            )
