"""The task hub applies each step completely or not at all, keeps its content, and drops late messages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.episodes import EpisodeInput, EpisodeOutcome
from functions_testhost.hub_errors import TaskHubInUseError
from functions_testhost.instances import ActivityCall, EntityRequest, Instance, Message, Parent, Start, Status
from functions_testhost.tables import Query
from functions_testhost.task_hub import InstanceExistsError, TaskHub

NOW = datetime(2026, 1, 1, tzinfo=UTC)


STARTED: dict[str, Any] = {
    "orchestrator": "o",
    "version": "2.0",
    "instance_id": "i",
    "execution_id": "second",
    "input_text": None,
    "parent": None,
}


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TaskHub]:
    hub = TaskHub(tmp_path / "hub.db")
    yield hub
    hub.close()


def episode_of(hub: TaskHub, instance_id: str, now: datetime = NOW) -> tuple[EpisodeInput, list[int]]:
    loaded = hub.load_episode(instance_id, now)
    assert loaded is not None
    return loaded[0], list(loaded[1])


def outcome(episode: EpisodeInput, status: Status = Status.RUNNING) -> EpisodeOutcome:
    events = [history.orchestrator_started(episode.now), *episode.messages]
    return EpisodeOutcome(replace(episode.instance, status=status, updated=episode.now), events)


def found(hub: TaskHub, instance_id: str) -> Instance:
    instance = hub.find(instance_id)
    assert instance is not None
    return instance


def test_a_started_instance_is_pending_with_one_message(hub: TaskHub) -> None:
    hub.start(Start("o", "i", '"1"'), NOW)
    assert found(hub, "i").status is Status.PENDING
    assert hub.ready_instances(NOW) == ["i"]
    episode, _ = episode_of(hub, "i")
    assert [history.name(event) for event in episode.messages] == ["ExecutionStarted"]


def test_messages_become_visible_at_their_time(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    hub.commit(episode, consumed, outcome(episode))
    hub.send(Message("i", history.timer_fired(NOW, 1, ""), later(10)))
    assert hub.ready_instances(later(9)) == []
    assert hub.next_due() == later(10)
    assert hub.ready_instances(later(10)) == ["i"]


def test_a_running_instance_is_replaced_only_if_the_start_allows_it(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    with pytest.raises(InstanceExistsError, match="status Pending already exists"):
        hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    hub.start(Start("o", "i"), NOW, may_replace_running=True)
    assert not hub.commit(episode, consumed, outcome(episode)), (
        "the episode of the replaced execution has no effect"
    )
    assert hub.history("i") == []


def test_results_for_an_ended_execution_are_dropped(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    call = ActivityCall("i", episode.instance.execution_id, 0, "a", "1")
    hub.commit(episode, consumed, replace(outcome(episode, Status.TERMINATED), activities=[call]))
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


def test_ending_an_instance_drops_its_timers_and_notifies_its_parent(hub: TaskHub) -> None:
    hub.start(Start("o", "p"), NOW)
    parent, consumed = episode_of(hub, "p")
    child = Start("o", "c", parent=Parent("p", parent.instance.execution_id, 0, "o"))
    hub.commit(parent, consumed, replace(outcome(parent), starts=[child]))
    episode, consumed = episode_of(hub, "c")
    hub.send(Message("c", history.timer_fired(NOW, 1, ""), later(10), episode.instance.execution_id))
    news = Message("p", history.sub_orchestration_completed(NOW, 0, "1"), NOW, parent.instance.execution_id)
    hub.commit(episode, consumed, replace(outcome(episode, Status.COMPLETED), messages=[news]))
    assert hub.next_due_after(NOW) is None
    assert hub.ready_instances(NOW) == ["p"]


def test_a_child_takes_the_place_of_a_running_instance_of_its_id(hub: TaskHub) -> None:
    for name in ("p", "c"):
        hub.start(Start("o", name), NOW)
    episode, consumed = episode_of(hub, "p")
    child = Start("o", "c", parent=Parent("p", episode.instance.execution_id, 0, "o"))
    hub.commit(episode, consumed, replace(outcome(episode), starts=[child]))
    assert (found(hub, "c").execution_id, found(hub, "c").parent) == (child.execution_id, child.parent)
    assert hub.ready_instances(NOW) == ["c"]


def test_the_first_episode_after_a_continue_as_new_has_its_own_messages_only(hub: TaskHub) -> None:
    """Events that were waiting before, and events that come later, are for the episode after it."""
    hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    hub.send(Message("i", history.timer_fired(NOW, 1, ""), later(10), episode.instance.execution_id))
    hub.send(Message("i", history.event_raised(NOW, "e", None), NOW))
    renewed = replace(episode.instance, execution_id="second", status=Status.RUNNING)
    own = [episode.messages[0], history.event_raised(NOW, "own", None), history.orchestrator_completed(NOW)]
    messages = [Message("i", event, NOW, "second") for event in own]
    hub.commit(episode, consumed, EpisodeOutcome(renewed, (), replaces_history=True, messages=messages))
    hub.send(Message("i", history.event_raised(NOW, "f", None), NOW))
    assert hub.history("i") == []
    first, consumed = episode_of(hub, "i", later(10))
    assert first.messages == own
    hub.commit(first, consumed, outcome(first))
    second, _ = episode_of(hub, "i", later(10))
    assert [event["Name"] for event in second.messages] == ["e", "f"]


def test_entity_operations_run_in_order_and_in_batches(hub: TaskHub) -> None:
    for number in range(3):
        hub.enqueue_operation(EntityRequest("@e@k", str(number)))
    batch = hub.load_entity_batch("@e@k", 2)
    assert (batch.state, [text for _, text in batch.requests]) == (None, ["0", "1"])
    hub.commit_entity_batch(batch, "7", [], NOW)
    rest = hub.load_entity_batch("@e@k", 2)
    assert (rest.state, [text for _, text in rest.requests]) == ("7", ["2"])
    hub.commit_entity_batch(rest, None, [], NOW)
    assert (hub.entity("@e@k"), hub.ready_entities()) == (None, [])


def test_a_prefix_query_does_not_treat_ids_as_patterns(hub: TaskHub) -> None:
    for instance_id in ("a%b", "a_b", "aXb"):
        hub.start(Start("o", instance_id), NOW)
    assert [i.instance_id for i in hub.query(Query(prefix="a_"))] == ["a_b"]
    assert [i.instance_id for i in hub.query(Query(prefix="a%"))] == ["a%b"]


def test_a_failing_write_changes_nothing(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    unwritable = Message("i", {"EventType": object()}, NOW)
    with pytest.raises(TypeError, match="not JSON serializable"):
        hub.commit(episode, consumed, replace(outcome(episode), messages=[unwritable]))
    assert found(hub, "i").status is Status.PENDING
    assert episode_of(hub, "i")[1] == consumed


def test_a_reopened_file_has_the_same_content(tmp_path: Path) -> None:
    first = TaskHub(tmp_path / "hub.db")
    first.start(Start("o", "i", '"1"'), NOW)
    before = found(first, "i")
    with pytest.raises(TaskHubInUseError, match="Another host is running"):
        TaskHub(tmp_path / "hub.db")
    first.close()
    second = TaskHub(tmp_path / "hub.db")
    assert found(second, "i") == before
    second.close()


def test_a_child_is_shown_when_it_begins(hub: TaskHub) -> None:
    """Seen on the extension 3.19.0: its row is written by its first episode, and a client's start writes one itself."""
    parent = Parent("p", "e", 0, "o")
    hub.start(Start("o", "child", parent=parent), NOW)
    assert (hub.shown("child"), hub.query(Query()), hub.ready_instances(NOW)) == (None, [], ["child"])
    assert not hub.send(Message("child", history.event_raised(NOW, "Go", None), NOW))

    episode, consumed = episode_of(hub, "child")
    hub.commit(episode, consumed, outcome(episode))

    assert [one.instance_id for one in hub.query(Query())] == ["child"]


def test_what_is_put_back_is_due_later_and_later(hub: TaskHub) -> None:
    hub.start(Start("o", "i"), NOW)
    due = []
    for seconds in (0, 2, 6):
        episode, consumed = episode_of(hub, "i", later(seconds))
        hub.put_back(episode, consumed)
        due.append(hub.next_due())
    assert due == [later(2), later(6), later(14)]
    assert hub.next_due_after(later(6), with_put_back=False) is None


def test_a_continued_execution_that_was_put_back_comes_with_what_comes_first(hub: TaskHub) -> None:
    """On the extension the start of a continued execution is in the history already."""
    hub.start(Start("o", "i"), NOW)
    episode, consumed = episode_of(hub, "i")
    hub.commit(episode, consumed, outcome(episode))
    continued = replace(found(hub, "i"), execution_id="second")
    start = Message("i", history.execution_started(NOW, **STARTED), NOW, "second")
    end = Message("i", history.orchestrator_completed(NOW), NOW, "second")
    hub.send(Message("i", history.event_raised(NOW, "Go", None), NOW))
    episode, consumed = episode_of(hub, "i")
    hub.commit(episode, consumed, EpisodeOutcome(continued, [], replaces_history=True, messages=[start, end]))
    episode, consumed = episode_of(hub, "i")
    hub.put_back(episode, consumed)

    hub.send(Message("i", history.event_raised(NOW, "Go", None), later(1)))
    episode, _ = episode_of(hub, "i", later(1))

    assert [history.name(event) for event in episode.messages] == [
        "ExecutionStarted",
        "OrchestratorCompleted",
    ]
