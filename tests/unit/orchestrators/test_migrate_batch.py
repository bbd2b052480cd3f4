"""A batch takes one step per execution, and ends completed, cancelled or failed."""

from typing import Any

import pytest

from domain.fleet.batches import Batch, BatchRequest, Candidate, RunningMigration
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import SHORTEST_LOOK_SECONDS
from domain.fleet.states import BatchState
from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, image_id
from tests.unit.orchestrators.stepping import FakeContext, a_failure, failed, run, value

migrate_batch = code("migrate_batch")

ONE = Candidate(image=image_id())


def batch(**changes: Any) -> Batch:
    request = BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)], dry_run=changes.pop("dry_run", False))
    return Batch(request=request, started_by="anna", **changes)


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
    ended, context = advance(value(RUNNING))
    assert ended is None
    assert [call.name for call in context.calls] == ["advance_batch", "timer"]
    assert Batch.model_validate(context.continued_with) == RUNNING


def test_the_custom_status_is_the_progress() -> None:
    _, context = advance(value(RUNNING))
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
    _, context = advance(value(after))
    assert context.waits == [seconds]


def test_a_batch_with_nothing_left_completes() -> None:
    ended, context = advance(value(DONE))
    assert ended is not None
    assert (ended.state, ended.counts) == (BatchState.COMPLETED, {"completed": 1})
    assert context.continued_with is None


def test_a_step_that_fails_ends_the_batch_with_the_failure() -> None:
    ended, _ = advance(failed("AuthorizationFailed"))
    assert ended is not None
    assert (ended.state, ended.failure) == (BatchState.FAILED, a_failure("AuthorizationFailed"))


def test_cancelling_ends_the_batch_at_once_and_leaves_running_migrations_running() -> None:
    ended, context = advance(value(RUNNING), events=["cancel"])
    assert ended is not None
    assert (ended.state, ended.running) == (BatchState.CANCELLED, RUNNING.running)
    assert context.cancelled_timers == 1
    assert context.continued_with is None
