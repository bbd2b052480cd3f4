"""Asking an activity: how long an orchestrator waits, and when it gives up."""

from collections.abc import Generator
from typing import Any

import pytest

from domain.contracts import ImageRequest, Wait
from domain.images import ManagedImage
from orchestrators.steps import MOST_WAITS, StepFailedError, ask, wait_seconds
from tests.unit.builders import image, image_id
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


def test_the_spread_is_the_same_at_each_replay_and_differs_between_instances() -> None:
    busy = Wait(reason="busy", failure=told("Busy"))
    assert wait_seconds("a", 3, busy) == wait_seconds("a", 3, busy)
    assert len({wait_seconds(str(instance), 3, busy) for instance in range(20)}) > 10
