"""The host's half of replay gives actions the SDK's task ids, and finds what is new."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.decisions import CallActivity, CallSubOrchestrator, CreateTimer, SendToEntity
from functions_testhost.history import Event
from functions_testhost.replay import (
    ActionType,
    NonDeterministicOrchestrationError,
    Replay,
    RetryPolicy,
    UnsupportedActionError,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPTIONS = {"firstRetryIntervalInMilliseconds": 5000, "maxNumberOfAttempts": 2}


def start() -> list[Event]:
    started = history.execution_started(
        NOW, orchestrator="o", version=None, instance_id="i", execution_id="x", input_text=None, parent=None
    )
    return [history.orchestrator_started(NOW), started]


def action(kind: ActionType, **fields: Any) -> dict[str, Any]:
    return {"actionType": int(kind), **fields}


def activity(name: str = "a") -> dict[str, Any]:
    return action(ActionType.CALL_ACTIVITY, functionName=name, input="1")


def retried(name: str = "a") -> dict[str, Any]:
    return action(ActionType.CALL_ACTIVITY_WITH_RETRY, functionName=name, input="1", retryOptions=OPTIONS)


def timer(seconds: int, *, cancelled: bool = False) -> dict[str, Any]:
    fire_at = (NOW + timedelta(seconds=seconds)).isoformat()
    return action(ActionType.CREATE_TIMER, fireAt=fire_at, isCanceled=cancelled)


def event(name: str) -> dict[str, Any]:
    return action(ActionType.WAIT_FOR_EXTERNAL_EVENT, externalEventName=name)


def group(kind: ActionType, *children: dict[str, Any]) -> dict[str, Any]:
    return action(kind, compoundActions=list(children))


def completed(task_id: int) -> Event:
    return history.task_completed(NOW, task_id, "1")


def failed(task_id: int) -> Event:
    return history.task_failed(NOW, task_id, "r", "d")


def scheduled(task_id: int, name: str = "a") -> Event:
    return history.task_scheduled(NOW, task_id, name)


def replayed(actions: list[dict[str, Any]], *events: Event) -> Replay:
    replay = Replay("i", "x", actions)
    replay.run([*start(), *events])
    return replay


def decided(replay: Replay) -> dict[int, str]:
    return {task_id: str(decision) for task_id, decision in replay.new_decisions()}


def test_an_action_starts_only_when_the_previous_one_has_ended() -> None:
    actions = [activity("a"), activity("b")]
    assert decided(replayed(actions)) == {0: "activity 'a'"}
    assert decided(replayed(actions, scheduled(0, "A"), completed(0))) == {1: "activity 'b'"}


def test_a_group_takes_its_ids_in_order_and_waits_for_all_or_any() -> None:
    children = [activity("a"), group(ActionType.WHEN_ANY, activity("b"), timer(9)), activity("c")]
    done = [scheduled(0, "a"), scheduled(1, "b"), history.timer_created(NOW, 2, ""), scheduled(3, "c")]
    all_of = [group(ActionType.WHEN_ALL, *children), activity("next")]
    assert decided(replayed(all_of)) == {0: "activity 'a'", 1: "activity 'b'", 2: "timer", 3: "activity 'c'"}
    assert decided(replayed(all_of, *done, completed(0), completed(3))) == {}
    assert decided(replayed(all_of, *done, completed(0), completed(3), completed(1))) == {
        4: "activity 'next'"
    }


def test_a_failed_task_all_ends_only_when_every_child_has_ended() -> None:
    actions = [group(ActionType.WHEN_ALL, activity("a"), activity("b")), activity("next")]
    both = [scheduled(0, "a"), scheduled(1, "b")]
    assert decided(replayed(actions, *both, failed(0))) == {}
    assert decided(replayed(actions, *both, failed(0), completed(1))) == {2: "activity 'next'"}


def test_a_retry_takes_task_ids_for_its_timers_and_for_one_more_after_the_last_attempt() -> None:
    actions = [retried(), activity("next")]
    first = [scheduled(0), failed(0)]
    [(task_id, wait)] = replayed(actions, *first).new_decisions()
    assert (task_id, wait) == (1, CreateTimer(NOW + timedelta(seconds=5)))
    second = [
        *first,
        history.timer_created(NOW, 1, ""),
        history.timer_fired(NOW, 1, ""),
        scheduled(2),
        failed(2),
    ]
    assert replayed(actions, *second).new_decisions() == [(3, CreateTimer(NOW))]
    third = [*second, history.timer_created(NOW, 3, ""), history.timer_fired(NOW, 3, "")]
    assert decided(replayed(actions, *third)) == {4: "activity 'next'"}


def test_retry_delays_grow_up_to_their_limit() -> None:
    policy = RetryPolicy.parse(
        {
            **OPTIONS,
            "maxNumberOfAttempts": 9,
            "backoffCoefficient": 2,
            "maxRetryIntervalInMilliseconds": 12_000,
        }
    )
    assert [policy.delay_after(attempt).total_seconds() for attempt in (1, 2, 3, 9)] == [5, 10, 12, 0]


def test_a_sub_orchestration_without_an_id_is_named_after_execution_and_task() -> None:
    actions = [
        action(ActionType.CALL_SUB_ORCHESTRATOR, functionName="s", input="1", instanceId=None, version=None)
    ]
    assert replayed(actions).new_decisions() == [(0, CallSubOrchestrator("s", "x:0", '"1"', None))]


def test_event_names_ignore_case_and_the_latest_waiter_receives_the_event() -> None:
    actions = [
        group(ActionType.WHEN_ANY, event("Go"), event("gO")),
        group(ActionType.WHEN_ALL, event("GO"), activity("x")),
    ]
    raised = history.event_raised(NOW, "go", None)
    assert decided(replayed(actions)) == {}
    assert decided(replayed(actions, raised)) == {0: "activity 'x'"}
    waiting = replayed(actions, raised, scheduled(0, "x"), completed(0), raised)
    assert waiting.finished
    assert not replayed(actions, raised, scheduled(0, "x"), completed(0)).finished


def test_an_event_without_a_waiter_is_kept() -> None:
    actions = [activity(), event("go"), activity("next")]
    raised = history.event_raised(NOW, "go", None)
    assert decided(replayed(actions, raised, scheduled(0), completed(0))) == {1: "activity 'next'"}


def test_an_entity_call_takes_a_task_id_and_waits_for_the_answer_to_its_request() -> None:
    call = action(ActionType.CALL_ENTITY, instanceId="@e@k", operation="add", input="1")
    first = replayed([call, activity()]).new_decisions()
    assert first == replayed([call, activity()]).new_decisions(), "the request is the same on every replay"
    [(task_id, request)] = first
    assert isinstance(request, SendToEntity)
    sent = request.event(NOW, task_id)
    request_id = json.loads(request.request)["id"]
    answered = replayed([call, activity()], sent, history.event_raised(NOW, request_id, "{}"))
    assert decided(answered) == {1: "activity 'a'"}


def test_a_signal_takes_a_task_id_and_waits_for_nothing() -> None:
    signal = action(ActionType.SIGNAL_ENTITY, instanceId="@e@k", operation="add", input="1")
    assert decided(replayed([signal, activity()])) == {0: "entity '@e@k'", 1: "activity 'a'"}


def test_a_cancelled_timer_is_recorded_but_does_not_delay_the_end() -> None:
    replay = replayed([timer(9, cancelled=True)])
    assert decided(replay) == {0: "timer"}
    assert replay.finished


def test_an_instance_does_not_end_while_an_uncancelled_timer_runs() -> None:
    actions = [group(ActionType.WHEN_ANY, activity(), timer(3600))]
    both = [scheduled(0), history.timer_created(NOW, 1, "")]
    assert not replayed(actions, *both, completed(0)).finished
    assert replayed(actions, *both, completed(0), history.timer_fired(NOW, 1, "")).finished


def test_a_second_result_of_the_same_call_is_ignored() -> None:
    assert decided(replayed([activity(), activity("b")], scheduled(0), completed(0), completed(0))) == {
        1: "activity 'b'"
    }


def test_events_after_continue_as_new_are_carried_over_and_earlier_ones_are_lost() -> None:
    actions = [activity(), action(ActionType.CONTINUE_AS_NEW, input='{"n": 1}')]
    early, late = (history.event_raised(NOW, name, None) for name in ("early", "late"))
    replay = replayed(actions, early, scheduled(0), completed(0), late)
    assert replay.finished
    assert replay.continue_as_new_input == '"{\\"n\\": 1}"'
    assert replay.carried_over == [late]


def test_a_suspended_instance_keeps_events_and_starts_nothing() -> None:
    actions = [activity(), activity("next")]
    events = [scheduled(0), history.execution_suspended(NOW, None), completed(0)]
    suspended = replayed(actions, *events)
    assert suspended.suspended
    assert decided(suspended) == {}
    assert decided(replayed(actions, *events, history.execution_resumed(NOW, None))) == {1: "activity 'next'"}


@pytest.mark.parametrize(
    ("actions", "recorded", "message"),
    [
        (
            [activity("b")],
            scheduled(0, "a"),
            r"an activity task with sequence ID 0 and name 'a' .* replay instead scheduled activity 'b' with",
        ),
        (
            [timer(1)],
            scheduled(0, "a"),
            r"'a' .* instead produced a CreateTimerOrchestratorAction action with",
        ),
        (
            [],
            history.timer_created(NOW, 0, ""),
            "a timer task with sequence number 0 but the current replay execution hasn't",
        ),
        (
            [activity()],
            scheduled(3, "a"),
            r"sequence ID 3 and name 'a' \(version ''\), but the current replay",
        ),
    ],
)
def test_a_call_that_differs_from_the_recorded_one_raises(
    actions: list[dict[str, Any]], recorded: Event, message: str
) -> None:
    with pytest.raises(NonDeterministicOrchestrationError, match=message):
        replayed(actions, recorded)


def test_an_action_that_this_host_does_not_perform_raises() -> None:
    with pytest.raises(UnsupportedActionError, match="does not perform actions of type 8"):
        replayed([action(ActionType.CALL_HTTP)])


def test_decisions_compare_by_value() -> None:
    assert replayed([activity()]).new_decisions() == [(0, CallActivity("a", "1"))]


def known(kind: str, name: str) -> str | None:
    return None if name in ("a", "counter") else f"there is no {kind} {name}"


def replayed_with_unknown_functions(actions: list[dict[str, Any]], *events: Event) -> Replay:
    replay = Replay("i", "x", actions, known)
    replay.run([*start(), *events])
    return replay


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (activity("nobody"), "there is no activity nobody"),
        (retried("nobody"), "there is no activity nobody"),
        (
            action(ActionType.CALL_SUB_ORCHESTRATOR, functionName="nobody", input="1"),
            "there is no orchestrator nobody",
        ),
        (
            action(ActionType.CALL_ENTITY, instanceId="@nobody@k", operation="op", input="1"),
            "there is no entity nobody",
        ),
    ],
    ids=["an activity", "with retry", "a sub-orchestrator", "an entity"],
)
def test_a_call_of_an_unknown_function_is_never_made_and_takes_no_id(
    call: dict[str, Any], reason: str
) -> None:
    replay = replayed_with_unknown_functions([group(ActionType.WHEN_ALL, call, activity("a"))])
    assert decided(replay) == {0: "activity 'a'"}
    assert replay.never_made == [f"a call is never made and never ends. {reason}"]


def test_a_signal_to_an_unknown_entity_ends_the_instance() -> None:
    signal = action(ActionType.SIGNAL_ENTITY, instanceId="@nobody@k", operation="op", input="1")
    with pytest.raises(UnsupportedActionError, match="there is no entity nobody"):
        replayed_with_unknown_functions([signal])
