"""The timers: the sweep starts one batch over everything, and old history is deleted."""

import dataclasses
import logging
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from domain.fleet.batches import SWEEP_BATCH_ID
from domain.resources.provenance import migration_id
from domain.retirement.messages import guard_name, retirement_id
from services.gauge import last_heard
from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, image_id
from tests.unit.fake_machines import FakeMachines
from tests.unit.fakes import SETTINGS, FakeCompute, FakeDurableClient, working_with
from tests.unit.retiring_fakes import FakeGuards
from tests.unit.services.test_sweep_proofs import NAME, a_policy, machine

forget_history = code("forget_history")
gauge = code("gauge")
sweep = code("sweep")
sweep_proofs = code("sweep_proofs")


class Tick(func.TimerRequest):
    """A timer's call."""

    def __init__(self, *, past_due: bool = False) -> None:
        self._past_due = past_due

    @property
    def past_due(self) -> bool:
        return self._past_due


def hub() -> FakeDurableClient:
    """Instances of five and of a hundred days ago, ended and running."""
    client = FakeDurableClient()
    for age in (5, 100):
        created = (datetime.now(UTC) - timedelta(days=age)).isoformat()
        for status in ("Completed", "Failed", "Terminated", "Running", "Pending"):
            client.add(f"{status}-{age}", status, createdTime=created)
    return client


@pytest.mark.parametrize(
    ("days", "deleted"),
    [(90, {"Completed-100", "Failed-100", "Terminated-100"}), (365, set()), (0, set())],
)
async def test_history_that_ended_and_is_older_than_the_setting_is_deleted(
    days: int, deleted: set[str]
) -> None:
    """0 keeps everything for ever; what is running is never deleted."""
    client = hub()
    before = set(client.instances)
    with working_with(FakeCompute(), settings=dataclasses.replace(SETTINGS, keep_days=days)):
        await forget_history(timer=Tick(), client=client)
    assert before - set(client.instances) == deleted


async def test_the_log_says_how_much_history_was_deleted(caplog: pytest.LogCaptureFixture) -> None:
    with (
        working_with(FakeCompute(), settings=dataclasses.replace(SETTINGS, keep_days=90)),
        caplog.at_level(logging.INFO),
    ):
        await forget_history(timer=Tick(), client=hub())
    assert caplog.messages == [
        "deleted the history of 3 orchestrations that ended and are older than 90 days",
        "forgot the addresses of 2 old operations",
    ]


async def test_what_is_kept_of_operations_is_forgotten_after_a_week_whatever_else_is_kept() -> None:
    compute = FakeCompute()
    with working_with(compute, settings=dataclasses.replace(SETTINGS, keep_days=0)):
        await forget_history(timer=Tick(), client=hub())
    assert compute.operations_forgotten_before is not None
    assert datetime.now(UTC) - compute.operations_forgotten_before >= timedelta(days=7)


async def test_the_policy_assignments_that_retirements_left_are_removed_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guards, name = FakeGuards(), guard_name(retirement_id(image_id(), "f"))
    guards.standing.add((SUBSCRIPTION, name))
    settings = dataclasses.replace(SETTINGS, keep_days=0)
    with working_with(FakeCompute(), settings=settings, guards=guards), caplog.at_level(logging.WARNING):
        await forget_history(timer=Tick(), client=hub())
        await forget_history(timer=Tick(), client=hub())
    left = f"removed the policy assignments that retirements left: {name} in {SUBSCRIPTION}"
    assert caplog.messages == [left]


async def test_the_sweep_starts_one_batch_over_every_configured_subscription() -> None:
    client = FakeDurableClient()
    with working_with(FakeCompute()):
        await sweep(timer=Tick(), client=client)
    ((name, batch_id, batch),) = client.started
    assert (name, batch_id, batch["started_by"]) == ("migrate_batch", SWEEP_BATCH_ID, "sweep")
    assert batch["request"]["scope"] == [{"subscription": SUBSCRIPTION, "resource_group": None}]


async def test_the_sweep_is_skipped_while_the_previous_one_is_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = FakeDurableClient()
    with working_with(FakeCompute()), caplog.at_level(logging.INFO):
        await sweep(timer=Tick(), client=client)
        await sweep(timer=Tick(past_due=True), client=client)
    assert len(client.started) == 1
    assert caplog.messages == [
        "sweep started",
        "sweep skipped: the previous one is still running (late)",
    ]


async def test_the_sweep_is_skipped_without_a_subscription_in_the_settings(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = FakeDurableClient()
    settings = dataclasses.replace(SETTINGS, subscriptions=())
    with working_with(FakeCompute(), settings=settings), caplog.at_level(logging.INFO):
        await sweep(timer=Tick(), client=client)
    assert client.started == []
    assert "GALLERIST_SUBSCRIPTIONS" in caplog.messages[0]


async def test_what_proofs_left_is_deleted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    machines = FakeMachines(machine())
    with working_with(FakeCompute(), a_policy(), machines=machines), caplog.at_level(logging.WARNING):
        await sweep_proofs(timer=Tick())
        await sweep_proofs(timer=Tick())
    assert [record.message for record in caplog.records] == [f"deletes what was left of proofs: {NAME}"]


async def test_the_gauge_is_one_line_and_asks_nothing_of_azure(caplog: pytest.LogCaptureFixture) -> None:
    client, compute = FakeDurableClient(), FakeCompute()
    compute.error = AssertionError("the gauge asks the task hub alone")
    started = {"image": str(image_id()), "started_by": "event 7"}
    now = datetime.now(UTC).isoformat()
    client.add(migration_id(image_id()), "Running", started, createdTime=now)
    client.add(SWEEP_BATCH_ID, "Completed", createdTime=now, lastUpdatedTime=now)
    with working_with(compute), caplog.at_level(logging.INFO):
        await gauge(timer=Tick(), client=client)
        heard = await last_heard(client)
        # whoever asks again within a minute is told the same
        client.instances.clear()
        assert await last_heard(client) == heard
    assert caplog.messages == [
        "gauge running=1 oldest_hours=0.0 waiting=0 blocked=0 failed=0 last_sweep_minutes=0 last_event_minutes=0"
    ]
    assert heard.sweep is not None
    assert heard.event is not None
