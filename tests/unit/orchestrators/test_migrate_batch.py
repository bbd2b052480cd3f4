"""A batch takes one step per execution, and ends completed, cancelled or failed."""

from typing import Any

import pytest

from domain.fleet.batch_images import Candidate, RunningMigration
from domain.fleet.batch_records import BatchStep
from domain.fleet.batches import Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import SHORTEST_LOOK_SECONDS
from domain.fleet.states import BatchState
from tests.unit.app import code
from tests.unit.builders import NOW, SUBSCRIPTION, image_id
from tests.unit.orchestrators.stepping import FakeContext, a_failure, failed, run, value

migrate_batch = code("migrate_batch")

ONE = Candidate(image=image_id())


def batch(**changes: Any) -> Batch:
    request = BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)], dry_run=changes.pop("dry_run", False))
    return Batch(request=request, started_by="anna", **changes)


def step(after: Batch) -> Any:
    """The activity's answer that leaves the batch like this."""
    return value(BatchStep.after(after.model_copy()))


def advance(reply: Any, **context: Any) -> tuple[Batch | None, FakeContext]:
    """One execution whose activity gives this reply."""
    running = FakeContext(batch().model_dump(mode="json"), **context)
    output = run(migrate_batch, running, {"advance_batch": [reply]})
    return Batch.model_validate(output) if output else None, running


RUNNING = batch(running=[RunningMigration(candidate=ONE)], selected=1)
PENDING = batch(pending=[ONE], selected=1)
DONE = batch(exhausted=True, counts={"completed": 1})


def test_an_execution_takes_one_step_and_continues_as_new_with_the_batch() -> None:
    """So that the history does not grow with the number of images."""
    ended, context = advance(step(RUNNING))
    assert ended is None
    assert [call.name for call in context.calls] == ["advance_batch", "timer"]
    assert context.continued_with == BatchStep.after(RUNNING.model_copy()).state
    assert Batch.model_validate(context.continued_with).running == RUNNING.running


def test_the_time_of_the_step_and_of_the_start_are_what_is_added_to_the_state() -> None:
    """Everything else is carried as it is."""
    _, context = advance(step(RUNNING))
    given, sent = batch().model_dump(mode="json"), context.calls[0].input
    assert {name for name in sent if sent[name] != given[name]} == {"now", "started_at"}
    read = Batch.model_validate(sent)
    assert (read.now, read.started_at) == (NOW, NOW)


def test_a_step_of_an_earlier_release_which_returned_the_batch_alone_is_carried_on() -> None:
    """Its history is replayed after an upgrade."""
    _, context = advance({"value": RUNNING.model_dump(mode="json")})
    assert context.waits == [SHORTEST_LOOK_SECONDS]
    assert Batch.model_validate(context.continued_with).running == RUNNING.running


def test_the_custom_status_is_the_progress() -> None:
    _, context = advance(step(RUNNING))
    assert [(status["selected"], status["running"]) for status in context.statuses] == [(1, 1)]


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (RUNNING, SHORTEST_LOOK_SECONDS),
        (PENDING, 1),
        (batch(running=[RunningMigration(candidate=ONE)], dry_run=True), 1),
    ],
    ids=["migrations run", "nothing runs", "a dry run"],
)
def test_only_running_migrations_are_waited_for(after: Batch, seconds: float) -> None:
    _, context = advance(step(after))
    assert context.waits == [seconds]


def test_a_batch_with_nothing_left_completes() -> None:
    ended, context = advance(step(DONE))
    assert ended is not None
    assert (ended.state, ended.counts) == (BatchState.COMPLETED, {"completed": 1})
    assert context.continued_with is None


def test_a_step_that_fails_ends_the_batch_with_the_failure() -> None:
    ended, _ = advance(failed("AuthorizationFailed"))
    assert ended is not None
    assert (ended.state, ended.failure) == (BatchState.FAILED, a_failure("AuthorizationFailed"))


def test_cancelling_ends_the_batch_at_once_and_leaves_running_migrations_running() -> None:
    ended, context = advance(step(RUNNING), events=["cancel"])
    assert ended is not None
    assert (ended.state, ended.running) == (BatchState.CANCELLED, RUNNING.running)
    assert context.cancelled_timers == 1
    assert context.continued_with is None
