"""`HostServer.client` starts orchestrations, waits for them, raises events and moves the clock."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from functions_testhost import HostClient, HostRequestError, HostServer, OrchestrationEndError
from testhost_folders import APPS


@pytest.fixture
def skipping() -> Iterator[HostClient]:
    """A client of a host whose clock skips."""
    with HostServer(APPS / "patterns", clock="skip") as host:
        yield host.client


@pytest.fixture
def manual() -> Iterator[HostClient]:
    """A client of a host whose clock the test moves."""
    with HostServer(APPS / "patterns", clock="manual") as host:
        yield host.client


def test_run_returns_the_output(skipping: HostClient) -> None:
    assert skipping.run("echo", {"a": [1, None]}) == {"a": [1, None]}
    assert skipping.run("sleeping", 86_400) == pytest.approx(86_400, abs=1)
    assert skipping.run("parent", instance_id="a family")[0] == 4


def test_run_raises_when_the_orchestration_fails(skipping: HostClient) -> None:
    with pytest.raises(OrchestrationEndError, match=r"failing is Failed: .* ValueError: bad luck"):
        skipping.run("failing")


def test_run_raises_when_the_orchestration_does_not_end_in_time(manual: HostClient) -> None:
    with pytest.raises(TimeoutError, match=r"still running after 0.05 seconds: .*waiting"):
        manual.run("waiting", timeout=timedelta(seconds=0.05))


def test_run_raises_when_the_orchestrator_is_unknown(skipping: HostClient) -> None:
    with pytest.raises(OrchestrationEndError, match=r"nobody is Failed: .*the known orchestrator functions"):
        skipping.run("nobody")


def test_an_unknown_instance_raises(skipping: HostClient) -> None:
    with pytest.raises(HostRequestError, match="404"):
        skipping.status("x")
    with pytest.raises(HostRequestError, match="404"):
        skipping.raise_event("x", "Go")


def test_an_event_reaches_the_instance(manual: HostClient) -> None:
    instance_id = manual.start("waiting", instance_id="w")
    assert instance_id == "w"
    manual.raise_event("w", "Go", {"n": 1})
    assert manual.wait("w")["output"] == {"n": 1}


def test_advance_moves_a_manual_clock_past_a_durable_timer(manual: HostClient) -> None:
    instance_id = manual.start("approval")
    assert manual.wait_until_idle()["instances"] == {"Running": 1}
    manual.advance(timedelta(minutes=59))
    manual.wait_until_idle()
    assert manual.status(instance_id)["runtimeStatus"] == "Running"
    manual.advance(timedelta(minutes=1))
    assert manual.wait(instance_id)["output"] == "timed out"


def test_the_client_brings_the_master_key_to_a_host_with_keys() -> None:
    with HostServer(APPS / "patterns", clock="skip", keys=True) as host:
        assert host.client.run("one") == 42
        with pytest.raises(HostRequestError, match="401"):
            HostClient(host.url).run("one")


def test_without_a_database_each_host_begins_with_an_empty_task_hub() -> None:
    for _ in range(2):
        with HostServer(APPS / "patterns", clock="skip") as host:
            assert host.client.wait_until_idle()["instances"] == {}
            host.client.run("one", instance_id="same")


def test_with_a_database_the_next_host_continues(tmp_path: Path) -> None:
    for expected in ({}, {"Completed": 1}):
        with HostServer(APPS / "patterns", tmp_path / "hub.sqlite", clock="skip") as host:
            assert host.client.wait_until_idle()["instances"] == expected
            host.client.run("one", instance_id="same")
