"""One episode of one instance: its history and new messages in, everything that follows from them out.

Pure apart from calling the orchestrator: reading and writing the task hub is task_hub.py's.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from functions_testhost import history
from functions_testhost.app import Function
from functions_testhost.effects import Effects
from functions_testhost.history import Event, EventType, kind
from functions_testhost.host_json import HostJson
from functions_testhost.instances import (
    ActivityCall,
    EntityRequest,
    Instance,
    Message,
    Start,
    Status,
    new_execution_id,
)
from functions_testhost.replay import NonDeterministicOrchestrationError, Replay, UnsupportedActionError
from functions_testhost.sdk import (
    OrchestratorAnswer,
    OrchestratorCrashError,
    orchestrator_context,
    run_orchestrator,
)
from functions_testhost.traps import traps

log = logging.getLogger(__name__)

MOST_CUSTOM_STATUS_BYTES = 16 * 1024


@dataclass(frozen=True)
class Turn:
    """What an episode starts from. ``messages`` is all that is visible, oldest first (an ExecutionStarted leads)."""

    instance: Instance
    history: Sequence[Event]
    messages: Sequence[Event]
    now: datetime


@dataclass(frozen=True)
class Outcome:
    """What an episode leads to; the task hub applies it as a whole or not at all."""

    instance: Instance
    new_events: Sequence[Event]
    replaces_history: bool = False
    activities: Sequence[ActivityCall] = ()
    messages: Sequence[Message] = ()
    starts: Sequence[Start] = ()
    entity_requests: Sequence[EntityRequest] = ()


def run_episode(turn: Turn, orchestrators: Mapping[str, Function], settings: HostJson) -> Outcome:
    """Let an instance take in its messages and decide what comes next."""
    arrived = [history.orchestrator_started(turn.now), *turn.messages]
    terminated = next((event for event in arrived if kind(event) is EventType.EXECUTION_TERMINATED), None)
    if terminated is not None:
        return _ended(turn, arrived, Status.TERMINATED, terminated["Input"])
    try:
        answer, replay = _replay(turn, [*turn.history, *arrived], orchestrators, settings)
    except (OrchestratorCrashError, NonDeterministicOrchestrationError, UnsupportedActionError) as failure:
        return _failed(turn, arrived, str(failure))
    turn = replace(turn, instance=_with_custom_status(turn, answer.custom_status))
    return _follow(turn, arrived, answer, replay, settings)


def _follow(
    turn: Turn, arrived: list[Event], answer: OrchestratorAnswer, replay: Replay, settings: HostJson
) -> Outcome:
    """Draw the consequences of a replay that went well; the user's code may have failed all the same."""
    effects = Effects(turn.instance, turn.now, settings.default_version)
    for task_id, decision in replay.new_decisions():
        effects.add(task_id, decision)
    if replay.suspended:
        return _going_on(turn, arrived, effects, Status.SUSPENDED)
    if not (replay.finished and (answer.is_done or answer.error)):
        return _going_on(turn, arrived, effects, Status.RUNNING)
    if answer.error is not None:
        return _failed(turn, arrived, answer.error, effects)
    if replay.continue_as_new_input is not None:
        return _continued_as_new(turn, effects, replay.continue_as_new_input, replay.carried_over)
    return _ended(turn, arrived, Status.COMPLETED, answer.output, effects)


def _replay(
    turn: Turn, events: Sequence[Event], orchestrators: Mapping[str, Function], settings: HostJson
) -> tuple[OrchestratorAnswer, Replay]:
    instance = turn.instance
    function = orchestrators.get(instance.orchestrator.lower())
    if function is None:
        raise OrchestratorCrashError(f"There is no orchestrator function '{instance.orchestrator}'.")
    context = orchestrator_context(
        history=events,
        instance_id=instance.instance_id,
        input_text=instance.input_text,
        parent_instance_id=instance.parent.instance_id if instance.parent else None,
    )
    answer = run_orchestrator(function.code, context)
    if _utf16_bytes(answer.custom_status) > MOST_CUSTOM_STATUS_BYTES:
        raise OrchestratorCrashError("The custom status must not exceed 16 KB of UTF-16 text.")
    if len(answer.actions) > settings.max_actions:
        raise OrchestratorCrashError(f"More than {settings.max_actions} actions (maxOrchestrationActions).")
    replay = Replay(instance.instance_id, instance.execution_id, answer.actions)
    replay.run(events)
    for trap in traps(answer.actions, events):
        warn_once(instance.orchestrator, trap)
    return answer, replay


def _utf16_bytes(text: str | None) -> int:
    """Measure JSON text as .NET would hold it: compact, not escaped, two bytes per unit."""
    compact = json.dumps(json.loads(text or "null"), separators=(",", ":"), ensure_ascii=False)
    return len(compact.encode("utf-16-le"))


@lru_cache(maxsize=1000)
def warn_once(orchestrator: str, trap: str) -> None:
    """Log a trap the first time it is seen in an orchestrator."""
    log.warning("Orchestrator '%s': %s", orchestrator, trap)


def _with_custom_status(turn: Turn, custom_status: str | None) -> Instance:
    """Take over the custom status (None: the SDK sends none when it is unset or falsy).

    Documented: one that was set before a continue-as-new is carried over into the first episode, no further.
    """
    is_carried_over = custom_status is None and not turn.history
    return turn.instance if is_carried_over else replace(turn.instance, custom_status=custom_status)


def _going_on(turn: Turn, arrived: list[Event], effects: Effects, status: Status) -> Outcome:
    return Outcome(
        instance=replace(turn.instance, status=status, output=_reason_given(turn), updated=turn.now),
        new_events=[*arrived, *effects.events, history.orchestrator_completed(turn.now)],
        activities=effects.activities,
        messages=effects.timers,
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def _reason_given(turn: Turn) -> str | None:
    """Give the reason of the latest suspension or resumption: documented to be shown as output until there is one."""
    switches = (EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED)
    reasons: list[str | None] = [event["Reason"] for event in turn.messages if kind(event) in switches]
    return reasons[-1] if reasons else turn.instance.output


def _failed(turn: Turn, arrived: list[Event], error: str, effects: Effects | None = None) -> Outcome:
    reason = f"Orchestrator function '{turn.instance.orchestrator}' failed: {error}"
    return _ended(turn, arrived, Status.FAILED, reason, effects, details=f"Message: {error}, StackTrace: ")


def _ended(
    turn: Turn,
    arrived: list[Event],
    status: Status,
    output: str | None,
    effects: Effects | None = None,
    *,
    details: str = "",
) -> Outcome:
    """End the instance and tell its parent; what it still signals is sent, timers and answers to come are dropped."""
    effects = effects or Effects(turn.instance, turn.now)
    completed = history.execution_completed(turn.now, len(turn.history), status, output)
    return Outcome(
        instance=replace(turn.instance, status=status, output=output, updated=turn.now),
        new_events=[*arrived, *effects.events, completed, history.orchestrator_completed(turn.now)],
        activities=effects.activities,
        messages=_news_for_parent(turn, status, output, details),
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def _news_for_parent(turn: Turn, status: Status, output: str | None, details: str) -> list[Message]:
    parent = turn.instance.parent
    if parent is None:
        return []
    event = (
        history.sub_orchestration_completed(turn.now, parent.task_id, output)
        if status is Status.COMPLETED
        else history.sub_orchestration_failed(turn.now, parent.task_id, output or "", details)
    )
    return [Message(parent.instance_id, event, turn.now, parent.execution_id)]


def _continued_as_new(turn: Turn, effects: Effects, input_text: str, carried_over: list[Event]) -> Outcome:
    """Begin a new execution with an empty history; external events that came too late for the old one go along.

    Documented: the creation time becomes that of the new execution.
    """
    execution_id = new_execution_id()
    instance = replace(
        turn.instance,
        execution_id=execution_id,
        status=Status.RUNNING,
        input_text=input_text,
        created=turn.now,
        updated=turn.now,
    )
    return Outcome(
        instance=instance,
        new_events=(),
        replaces_history=True,
        activities=effects.activities,
        messages=[
            Message(instance.instance_id, started_event(instance, turn.now), turn.now, execution_id),
            *(Message(instance.instance_id, event, turn.now) for event in carried_over),
        ],
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def started_event(instance: Instance, now: datetime) -> Event:
    """Make the event that begins an execution."""
    return history.execution_started(
        now,
        orchestrator=instance.orchestrator,
        version=instance.version,
        instance_id=instance.instance_id,
        execution_id=instance.execution_id,
        input_text=instance.input_text,
        parent=instance.parent.to_json() if instance.parent else None,
    )
