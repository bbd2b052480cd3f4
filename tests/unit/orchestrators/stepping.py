"""Steps an orchestrator without a host: what it calls is written down, and answered from a script."""

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from domain.migration.results import Failure, Wait
from tests.unit.builders import NOW

Reply = Any
# what the calls of one name are answered with: in this order, or by a function of the call
Script = dict[str, list[Reply] | Callable[["Call"], Reply]]


@dataclass(frozen=True)
class Call:
    """One thing that an orchestrator asked for; `name` is "timer" for a timer, whose input is the moment."""

    name: str
    input: Any
    instance_id: str | None = None
    operation: str | None = None


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

    def get_input(self) -> Any:
        return self.input

    def call_activity(self, name: str, input_: Any) -> Call:
        return Call(name, input_)

    def call_sub_orchestrator(self, name: str, input_: Any, instance_id: str | None = None) -> Call:
        return Call(name, input_, instance_id)

    def call_entity(self, entity: Any, operation: str, input_: Any) -> Call:
        return Call(entity.name, input_, entity.key, operation)

    def create_timer(self, fire_at: datetime) -> Call:
        return Call("timer", fire_at)

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
        """The seconds of every timer, each from the moment it was asked for."""
        moments = [NOW, *(call.input for call in self.named("timer"))]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


def run(orchestrator: Callable[..., Generator[Any, Any, Any]], context: FakeContext, script: Script) -> Any:
    """Run to the end; returns the output as plain JSON."""
    replies = {name: iter(told) if isinstance(told, Iterable) else told for name, told in script.items()}

    def answer(call: Call) -> Reply:
        context.calls.append(call)
        if call.name == "timer":
            context.current_utc_datetime = max(context.current_utc_datetime, call.input)
            return None
        json.dumps(call.input)
        told = replies[call.name]
        return told(call) if callable(told) else next(told)

    steps = orchestrator(context)
    try:
        asked = next(steps)
        while True:
            reply = [answer(call) for call in asked] if isinstance(asked, list) else answer(asked)
            asked = steps.send(json.loads(json.dumps(reply)))
    except StopIteration as end:
        return json.loads(json.dumps(end.value))


def value(model: BaseModel | None) -> Reply:
    """An activity's answer with a value."""
    return {"value": model.model_dump(mode="json") if model else None}


def failure(code: str = "ScopeLocked") -> Reply:
    """An activity's answer that nothing mends."""
    return {"failure": told(code).model_dump(mode="json")}


def wait(retry_after_seconds: int | None = None, *, throttled: bool = False) -> Reply:
    """An activity's answer that asks for time."""
    asked = Wait(
        reason="busy", retry_after_seconds=retry_after_seconds, throttled=throttled, failure=told("Busy")
    )
    return {"wait": asked.model_dump(mode="json")}


def told(code: str) -> Failure:
    return Failure(code=code, message=f"{code} happened", cause="because", fix="mend it")
