"""Policy assignments that retirements left are removed; everybody else's, and those of running ones, stay."""

import logging

import pytest

from domain.errors import ArmError
from domain.retirement.messages import guard_name, guarded_retirement
from domain.retirement.states import RetirementState
from services.sweep_guards import remove_left_guards
from tests.unit.builders import SUBSCRIPTION
from tests.unit.domain.retirement.retirements import a_retirement
from tests.unit.fake_references import FakeConsumers
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with
from tests.unit.retiring_fakes import FakeGuards

NAME = guard_name(a_retirement().id)
SEEN = "22222222-2222-2222-2222-222222222222"


class Azure:
    """One assignment of this app in each of two subscriptions."""

    def __init__(self) -> None:
        self.client = FakeDurableClient()
        self.guards = FakeGuards()
        self.consumers = FakeConsumers(subscriptions=[SEEN])
        self.guards.standing = {(SUBSCRIPTION, NAME), (SEEN, NAME)}

    def has(self, status: str, state: RetirementState = RetirementState.SOAKING) -> None:
        """The task hub has the retirement."""
        dumped = a_retirement(state=state).model_dump(mode="json")
        output = dumped if status == "Completed" else None
        self.client.add(
            a_retirement().id, status, dumped, name="retire_image", customStatus=dumped, output=output
        )

    async def sweep(self) -> list[str]:
        with working_with(FakeCompute(), guards=self.guards, consumers=self.consumers):
            return await remove_left_guards(self.client)  # type: ignore[arg-type] # a fake


async def test_what_a_purged_retirement_left_is_removed_everywhere_and_once() -> None:
    azure = Azure()
    assert await azure.sweep() == sorted([f"{NAME} in {SUBSCRIPTION}", f"{NAME} in {SEEN}"])
    assert azure.guards.standing == set()
    assert await azure.sweep() == []


@pytest.mark.parametrize(
    ("status", "state", "stays"),
    [
        ("Pending", RetirementState.SOAKING, True),
        ("Running", RetirementState.AWAITING_APPROVAL, True),
        ("Suspended", RetirementState.BLOCKED, True),
        ("Failed", RetirementState.DELETING, True),
        ("Terminated", RetirementState.SOAKING, False),
        ("Completed", RetirementState.KEPT, False),
    ],
)
async def test_only_what_has_ended_loses_its_assignments(
    status: str, state: RetirementState, *, stays: bool
) -> None:
    """One that the host left in Failed is continued, and needs them."""
    azure = Azure()
    azure.has(status, state)
    await azure.sweep()
    assert bool(azure.guards.standing) is stays


async def test_a_record_that_cannot_be_read_may_run() -> None:
    azure = Azure()
    azure.client.add(a_retirement().id, "Running", {"odd": True}, name="retire_image")
    assert await azure.sweep() == []


async def test_a_name_that_no_retirement_has_stays() -> None:
    azure = Azure()
    azure.guards.standing = {(SUBSCRIPTION, "gallerist-retire-by-hand"), (SUBSCRIPTION, f"{NAME}0")}
    assert await azure.sweep() == []
    assert len(azure.guards.standing) == 2


async def test_a_subscription_that_cannot_be_listed_leaves_the_others_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    azure = Azure()
    azure.guards.errors[SEEN] = ArmError(403, "AuthorizationFailed", "no role")
    with caplog.at_level(logging.WARNING):
        assert await azure.sweep() == [f"{NAME} in {SUBSCRIPTION}"]
    # an app without strict retirements has not this role, and nothing to remove
    assert caplog.messages == []


async def test_a_refusal_is_logged_and_tried_again_the_next_night(caplog: pytest.LogCaptureFixture) -> None:
    azure = Azure()
    azure.guards.errors[NAME] = ArmError(403, "AuthorizationFailed", "no role")
    assert await azure.sweep() == []
    assert f"{NAME} in {SEEN}, which a retirement left, cannot be removed" in caplog.text
    azure.guards.errors.clear()
    assert len(await azure.sweep()) == 2


def test_a_name_leads_back_to_its_retirement() -> None:
    assert guarded_retirement(NAME) == a_retirement().id
