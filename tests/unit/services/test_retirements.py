"""What a person ended, only a person begins again, also after the task hub has forgotten it."""

import pytest

from domain.records.evidence import text_of
from domain.retirement.messages import DecisionKind
from domain.retirement.records import end_record
from domain.retirement.states import RetirementState
from services.retirements import start_retirement
from tests.unit.builders import NOW
from tests.unit.domain.retirement.retirements import a_decision, a_retirement
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with


@pytest.mark.parametrize(
    ("kind", "begun"), [("reject", False), ("cancel", False), ("approve", True), ("acknowledge", True)]
)
async def test_a_retirement_that_a_person_ended_is_not_begun_again_after_the_history_is_gone(
    kind: DecisionKind, *, begun: bool
) -> None:
    evidence = FakeEvidence()
    decision = a_decision().model_copy(update={"kind": kind, "retirement": a_retirement().id})
    evidence.texts[decision.name] = text_of(decision)
    with working_with(FakeCompute(), evidence=evidence):
        by_itself = await start_retirement(FakeDurableClient(), a_retirement())  # type: ignore[arg-type] # a fake
        by_hand = await start_retirement(FakeDurableClient(), a_retirement(by_hand=True))  # type: ignore[arg-type] # a fake
    assert (by_itself.fresh, by_hand.fresh) == (begun, True)


async def test_a_decision_that_cannot_be_read_may_be_a_rejection() -> None:
    evidence = FakeEvidence()
    evidence.texts[f"decisions/{a_retirement().id}/zz.json"] = '{"kind": "something new"}'
    with working_with(FakeCompute(), evidence=evidence):
        started = await start_retirement(FakeDurableClient(), a_retirement())  # type: ignore[arg-type] # a fake
    assert not started.fresh


async def test_the_decisions_about_another_retirement_are_not_asked() -> None:
    evidence = FakeEvidence()
    other = a_decision().model_copy(update={"kind": "reject", "retirement": f"{a_retirement().id}0"})
    evidence.texts[other.name] = text_of(other)
    with working_with(FakeCompute(), evidence=evidence):
        started = await start_retirement(FakeDurableClient(), a_retirement())  # type: ignore[arg-type] # a fake
    assert started.fresh


@pytest.mark.parametrize(
    ("state", "changes", "begun"),
    [
        ("expired", {}, False),
        ("kept", {}, False),
        ("cancelled", {}, False),
        ("failed", {}, True),
        # other content under the same name is something new
        ("expired", {"fingerprint": "other"}, True),
    ],
)
async def test_a_retirement_that_ended_is_not_begun_again_after_the_history_is_gone(
    state: str, changes: dict[str, str], *, begun: bool
) -> None:
    evidence = FakeEvidence()
    ended = end_record(a_retirement().moved(RetirementState(state)), NOW)
    evidence.texts[ended.name] = text_of(ended)
    with working_with(FakeCompute(), evidence=evidence):
        by_itself = await start_retirement(FakeDurableClient(), a_retirement(**changes))  # type: ignore[arg-type] # a fake
        by_hand = await start_retirement(FakeDurableClient(), a_retirement(by_hand=True))  # type: ignore[arg-type] # a fake
    assert (by_itself.fresh, by_hand.fresh) == (begun, True)


async def test_a_record_of_an_end_that_cannot_be_read_may_be_one_of_a_rejection() -> None:
    evidence = FakeEvidence()
    name = end_record(a_retirement().moved(RetirementState.EXPIRED), NOW).name
    evidence.texts[name] = '{"kind": "retirement", "of": "another release"}'
    with working_with(FakeCompute(), evidence=evidence):
        started = await start_retirement(FakeDurableClient(), a_retirement())  # type: ignore[arg-type] # a fake
    assert not started.fresh
