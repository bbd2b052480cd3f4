"""The host's half of replay: gives every action of an orchestrator the SDK's task id for it, and finds what is new.

Documented: the SDK and the Durable Task Framework count tasks separately and must arrive at the same numbers. The host
therefore replays the same history over the SDK's cumulative list of actions. Actions that the history does not record
are new. The orchestrator's code and values belong to the SDK (sdk.py); what follows from an episode, to episodes.py.
"""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from functions_testhost import promises
from functions_testhost.app import DurableKind
from functions_testhost.decisions import (
    CallActivity,
    CallSubOrchestrator,
    CreateTimer,
    Decision,
    SendToEntity,
    difference,
)
from functions_testhost.history import Event, EventType, kind
from functions_testhost.promises import Promise
from functions_testhost.timestamps import from_text, to_text

Action = dict[str, Any]

EXTENSION = "Microsoft.Azure.WebJobs.Extensions.DurableTask"
SHORTEST_STEP = timedelta(microseconds=1)
ENTITY_CALLS = uuid.UUID("6f0c2c5e-3d0a-5d60-9f5a-1f4b1a5b7c11")


class ActionType(IntEnum):
    """Numbers of the actions in the out-of-process protocol."""

    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


class NonDeterministicOrchestrationError(Exception):
    """The orchestrator's code no longer makes the calls that its history records.

    `decisions` holds, by task id, the calls that it makes now. Recorded: the extension sends them out all the same.
    """

    def __init__(self, message: str, decisions: Sequence[tuple[int, Decision]]) -> None:
        super().__init__(message)
        self.decisions = decisions


class UnsupportedActionError(Exception):
    """The orchestrator used an action that this host does not perform, or signalled an entity that does not exist."""


@dataclass(frozen=True)
class RetryPolicy:
    """When to retry a failed call (documented: the host accepts more than the Python SDK sends)."""

    first_interval: timedelta
    max_attempts: int
    backoff: float = 1.0
    max_interval: timedelta = timedelta.max

    @classmethod
    def parse(cls, options: dict[str, Any]) -> "RetryPolicy":
        """Reads an action's `retryOptions`."""
        return cls(
            first_interval=timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"]),
            max_attempts=options["maxNumberOfAttempts"],
            backoff=options.get("backoffCoefficient") or 1.0,
            max_interval=timedelta(milliseconds=options["maxRetryIntervalInMilliseconds"])
            if options.get("maxRetryIntervalInMilliseconds")
            else timedelta.max,
        )

    def delay_after(self, attempt: int) -> timedelta:
        """Returns how long to wait after a failed attempt (the first is 1); zero after the last."""
        if attempt >= self.max_attempts:
            return timedelta(0)
        seconds = self.first_interval.total_seconds() * self.backoff ** (attempt - 1)
        return min(self.max_interval, timedelta(seconds=seconds))


class Replay:
    """One replay of one execution's history over one list of actions.

    `why_unknown` returns why a function cannot be called, or None for one that can. Recorded (extension 3.19.0): a call
    of a function that does not exist is never made, takes no task id and never ends, and the SDK is not told. It takes
    the result of the next call in the same group for that of the first. `never_made` has a sentence for each.
    """

    def __init__(
        self,
        instance_id: str,
        execution_id: str,
        actions: Sequence[Action],
        why_unknown: Callable[[DurableKind, str], str | None] = lambda _kind, _name: None,
    ) -> None:
        self.never_made: list[str] = []
        self._why_unknown = why_unknown
        self.pending: dict[int, Decision] = {}
        self.carried_over: list[Event] = []
        self.continue_as_new_input: str | None = None
        self.suspended = False
        self._instance_id = instance_id
        self._execution_id = execution_id
        self._actions = actions
        self._next_id = 0
        self._now = datetime.min.replace(tzinfo=UTC)
        self._open: dict[int, Promise] = {}
        self._waiters: defaultdict[str, list[Promise]] = defaultdict(list)
        self._buffered: Counter[str] = Counter()
        self._held: list[Event] = []
        self._latest_requests: dict[str, datetime] = {}
        self._finished = Promise()
        self._performers: dict[int, Callable[[Action], Promise]] = {
            ActionType.CALL_ACTIVITY: lambda a: self._call("activity", a, self._call_activity),
            ActionType.CALL_ACTIVITY_WITH_RETRY: lambda a: self._call(
                "activity", a, lambda a: promises.run(self._retry(a, self._call_activity))
            ),
            ActionType.CALL_SUB_ORCHESTRATOR: lambda a: self._call(
                "orchestrator", a, self._call_sub_orchestrator
            ),
            ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: lambda a: self._call(
                "orchestrator", a, lambda a: promises.run(self._retry(a, self._call_sub_orchestrator))
            ),
            ActionType.CREATE_TIMER: self._create_timer,
            ActionType.WAIT_FOR_EXTERNAL_EVENT: lambda a: self._wait_for_event(a["externalEventName"]),
            ActionType.CALL_ENTITY: self._call_entity,
            ActionType.SIGNAL_ENTITY: self._signal_entity,
            ActionType.WHEN_ALL: lambda a: promises.all_of([self._invoke(c) for c in a["compoundActions"]]),
            ActionType.WHEN_ANY: lambda a: promises.any_of([self._invoke(c) for c in a["compoundActions"]]),
            ActionType.CONTINUE_AS_NEW: self._continue_as_new,
        }

    @property
    def finished(self) -> bool:
        """Whether every action has ended and nothing is open. Only then may the instance end (documented)."""
        return self._finished.settled and not self._open

    def run(self, events: Iterable[Event]) -> None:
        """Replays the history, oldest event first.

        Raises:
            NonDeterministicOrchestrationError: a recorded call differs from the one made now.
            UnsupportedActionError: this host does not perform an action.
        """
        for event in events:
            self._receive(event)

    def new_decisions(self) -> list[tuple[int, Decision]]:
        """Returns the decisions that the history does not record yet, by task id; none while suspended."""
        return [] if self.suspended else sorted(self.pending.items())

    # events

    def _receive(self, event: Event) -> None:
        event_type = kind(event)
        if event_type is EventType.ORCHESTRATOR_STARTED:
            self._now = from_text(event["Timestamp"])
        elif event_type is EventType.EXECUTION_RESUMED:
            self._resume()
        elif self.suspended:
            self._held.append(event)
        else:
            self._process(event_type, event)

    def _resume(self) -> None:
        self.suspended = False
        held, self._held = self._held, []
        self.run(held)

    def _process(self, event_type: EventType, event: Event) -> None:
        match event_type:
            case EventType.EXECUTION_STARTED:
                promises.run(self._run_actions())
            case EventType.EXECUTION_SUSPENDED:
                self.suspended = True
            case (
                EventType.TASK_SCHEDULED
                | EventType.TIMER_CREATED
                | EventType.SUB_ORCHESTRATION_INSTANCE_CREATED
                | EventType.EVENT_SENT
            ):
                self._confirm(event)
            case EventType.TASK_COMPLETED | EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED:
                self._settle(event["TaskScheduledId"], succeeded=True)
            case EventType.TASK_FAILED | EventType.SUB_ORCHESTRATION_INSTANCE_FAILED:
                self._settle(event["TaskScheduledId"], succeeded=False)
            case EventType.TIMER_FIRED:
                self._settle(event["TimerId"], succeeded=True)
            case EventType.EVENT_RAISED:
                self._raise_event(event)

    def _confirm(self, event: Event) -> None:
        """Matches a recorded call with the one made now."""
        task_id = event["EventId"]
        text = difference(event, self.pending.get(task_id))
        if text is not None:
            raise NonDeterministicOrchestrationError(
                f"Non-Deterministic workflow detected: {text}", self.new_decisions()
            )
        del self.pending[task_id]

    def _settle(self, task_id: int, *, succeeded: bool) -> None:
        promise = self._open.pop(task_id, None)
        if promise is not None:  # otherwise a duplicate, or the timer was cancelled
            promise.settle(succeeded=succeeded)

    def _raise_event(self, event: Event) -> None:
        """Passes an external event to the latest waiter for its name, or keeps it (documented: names ignore case)."""
        name = event["Name"].lower()
        if self.continue_as_new_input is not None:
            self.carried_over.append(event)
        elif self._waiters[name]:
            self._waiters[name].pop().settle()
        else:
            self._buffered[name] += 1

    # actions

    async def _run_actions(self) -> bool:
        """Performs the actions in order. Whether a failed one matters is up to the orchestrator's code, in the SDK."""
        for action in self._actions:
            await self._invoke(action)
        self._finished.settle()
        return True

    def _invoke(self, action: Action) -> Promise:
        if action["actionType"] not in self._performers:
            raise UnsupportedActionError(
                f"This host does not perform actions of type {action['actionType']} (8 is call_http; use an activity)."
            )
        return self._performers[action["actionType"]](action)

    def _decide(self, decision: Decision) -> int:
        task_id, self._next_id = self._next_id, self._next_id + 1
        self.pending[task_id] = decision
        return task_id

    def _open_task(self, decision: Decision) -> Promise:
        promise = Promise()
        self._open[self._decide(decision)] = promise
        return promise

    def _call(self, kind: DurableKind, action: Action, call: Callable[[Action], Promise]) -> Promise:
        """Makes a call if its function exists."""
        reason = self._why_unknown(kind, action["functionName"])
        return call(action) if reason is None else self._never_made(reason)

    def _never_made(self, reason: str) -> Promise:
        self.never_made.append(f"a call is never made and never ends. {reason}")
        return promises.failed()

    def _call_activity(self, action: Action) -> Promise:
        return self._open_task(CallActivity(action["functionName"], action["input"]))

    def _call_sub_orchestrator(self, action: Action) -> Promise:
        instance_id = action.get("instanceId") or f"{self._execution_id}:{self._next_id}"
        return self._open_task(
            CallSubOrchestrator(
                action["functionName"], instance_id, json.dumps(action["input"]), action.get("version")
            )
        )

    def _create_timer(self, action: Action) -> Promise:
        timer = CreateTimer(from_text(action["fireAt"]))
        if action.get("isCanceled"):
            self._decide(timer)
            return promises.failed()
        return self._open_task(timer)

    async def _retry(self, action: Action, call: Callable[[Action], Promise]) -> bool:
        """Tries, waits, tries again. Documented: a timer follows the last failed attempt too, and fires at once."""
        policy = RetryPolicy.parse(action["retryOptions"])
        for attempt in range(1, policy.max_attempts + 1):
            if await call(action):
                return True
            await self._open_task(CreateTimer(self._now + policy.delay_after(attempt)))
        return False

    def _wait_for_event(self, event_name: str) -> Promise:
        name = event_name.lower()
        promise = Promise()
        if self._buffered[name]:
            self._buffered[name] -= 1
            promise.settle()
        else:
            self._waiters[name].append(promise)
        return promise

    def _call_entity(self, action: Action) -> Promise:
        reason = self._why_unknown("entity", _entity_name(action))
        if reason is not None:
            return self._never_made(reason)
        request_id = self._request_id()
        request = self._entity_request(action, request_id)
        self._decide(SendToEntity(action["instanceId"], json.dumps(request)))
        return self._wait_for_event(request_id)

    def _signal_entity(self, action: Action) -> Promise:
        reason = self._why_unknown("entity", _entity_name(action))
        if reason is not None:
            raise UnsupportedActionError(reason)
        request = self._entity_request(action, self._request_id(), signal=True)
        self._decide(SendToEntity(action["instanceId"], json.dumps(request)))
        return promises.succeeded()

    def _request_id(self) -> str:
        """Returns the id of the next request, the same on every replay."""
        return str(uuid.uuid5(ENTITY_CALLS, f"{self._execution_id}:{self._next_id}"))

    def _entity_request(self, action: Action, request_id: str, *, signal: bool = False) -> dict[str, Any]:
        """Builds a request with the fields of the extension (recorded); a call has no `signal`.

        `Timestamp` and `Predecessor` order the requests from one instance to one entity.
        """
        entity_id = action["instanceId"]
        before = self._latest_requests.get(entity_id)
        moment = self._now if before is None else max(self._now, before + SHORTEST_STEP)
        self._latest_requests[entity_id] = moment
        return {
            "$type": f"{EXTENSION}.RequestMessage, {EXTENSION}",
            "op": action["operation"],
            **({"signal": True} if signal else {}),
            "input": json.dumps(action["input"]),
            "id": request_id,
            "parent": self._instance_id,
            "parentExecution": self._execution_id,
            "Timestamp": to_text(moment),
            "Predecessor": "0001-01-01T00:00:00" if before is None else to_text(before),
            "requestTime": self._now.isoformat(),
        }

    def _continue_as_new(self, action: Action) -> Promise:
        self.continue_as_new_input = json.dumps(action["input"])
        return promises.succeeded()


def _entity_name(action: Action) -> str:
    """Returns the name in an entity's id, `@name@key`."""
    name: str = action["instanceId"].split("@", 2)[1]
    return name
