"""`/_host/cpu`: processor time of the app's functions apart from the host's, and no time for waiting."""

from typing import Any

import pytest
from testhost_client import TestClient


def cpu(client: TestClient) -> dict[str, Any]:
    return dict(client.http.get("/_host/cpu").raise_for_status().json())


def calls(figures: dict[str, Any], name: str) -> int:
    return int(figures["functions"].get(name, {"calls": 0})["calls"])


def test_every_kind_of_function_is_measured(client: TestClient) -> None:
    """Triggers, orchestrators and activities, in threads and on the event loop."""
    before = cpu(client)
    client.run("fan_out", 3)
    after = cpu(client)

    used = {name: calls(after, name) - calls(before, name) for name in after["functions"]}
    assert (used["start"], used["double_async"]) == (1, 3)
    assert used["fan_out"] >= 2
    assert after["functions_seconds"] > before["functions_seconds"]
    assert all(after["functions"][name]["seconds"] > 0 for name in ("start", "double_async", "fan_out"))


def test_functions_and_host_add_up_to_the_process(client: TestClient) -> None:
    client.run("chain", 5)
    figures = cpu(client)
    assert figures["functions_seconds"] + figures["host_seconds"] == pytest.approx(figures["process_seconds"])
    assert min(figures["functions_seconds"], figures["host_seconds"]) > 0
    assert figures == figures | {"functions": dict(sorted(figures["functions"].items()))}
    assert client.host.cpu().keys() == figures.keys()


def test_a_wait_of_days_uses_the_processor_as_little_as_a_wait_of_a_minute(client: TestClient) -> None:
    """The host's clock passes the days; the orchestrator is called as often, and nothing else runs."""
    begin = cpu(client)
    client.run("sleeping", 60)
    minute = cpu(client)
    client.run("sleeping", 5 * 24 * 3600)
    days = cpu(client)

    assert calls(days, "sleeping") - calls(minute, "sleeping") == calls(minute, "sleeping") - calls(
        begin, "sleeping"
    )
    assert days["functions_seconds"] - minute["functions_seconds"] < 1
