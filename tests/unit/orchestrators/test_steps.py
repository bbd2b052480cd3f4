"""Asking an activity: how long an orchestrator waits, and when it gives up."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from orchestrators.steps import (
    MOST_WAITS,
    THROTTLING_PATIENCE,
    StepFailedError,
    ask,
    shown_as_custom_status,
    wait_seconds,
)

from domain.migration.messages import ImageRequest
from domain.migration.results import Wait
from domain.resources.images import ManagedImage
from tests.unit.builders import NOW, image, image_id
from tests.unit.orchestrators.stepping import FakeContext, failure, run, told, value, wait

ASKED = ImageRequest(image=image_id())


def asking(context: Any) -> Generator[Any, Any, Any]:
    found = yield from ask(context, "look", ASKED, ManagedImage)
    return found.model_dump(mode="json") if found else None


def test_a_value_is_returned_at_once() -> None:
    context = FakeContext({})
    assert run(asking, context, {"look": [value(image())]}) == image().model_dump(mode="json")
    assert [call.input for call in context.calls] == [{"image": str(image_id())}]


def test_none_is_a_value() -> None:
    assert run(asking, FakeContext({}), {"look": [value(None)]}) is None


def test_a_failure_is_raised_with_its_cause() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="ScopeLocked: ScopeLocked happened") as failed:
        run(asking, context, {"look": [failure()]})
    assert failed.value.failure == told("ScopeLocked")
    assert context.waits == []


def test_waits_double_up_to_five_minutes() -> None:
    """Each one spread by up to a quarter, so that many instances do not come back at once."""
    context = FakeContext({})
    run(asking, context, {"look": [*[wait()] * 9, value(image())]})
    for waited, seconds in zip(context.waits, [5, 10, 20, 40, 80, 160, 300, 300, 300], strict=True):
        assert seconds <= waited <= seconds * 1.25


def test_the_services_wish_is_respected() -> None:
    context = FakeContext({})
    run(asking, context, {"look": [wait(97), wait(1000), value(image())]})
    first, second = context.waits
    assert 97 <= first <= 97 * 1.25
    assert 1000 <= second <= 1250


def test_patience_ends_with_the_last_reason() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="Busy happened"):
        run(asking, context, {"look": [wait()] * (MOST_WAITS + 1)})
    assert len(context.named("look")) == MOST_WAITS + 1
    assert len(context.waits) == MOST_WAITS


def test_throttling_is_waited_for_longer_than_anything_else() -> None:
    context = FakeContext({})
    run(asking, context, {"look": [*[wait(600, throttled=True)] * (MOST_WAITS + 5), value(image())]})
    assert len(context.waits) == MOST_WAITS + 5


def test_throttling_does_not_use_up_the_tries_of_what_comes_after() -> None:
    context = FakeContext({})
    script = [*[wait(throttled=True)] * 5, *[wait()] * MOST_WAITS, value(image())]
    assert run(asking, context, {"look": script}) is not None


def test_throttling_is_waited_for_no_longer_than_a_day() -> None:
    context = FakeContext({})
    with pytest.raises(StepFailedError, match="Busy happened"):
        run(asking, context, {"look": lambda _: wait(3600, throttled=True)})
    assert (
        THROTTLING_PATIENCE <= context.current_utc_datetime - NOW < THROTTLING_PATIENCE + timedelta(hours=2)
    )


def test_what_is_waited_for_is_shown_with_its_end_and_cleared_after() -> None:
    context, seen = FakeContext({}), []

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from ask(context, "look", ASKED, ManagedImage, seen.append)

    run(showing, context, {"look": [wait(60), value(image())]})
    waiting, after = seen
    assert (waiting.reason, waiting.until, after) == ("busy", context.named("timer")[0].input, None)


def test_what_was_waited_for_in_vain_is_not_shown_any_more() -> None:
    seen: list[Any] = []

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from ask(context, "look", ASKED, ManagedImage, seen.append)

    with pytest.raises(StepFailedError):
        run(showing, FakeContext({}), {"look": lambda _: wait()})
    assert len(seen) == MOST_WAITS + 1
    assert seen[-1] is None


def test_without_a_wait_nothing_is_shown() -> None:
    context = FakeContext({})

    def showing(context: Any) -> Generator[Any, Any, Any]:
        yield from ask(context, "look", ASKED, ManagedImage, shown_as_custom_status(context))

    run(showing, context, {"look": [value(image())]})
    assert context.statuses == []
    run(showing, context, {"look": [wait(), value(image())]})
    assert [bool(status["waiting_for"]) for status in context.statuses] == [True, False]


def test_the_spread_is_the_same_at_each_replay_and_differs_between_instances() -> None:
    busy = Wait(reason="busy", failure=told("Busy"))
    assert wait_seconds("a", 3, busy) == wait_seconds("a", 3, busy)
    assert len({wait_seconds(str(instance), 3, busy) for instance in range(20)}) > 10
