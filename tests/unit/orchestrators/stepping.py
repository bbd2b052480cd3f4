"""Steps an orchestrator without a host: records what it calls, and answers from a script."""

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from pydantic import BaseModel

from domain import names
from domain.migration.hints import LOOK_EVENT
from domain.records.evidence import Stored
from domain.results import Failure, RetryLater
from tests.unit.builders import NOW

Reply = Any
# the replies to the calls of one name: a list in their order, or a function of the call
Script = dict[str, list[Reply] | Callable[["Call"], Reply]]


@dataclass(frozen=True)
class Call:
    """One call of an orchestrator. A timer has the name "timer", and its due time as input."""

    name: str
    input: Any
    instance_id: str | None = None
    operation: str | None = None
    on_cancel: Callable[[], None] | None = None
    is_completed: bool = False
    result: Any = None

    def cancel(self) -> None:
        """Cancels a timer."""
        assert self.on_cancel is not None
        self.on_cancel()


@dataclass(frozen=True)
class Race:
    """Calls of which the first one to end wins."""

    calls: list[Call]


@dataclass
class FakeContext:
    """The part of `df.DurableOrchestrationContext` that the orchestrators use; time passes on timers alone."""

    input: dict[str, Any]
    instance_id: str = "migration-0123"
    is_replaying: bool = False
    current_utc_datetime: datetime = NOW
    calls: list[Call] = field(default_factory=list)
    statuses: list[Any] = field(default_factory=list)
    continued_with: Any = None
    executions: int = 1
    # the external events that have arrived, what each brings, and how many timers were cancelled
    events: list[str] = field(default_factory=list)
    payload: Any = None
    cancelled_timers: int = 0
    signals: list[Call] = field(default_factory=list)

    @property
    def histories(self) -> list[Any]:
        """The events that the SDK read; the orchestration was started at `NOW`."""
        started = {"EventType": 0, "EventId": -1, "IsPlayed": False, "Timestamp": NOW.isoformat()}
        return [HistoryEvent(**started)]

    def get_input(self) -> Any:
        return self.input

    def call_activity(self, name: str, input_: Any) -> Call:
        return Call(name, input_)

    def call_sub_orchestrator(self, name: str, input_: Any, instance_id: str | None = None) -> Call:
        return Call(name, input_, instance_id)

    def call_entity(self, entity: Any, operation: str, input_: Any) -> Call:
        return Call(entity.name, input_, entity.key, operation)

    def signal_entity(self, entity: Any, operation: str, input_: Any) -> None:
        json.dumps(input_)
        self.signals.append(Call(entity.name, input_, entity.key, operation))

    def create_timer(self, fire_at: datetime) -> Call:
        return Call("timer", fire_at, on_cancel=self._note_cancelled)

    def _note_cancelled(self) -> None:
        self.cancelled_timers += 1

    def wait_for_external_event(self, name: str) -> Call:
        return Call("event", name, result=self.payload)

    def task_any(self, calls: list[Call]) -> "Race":
        return Race(calls)

    def task_all(self, calls: list[Call]) -> list[Call]:
        assert calls, "the SDK answers an empty task_all with None"
        return calls

    def set_custom_status(self, status: Any) -> None:
        self.statuses.append(json.loads(json.dumps(status)))

    def continue_as_new(self, input_: Any) -> None:
        self.continued_with = json.loads(json.dumps(input_))

    def named(self, name: str) -> list[Call]:
        """The calls of one name, in their order."""
        return [call for call in self.calls if call.name == name]

    @property
    def waits(self) -> list[float]:
        """The seconds of every timer, each from its creation."""
        moments = [NOW, *(call.input for call in self.named("timer"))]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


class Host:
    """Answers an orchestrator's requests from the script, and notes the calls in the context."""

    def __init__(self, context: FakeContext, script: Script) -> None:
        self._context = context
        self._replies = {
            name: iter(reply) if isinstance(reply, Iterable) else reply for name, reply in script.items()
        }
        self._answered: list[tuple[Call, Reply]] = []

    def reply_to(self, requested: Any) -> Reply:
        """The value that the orchestrator is resumed with, or the exception that it gets."""
        if isinstance(requested, Race):
            return self._first_of(requested)
        if isinstance(requested, list):
            outcomes = [self._outcome(call) for call in requested]
            error = next((one for one in outcomes if isinstance(one, Exception)), None)
            return error or json.loads(json.dumps(outcomes))
        outcome = self._outcome(requested)
        return outcome if isinstance(outcome, Exception) else json.loads(json.dumps(outcome))

    def _outcome(self, call: Call) -> Reply:
        """What the call gave. A task that is requested again keeps its outcome."""
        for answered, outcome in self._answered:
            if answered is call:
                return outcome
        outcome = self._answer(call)
        self._answered.append((call, outcome))
        return outcome

    def _answer(self, call: Call) -> Reply:
        if call.name == names.RECORD_EVIDENCE and call.name not in self._replies:
            # every end is recorded; a script is only about other calls
            json.dumps(call.input)
            return value(Stored(name="record.json", digest="0"))
        self._context.calls.append(call)
        if call.name == "timer":
            self._context.current_utc_datetime = max(self._context.current_utc_datetime, call.input)
            return None
        json.dumps(call.input)
        reply = self._replies[call.name]
        return reply(call) if callable(reply) else next(reply)

    def _first_of(self, race: Race) -> Call:
        """An event that has arrived wins; otherwise the timer fires."""
        arrived = [call for call in race.calls if call.name == "event" and call.input in self._context.events]
        winner = arrived[0] if arrived else next(call for call in race.calls if call.name == "timer")
        if arrived and winner.input == LOOK_EVENT:
            # each hint is one event
            self._context.events.remove(winner.input)
        if winner.name == "timer":
            self._answer(winner)
        return winner


def run(orchestrator: Callable[..., Generator[Any, Any, Any]], context: FakeContext, script: Script) -> Any:
    """Runs an orchestrator to its end, and on from look to look; returns the output as plain JSON."""
    host = Host(context, script)
    while True:
        output = _execute(orchestrator, context, host)
        carried = context.continued_with or {}
        if output is not None or not (carried.get("journey") or carried.get("widening")):
            return output
        context.input, context.continued_with = carried, None
        context.executions += 1


def _execute(orchestrator: Callable[..., Generator[Any, Any, Any]], context: FakeContext, host: Host) -> Any:
    steps = orchestrator(context)
    try:
        requested = next(steps)
        while True:
            reply = host.reply_to(requested)
            requested = steps.throw(reply) if isinstance(reply, Exception) else steps.send(reply)
    except StopIteration as end:
        return json.loads(json.dumps(end.value))


def value(model: BaseModel | None) -> Reply:
    """An activity's result with a value."""
    return {"value": model.model_dump(mode="json") if model else None}


def lost(text: str = "python exited with code 137 (0x89)") -> Exception:
    """What the SDK raises for a call whose worker died: the host's text, and the JSON of its exception."""
    return Exception(
        f'Activity function failed: {text} \n {{"$type":"System.Exception","StackTraceString":"at …"}}'
    )


def failed(code: str = "ScopeLocked") -> Reply:
    """An activity's result that no retry resolves."""
    return {"failure": a_failure(code).model_dump(mode="json")}


def retry_later(retry_after_seconds: int | None = None, *, throttled: bool = False) -> Reply:
    """An activity's result that asks to be called again."""
    retry = RetryLater(
        reason="busy",
        retry_after_seconds=retry_after_seconds,
        throttled=throttled,
        failure=a_failure("Busy"),
    )
    return {"retry_later": retry.model_dump(mode="json")}


def a_failure(code: str) -> Failure:
    return Failure(code=code, message=f"{code} happened", cause="because", fix="mend it")
