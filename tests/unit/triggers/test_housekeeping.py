"""The nightly timer forgets what ended long ago, and nothing else."""

import dataclasses
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from tests.unit.app import code
from tests.unit.fakes import SETTINGS, FakeCompute, FakeDurableClient, working_with

forget_history = code("forget_history")


class Night(func.TimerRequest):
    """The timer's call."""

    past_due = False
    schedule_status = None
    schedule = None


def hub() -> FakeDurableClient:
    """Instances of five and of a hundred days ago, ended and running."""
    client = FakeDurableClient()
    for age in (5, 100):
        created = (datetime.now(UTC) - timedelta(days=age)).isoformat()
        for status in ("Completed", "Failed", "Terminated", "Running", "Pending"):
            client.add(f"{status}-{age}", status, createdTime=created)
    return client


@pytest.mark.parametrize(
    ("days", "forgotten"),
    [(90, {"Completed-100", "Failed-100", "Terminated-100"}), (365, set()), (0, set())],
)
async def test_what_ended_and_is_older_than_the_setting_is_forgotten(days: int, forgotten: set[str]) -> None:
    """0 keeps everything for ever; what runs is never purged."""
    client = hub()
    before = set(client.instances)
    with working_with(FakeCompute(), settings=dataclasses.replace(SETTINGS, keep_days=days)):
        await forget_history(timer=Night(), client=client)
    assert before - set(client.instances) == forgotten
