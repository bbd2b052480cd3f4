"""Calling an activity: how long an orchestrator waits, and when it gives up."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from domain.migration.messages import ImageRequest
from domain.resources.images import ManagedImage
from domain.results import CurrentWait, RetryLater
from orchestrators.run.activity_calls import (
    MOST_WAITS,
    THROTTLING_PATIENCE,
    StepFailedError,
    call_activity,
    call_entity,
    wait_seconds,
)
from tests.unit.builders import NOW, image, image_id
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

QUERY = ImageRequest(image=image_id())


def ignored(_wait: CurrentWait | None) -> None:
    """Most of these tests do not look at what is shown."""


def reading(context: Any) -> Generator[Any, Any, Any]:
    found = yield from call_activity(context, "look", QUERY, ManagedImage, ignored)
    return found.model_dump(mode="json") if found else None


def test_a_value_is_returned_at_once() -> None:
    context = FakeContext({})
    assert run(reading, context, {"look": [value(image())]}) == image().model_dump(mode="json")
    assert [call.input for call in context.calls] == [{"image": str(image_id())}]


def test_none_is_a_value() -> None:
    assert run(reading, FakeContext({}), {"look": [value(None)]}) is None


def test_a_failure_is_raised_with_its_cause() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="ScopeLocked: ScopeLocked happened") as raised:
        run(reading, context, {"look": [failed()]})
    assert raised.value.failure == a_failure("ScopeLocked")
    assert context.waits == []


def test_waits_double_up_to_five_minutes() -> None:
    """Each one is spread by up to a quarter, so that many instances do not return at once."""
    context = FakeContext({})
    run(reading, context, {"look": [*[retry_later()] * 9, value(image())]})
    for waited, seconds in zip(context.waits, [5, 10, 20, 40, 80, 160, 300, 300, 300], strict=True):
        assert seconds <= waited <= seconds * 1.25


def test_the_wait_is_at_least_as_long_as_the_service_asks_for() -> None:
    context = FakeContext({})
    run(reading, context, {"look": [retry_later(97), retry_later(1000), value(image())]})
    first, second = context.waits
    assert 97 <= first <= 97 * 1.25
    assert 1000 <= second <= 1250


def test_patience_ends_with_the_last_reason() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="Busy happened"):
        run(reading, context, {"look": [retry_later()] * (MOST_WAITS + 1)})
    assert len(context.named("look")) == MOST_WAITS + 1
    assert len(context.waits) == MOST_WAITS


def test_throttling_is_waited_for_longer_than_anything_else() -> None:
    context = FakeContext({})
    run(reading, context, {"look": [*[retry_later(600, throttled=True)] * (MOST_WAITS + 5), value(image())]})
    assert len(context.waits) == MOST_WAITS + 5


def test_throttling_does_not_use_up_the_other_retries() -> None:
    context = FakeContext({})
    script = [*[retry_later(throttled=True)] * 5, *[retry_later()] * MOST_WAITS, value(image())]
    assert run(reading, context, {"look": script}) is not None


def test_throttling_is_waited_for_no_longer_than_a_day() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="Busy happened"):
        run(reading, context, {"look": lambda _: retry_later(3600, throttled=True)})
    assert (
        THROTTLING_PATIENCE <= context.current_utc_datetime - NOW < THROTTLING_PATIENCE + timedelta(hours=2)
    )


def test_the_wait_is_reported_with_its_end_and_cleared_after() -> None:
    context, seen = FakeContext({}), []

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from call_activity(context, "look", QUERY, ManagedImage, seen.append)

    run(showing, context, {"look": [retry_later(60), value(image())]})
    waiting, after = seen
    assert (waiting.reason, waiting.until, after) == ("busy", context.named("timer")[0].input, None)


def test_the_wait_is_cleared_when_the_orchestrator_gives_up() -> None:
    seen: list[Any] = []

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from call_activity(context, "look", QUERY, ManagedImage, seen.append)

    with pytest.raises(StepFailedError):
        run(showing, FakeContext({}), {"look": lambda _: retry_later()})
    assert len(seen) == MOST_WAITS + 1
    assert seen[-1] is None


def test_without_a_wait_nothing_is_reported() -> None:
    seen: list[Any] = []

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from call_activity(context, "look", QUERY, ManagedImage, seen.append)

    run(showing, FakeContext({}), {"look": [value(image())]})
    assert seen == []


def test_the_spread_is_the_same_at_each_replay_and_differs_between_instances() -> None:
    busy = RetryLater(reason="busy", failure=a_failure("Busy"))
    assert wait_seconds("a", 3, busy) == wait_seconds("a", 3, busy)
    assert len({wait_seconds(str(instance), 3, busy) for instance in range(20)}) > 10


def test_a_call_whose_worker_died_is_repeated_and_shown_in_one_sentence() -> None:
    shown: list[CurrentWait | None] = []

    def reading_and_showing(context: Any) -> Generator[Any, Any, Any]:
        found = yield from call_activity(context, "look", QUERY, ManagedImage, shown.append)
        return found.model_dump(mode="json") if found else None

    context = FakeContext({})
    output = run(reading_and_showing, context, {"look": [*[lost()] * 5, value(image())]})

    assert output == image().model_dump(mode="json")
    assert len(context.named("look")) == 6
    assert {wait.reason for wait in shown if wait} == {
        "Activity function failed: python exited with code 137 (0x89)"
    }
    assert shown[-1] is None


def test_a_call_that_never_answers_fails_with_a_sentence_and_a_next_step() -> None:
    with pytest.raises(StepFailedError) as raised:
        run(reading, FakeContext({}), {"look": lambda _: lost("boom")})
    failure = raised.value.failure
    assert (failure.code, failure.message) == ("NoAnswer", "Activity function failed: boom")
    assert failure.fix.startswith("Start the migration again")


def test_the_log_has_the_whole_text_of_a_lost_call_once(caplog: pytest.LogCaptureFixture) -> None:
    run(reading, FakeContext({}), {"look": [lost(), value(image())]})
    run(reading, FakeContext({}, is_replaying=True), {"look": [lost(), value(image())]})
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("look of id=migration-0123 gave no answer: ")
    assert '"StackTraceString":"at …"' in line


def test_time_that_passes_between_the_tries_does_not_use_up_the_patience() -> None:
    """The app may have been away for days: only its own waits count."""

    def away_for_days(call: Call) -> Any:
        context.current_utc_datetime += timedelta(days=2)
        return retry_later(60, throttled=True) if len(context.named("look")) < 4 else value(image())

    context = FakeContext({})
    assert run(reading, context, {"look": away_for_days}) == image().model_dump(mode="json")


def test_an_entity_whose_worker_died_is_called_again() -> None:
    def reserving(context: Any) -> Generator[Any, Any, Any]:
        return (yield from call_entity(context, df.EntityId("ledger", "key"), "reserve", QUERY, ignored))

    context = FakeContext({})
    assert run(reserving, context, {"ledger": [lost(), lost(), {"version": "1.0.0"}]}) == {"version": "1.0.0"}
    assert [call.operation for call in context.named("ledger")] == ["reserve"] * 3


def test_another_reason_begins_with_a_short_wait_again() -> None:
    context = FakeContext({})
    run(reading, context, {"look": [*[lost()] * 5, retry_later(), retry_later(), value(image())]})
    for waited, seconds in zip(context.waits, [5, 10, 20, 40, 80, 5, 10], strict=True):
        assert seconds <= waited <= seconds * 1.25


def test_reasons_that_take_turns_use_up_the_patience_too() -> None:
    with pytest.raises(StepFailedError):
        run(reading, FakeContext({}), {"look": [lost(), retry_later()] * MOST_WAITS})
