"""One episode of one instance: its history and new messages go in, everything that follows from them comes out.

Apart from calling the orchestrator, this is pure; task_hub.py reads and writes.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from functions_testhost import dotnet, history
from functions_testhost.app import App
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
from functions_testhost.sdk_warnings import warnings_for
from functions_testhost.worker import CallLostError

log = logging.getLogger(__name__)

MOST_CUSTOM_STATUS_BYTES = 16 * 1024
# recorded: what the Durable Task Framework says of an instance that fails by its version
VERSION_MISMATCH = {
    "ErrorType": "VersionMismatch",
    "ErrorMessage": "Orchestration version did not comply with Worker Versioning",
    "StackTrace": None,
    "InnerFailure": None,
    "IsNonRetriable": True,
    "Properties": None,
}


class EpisodeRefusedError(Exception):
    """The host does not run the orchestrator, or does not accept its answer."""


@dataclass(frozen=True)
class EpisodeInput:
    """What an episode starts from. `messages` holds all visible ones, an ExecutionStarted first, then by age."""

    instance: Instance
    history: Sequence[Event]
    messages: Sequence[Event]
    now: datetime

    @property
    def has_begun(self) -> bool:
        """Whether the execution's start is there; without it, it waits for a host that runs its version."""
        return any(kind(event) is EventType.EXECUTION_STARTED for event in (*self.messages, *self.history))


@dataclass(frozen=True)
class EpisodeOutcome:
    """What an episode leads to. The task hub applies all of it or nothing."""

    instance: Instance
    new_events: Sequence[Event]
    replaces_history: bool = False
    activities: Sequence[ActivityCall] = ()
    messages: Sequence[Message] = ()
    starts: Sequence[Start] = ()
    entity_requests: Sequence[EntityRequest] = ()


def run_episode(episode: EpisodeInput, app: App, settings: HostJson) -> EpisodeOutcome:
    """Gives an instance its messages and returns what it does next."""
    arrived = [history.orchestrator_started(episode.now), *episode.messages]
    if not settings.versioning.runs(episode.instance.version):
        return _of_another_version(episode, arrived)
    terminated = _terminated(arrived)
    if terminated is not None:
        return _ended(episode, arrived, Status.TERMINATED, terminated["Input"])
    try:
        answer, replay = _replay(episode, [*episode.history, *arrived], app, settings)
    except OrchestratorCrashError as crash:
        return lose_episode(episode, crash)
    except NonDeterministicOrchestrationError as failure:
        return _failed_in_replay(episode, arrived, failure)
    except (EpisodeRefusedError, UnsupportedActionError) as failure:
        return _failed(episode, arrived, str(failure))
    episode = replace(episode, instance=_with_custom_status(episode, answer.custom_status))
    return _after_replay(episode, arrived, answer, replay, settings)


def lose_episode(episode: EpisodeInput, lost: CallLostError) -> EpisodeOutcome:
    """Ends an instance whose orchestrator's call was lost.

    Seen on the extension 3.19.0: for Python's protocol it takes the lost call for an orchestrator that did nothing.
    With calls in its history, the instance fails as non-deterministic; without, the failure names the reason.
    """
    arrived = [history.orchestrator_started(episode.now), *episode.messages]
    terminated = _terminated(arrived)
    if terminated is not None:
        return _ended(episode, arrived, Status.TERMINATED, terminated["Input"])
    try:
        Replay(episode.instance.instance_id, episode.instance.execution_id, []).run(
            [*episode.history, *arrived]
        )
    except NonDeterministicOrchestrationError as failure:
        return _failed_in_replay(episode, arrived, failure)
    details = dotnet.lost_orchestrator_details(lost.dotnet_type, str(lost))
    return _failed(episode, arrived, f"One or more errors occurred. ({lost})", details=details)


def _terminated(arrived: Sequence[Event]) -> Event | None:
    return next((event for event in arrived if kind(event) is EventType.EXECUTION_TERMINATED), None)


def _after_replay(
    episode: EpisodeInput,
    arrived: list[Event],
    answer: OrchestratorAnswer,
    replay: Replay,
    settings: HostJson,
) -> EpisodeOutcome:
    """Continues after a replay without internal error. The orchestrator itself may have raised."""
    effects = Effects(episode.instance, episode.now, settings.versioning.default)
    for task_id, decision in replay.new_decisions():
        effects.add(task_id, decision)
    if replay.suspended:
        return _continued(episode, arrived, effects, Status.SUSPENDED)
    if not (replay.finished and (answer.is_done or answer.error)):
        return _continued(episode, arrived, effects, Status.RUNNING)
    if answer.error is not None:
        return _failed(episode, arrived, answer.error, effects)
    if replay.continue_as_new_input is not None:
        return _continued_as_new(episode, effects, replay.continue_as_new_input, replay.carried_over)
    return _ended(episode, arrived, Status.COMPLETED, answer.output, effects)


def _replay(
    episode: EpisodeInput, events: Sequence[Event], app: App, settings: HostJson
) -> tuple[OrchestratorAnswer, Replay]:
    instance = episode.instance
    unknown = app.why_unknown("orchestrator", instance.orchestrator)
    if unknown is not None:
        raise EpisodeRefusedError(unknown)
    function = app.orchestrators[instance.orchestrator.lower()]
    context = orchestrator_context(
        history=events,
        instance_id=instance.instance_id,
        input_text=instance.input_text,
        parent_instance_id=instance.parent.instance_id if instance.parent else None,
    )
    answer = run_orchestrator(function.run, context)
    if _utf16_bytes(answer.custom_status) > MOST_CUSTOM_STATUS_BYTES:
        raise EpisodeRefusedError("The custom status must not exceed 16 KB of UTF-16 text.")
    if len(answer.actions) > settings.max_actions:
        raise EpisodeRefusedError(f"More than {settings.max_actions} actions (maxOrchestrationActions).")
    replay = Replay(instance.instance_id, instance.execution_id, answer.actions, app.why_unknown)
    replay.run(events)
    for warning in (*warnings_for(answer.actions, events), *replay.never_made):
        warn_once(instance.orchestrator, warning)
    return answer, replay


def _utf16_bytes(text: str | None) -> int:
    """Measures JSON text as .NET holds it: compact, not escaped, two bytes per unit."""
    compact = json.dumps(json.loads(text or "null"), separators=(",", ":"), ensure_ascii=False)
    return len(compact.encode("utf-16-le"))


@lru_cache(maxsize=1000)
def warn_once(orchestrator: str, warning: str) -> None:
    """Logs a warning once per orchestrator."""
    log.warning("Orchestrator '%s': %s", orchestrator, warning)


def _with_custom_status(episode: EpisodeInput, custom_status: str | None) -> Instance:
    """Adopts the custom status (None: the SDK sends none when it is unset or falsy).

    Documented: a status set before a continue-as-new lasts into the first episode of the new execution, no longer.
    """
    is_carried_over = custom_status is None and not episode.history
    return episode.instance if is_carried_over else replace(episode.instance, custom_status=custom_status)


def _continued(
    episode: EpisodeInput, arrived: list[Event], effects: Effects, status: Status
) -> EpisodeOutcome:
    return EpisodeOutcome(
        instance=replace(episode.instance, status=status, output=_last_reason(episode), updated=episode.now),
        new_events=_with_end([*map(history.played, arrived), *effects.events], episode.now),
        activities=effects.activities,
        messages=effects.timers,
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def _with_end(events: list[Event], now: datetime) -> list[Event]:
    """Adds the end of the episode, unless that is there already: after a continue-as-new without further calls."""
    is_there = kind(events[-1]) is EventType.ORCHESTRATOR_COMPLETED
    return events if is_there else [*events, history.orchestrator_completed(now)]


def _last_reason(episode: EpisodeInput) -> str | None:
    """Returns the reason of the latest suspension or resumption: the output until there is one (documented)."""
    switches = (EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED)
    reasons: list[str | None] = [event["Reason"] for event in episode.messages if kind(event) in switches]
    return reasons[-1] if reasons else episode.instance.output


def _failed(
    episode: EpisodeInput,
    arrived: list[Event],
    error: str,
    effects: Effects | None = None,
    *,
    details: str | None = None,
) -> EpisodeOutcome:
    """Fails the instance with an error of the orchestrator; `details` are for its parent."""
    reason = f"Orchestrator function '{episode.instance.orchestrator}' failed: {error}"
    if details is None:
        details = dotnet.orchestrator_error_details(error)
    return _ended(episode, arrived, Status.FAILED, reason, effects, details=details)


def _failed_in_replay(
    episode: EpisodeInput, arrived: list[Event], failure: NonDeterministicOrchestrationError
) -> EpisodeOutcome:
    """Fails the instance with an error of the Durable Task Framework, which does not name the orchestrator.

    Recorded: the replay ended before the new messages, so these are not marked as played.
    """
    effects = Effects(episode.instance, episode.now)
    for task_id, decision in failure.decisions:
        effects.add(task_id, decision)
    error = str(failure)
    details = dotnet.non_determinism_details(error)
    return _ended(episode, arrived, Status.FAILED, error, effects, details=details, played=False)


def _of_another_version(episode: EpisodeInput, arrived: list[Event]) -> EpisodeOutcome:
    """Fails an instance whose version the host does not run (strategy `Fail`); a termination makes no difference.

    Recorded: the failure stands in fields of its own, and the usual ones are empty, for the parent too.
    """
    output = f"{VERSION_MISMATCH['ErrorType']}: {VERSION_MISMATCH['ErrorMessage']}"
    number = len(episode.history)
    completed = history.execution_completed(episode.now, number, Status.FAILED, None, VERSION_MISMATCH)
    return EpisodeOutcome(
        instance=replace(episode.instance, status=Status.FAILED, output=output, updated=episode.now),
        new_events=[*arrived, completed, history.orchestrator_completed(episode.now)],
        messages=_message_to_parent(
            episode,
            lambda task_id: history.sub_orchestration_failed(
                episode.now, task_id, None, None, VERSION_MISMATCH
            ),
        ),
    )


def _ended(
    episode: EpisodeInput,
    arrived: list[Event],
    status: Status,
    output: str | None,
    effects: Effects | None = None,
    *,
    details: str = "",
    played: bool = True,
) -> EpisodeOutcome:
    """Ends the instance and notifies its parent. Pending signals are sent; pending timers and answers are dropped."""
    effects = effects or Effects(episode.instance, episode.now)
    arrived = [history.played(event) for event in arrived] if played else arrived
    completed = history.execution_completed(episode.now, len(episode.history), status, output)
    return EpisodeOutcome(
        instance=replace(episode.instance, status=status, output=output, updated=episode.now),
        new_events=[*arrived, *effects.events, completed, history.orchestrator_completed(episode.now)],
        activities=effects.activities,
        messages=_messages_to_parent(episode, status, output, details),
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def _messages_to_parent(
    episode: EpisodeInput, status: Status, output: str | None, details: str
) -> list[Message]:
    if status is Status.COMPLETED:
        return _message_to_parent(
            episode, lambda task_id: history.sub_orchestration_completed(episode.now, task_id, output)
        )
    return _message_to_parent(
        episode,
        lambda task_id: history.sub_orchestration_failed(episode.now, task_id, output or "", details),
    )


def _message_to_parent(episode: EpisodeInput, event: Callable[[int], Event]) -> list[Message]:
    """Returns the message with this event of the call's task id; none without a parent."""
    parent = episode.instance.parent
    if parent is None:
        return []
    return [Message(parent.instance_id, event(parent.task_id), episode.now, parent.execution_id)]


def _continued_as_new(
    episode: EpisodeInput, effects: Effects, input_text: str, carried_over: list[Event]
) -> EpisodeOutcome:
    """Begins a new execution with an empty history, and passes on external events that came too late for the old one.

    Documented: the creation time becomes that of the new execution. Recorded: its first episode gets these messages and
    no others, with the end of the old episode as the last one.
    """
    execution_id = new_execution_id()
    instance = replace(
        episode.instance,
        execution_id=execution_id,
        status=Status.RUNNING,
        input_text=input_text,
        created=episode.now,
        updated=episode.now,
    )
    return EpisodeOutcome(
        instance=instance,
        new_events=(),
        replaces_history=True,
        activities=effects.activities,
        messages=[
            Message(instance.instance_id, started_event(instance, episode.now), episode.now, execution_id),
            *(Message(instance.instance_id, event, episode.now) for event in carried_over),
            Message(
                instance.instance_id, history.orchestrator_completed(episode.now), episode.now, execution_id
            ),
        ],
        starts=effects.starts,
        entity_requests=effects.entity_requests,
    )


def started_event(instance: Instance, now: datetime) -> Event:
    """Builds the event that begins an execution."""
    return history.execution_started(
        now,
        orchestrator=instance.orchestrator,
        version=instance.version,
        instance_id=instance.instance_id,
        execution_id=instance.execution_id,
        input_text=instance.input_text,
        parent=instance.parent.to_json() if instance.parent else None,
    )
