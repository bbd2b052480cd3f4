"""The task hub applies every step as a whole, keeps what it was given, and drops what came too late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from functions_testhost import history
from functions_testhost.episodes import Outcome, Turn
from functions_testhost.instances import ActivityCall, EntityRequest, Instance, Message, Parent, Start, Status
from functions_testhost.tables import Query
from functions_testhost.task_hub import InstanceExistsError, TaskHub, TaskHubInUseError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TaskHub]:
    hub = TaskHub(tmp_path / "hub.db")
    yield hub
    hub.close()


def turn_of(hub: TaskHub, instance_id: str, now: datetime = NOW) -> tuple[Turn, list[int]]:
    loaded = hub.load_turn(instance_id, now)
    assert loaded is not None
    return loaded[0], list(loaded[1])


def outcome(turn: Turn, status: Status = Status.RUNNING) -> Outcome:
    events = [
        history.orchestrator_started(turn.now),
        *turn.messages,
        history.orchestrator_completed(turn.now),
    ]
    return Outcome(replace(turn.instance, status=status, updated=turn.now), events)


def found(hub: TaskHub, instance_id: str) -> Instance:
    instance = hub.find(instance_id)
    assert instance is not None
    return instance


def test_a_started_instance_is_pending_with_one_message(hub: TaskHub) -> None:
    hub.start(Start("o", "i", '"1"'), NOW)
    assert found(hub, "i").status is Status.PENDING
    assert hub.ready_instances(NOW) == ["i"]
    turn, _ = turn_of(hub, "i")
    assert [history.name(event) for event in turn.messages] == ["ExecutionStarted"]


def test_messages_become_visible_at_their_time(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    hub.commit(turn, consumed, outcome(turn))
    hub.send(Message("i", history.timer_fired(NOW, 1, ""), later(10)))
    assert hub.ready_instances(later(9)) == []
    assert hub.next_due() == later(10)
    assert hub.ready_instances(later(10)) == ["i"]


def test_history_is_kept_and_marked_as_played(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    hub.commit(turn, consumed, outcome(turn))
    hub.send(Message("i", history.event_raised(NOW, "e", None), NOW))
    again, _ = turn_of(hub, "i")
    assert [(history.name(event), event["IsPlayed"]) for event in again.history] == [
        ("OrchestratorStarted", False),
        ("ExecutionStarted", True),
        ("OrchestratorCompleted", True),
    ]


def test_a_running_instance_is_replaced_only_when_that_is_allowed(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    with pytest.raises(InstanceExistsError, match="status Pending already exists"):
        hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    hub.start(Start("o", "i"), NOW, may_replace_running=True)
    assert not hub.commit(turn, consumed, outcome(turn)), (
        "the episode of the replaced execution has no effect"
    )
    assert hub.history("i") == []


def test_results_for_an_execution_that_is_over_are_dropped(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    call = ActivityCall("i", turn.instance.execution_id, 0, "a", "1")
    hub.commit(turn, consumed, replace(outcome(turn, Status.TERMINATED), activities=[call]))
    [(sequence, queued)] = hub.queued_activities(9)
    assert queued == call
    hub.complete_activity(sequence, Message("i", history.task_completed(NOW, 0, "1"), NOW, call.execution_id))
    assert hub.counts() == {
        "instances": {"Terminated": 1},
        "messages": 0,
        "activities": 0,
        "operations": 0,
        "entities": 0,
    }


def test_ending_an_instance_drops_its_timers_and_tells_its_parent(hub: TaskHub) -> None:
    hub.start(Start("o", "p"), NOW)
    parent, consumed = turn_of(hub, "p")
    child = Start("o", "c", parent=Parent("p", parent.instance.execution_id, 0, "o"))
    hub.commit(parent, consumed, replace(outcome(parent), starts=[child]))
    turn, consumed = turn_of(hub, "c")
    hub.send(Message("c", history.timer_fired(NOW, 1, ""), later(10), turn.instance.execution_id))
    news = Message("p", history.sub_orchestration_completed(NOW, 0, "1"), NOW, parent.instance.execution_id)
    hub.commit(turn, consumed, replace(outcome(turn, Status.COMPLETED), messages=[news]))
    assert hub.next_due_after(NOW) is None
    assert hub.ready_instances(NOW) == ["p"]


def test_a_child_whose_id_is_taken_fails_into_its_parent(hub: TaskHub) -> None:
    for name in ("p", "c"):
        hub.start(Start("o", name), NOW)
    turn, consumed = turn_of(hub, "p")
    child = Start("o", "c", parent=Parent("p", turn.instance.execution_id, 0, "o"))
    hub.commit(turn, consumed, replace(outcome(turn), starts=[child]))
    again, _ = turn_of(hub, "p")
    assert again.messages[0]["Reason"] == "An Orchestration instance with the status Pending already exists."


def test_continue_as_new_keeps_events_that_came_meanwhile_behind_the_new_start(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    hub.send(Message("i", history.timer_fired(NOW, 1, ""), later(10), turn.instance.execution_id))
    hub.send(Message("i", history.event_raised(NOW, "e", None), NOW))
    renewed = replace(turn.instance, execution_id="second", status=Status.RUNNING)
    started = turn.messages[0]
    hub.commit(
        turn, consumed, Outcome(renewed, (), replaces_history=True, messages=[Message("i", started, NOW)])
    )
    assert hub.history("i") == []
    again, _ = turn_of(hub, "i", later(10))
    assert [history.name(event) for event in again.messages] == ["ExecutionStarted", "EventRaised"]


def test_entities_take_their_operations_in_order_and_in_batches(hub: TaskHub) -> None:
    for number in range(3):
        hub.ask(EntityRequest("@e@k", str(number)))
    batch = hub.load_batch("@e@k", 2)
    assert (batch.state, [text for _, text in batch.requests]) == (None, ["0", "1"])
    hub.commit_batch(batch, "7", [], NOW)
    rest = hub.load_batch("@e@k", 2)
    assert (rest.state, [text for _, text in rest.requests]) == ("7", ["2"])
    hub.commit_batch(rest, None, [], NOW)
    assert (hub.entity("@e@k"), hub.ready_entities()) == (None, [])


def test_queries_treat_ids_as_text(hub: TaskHub) -> None:
    for instance_id in ("a%b", "a_b", "aXb"):
        hub.start(Start("o", instance_id), NOW)
    assert [i.instance_id for i in hub.query(Query(prefix="a_"))] == ["a_b"]
    assert [i.instance_id for i in hub.query(Query(prefix="a%"))] == ["a%b"]


def test_a_failing_write_changes_nothing(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    turn, consumed = turn_of(hub, "i")
    unwritable = Message("i", {"EventType": object()}, NOW)
    with pytest.raises(TypeError, match="not JSON serializable"):
        hub.commit(turn, consumed, replace(outcome(turn), messages=[unwritable]))
    assert found(hub, "i").status is Status.PENDING
    assert turn_of(hub, "i")[1] == consumed


def test_everything_is_there_again_when_the_file_is_opened_again(tmp_path: Path) -> None:
    first = TaskHub(tmp_path / "hub.db")
    first.start(Start("o", "i", '"1"'), NOW)
    before = found(first, "i")
    with pytest.raises(TaskHubInUseError, match="Another host is running"):
        TaskHub(tmp_path / "hub.db")
    first.close()
    second = TaskHub(tmp_path / "hub.db")
    assert found(second, "i") == before
    second.close()
