"""A standing clock: time moves only when the control plane moves it, through everything that is due."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure_compute_simulator import RegionFault, SimulatorServer
from azure_compute_simulator.clock import Clock
from simulator_documents import COMPUTE, definition, seed, version
from simulator_receiver import Receiver

START = datetime(2026, 1, 5, tzinfo=UTC)
VERSION = f"{COMPUTE}/galleries/g/images/web/versions/1.0.0"
EVERYTHING = {"includedEventTypes": ["Microsoft.Resources.ResourceWriteSuccess"]}


@pytest.fixture
def standing() -> Iterator[SimulatorServer]:
    clock = Clock(start=START, standing=True)
    with SimulatorServer(seed(), transitions="immediate", clock=clock) as server:
        yield server


@pytest.fixture
def arm(standing: SimulatorServer) -> Iterator[httpx.Client]:
    token = standing.identity.sign("https://management.azure.com/")
    with httpx.Client(
        base_url=standing.arm,
        headers={"Authorization": f"Bearer {token}"},
        params={"api-version": "2023-07-03"},
    ) as client:
        yield client


@pytest.fixture
def building(standing: SimulatorServer, arm: httpx.Client) -> SimulatorServer:
    """A simulator that creates a version, which takes 428 seconds."""
    gallery = f"{COMPUTE}/galleries/g"
    arm.put(gallery, json={"location": "eastus2"}).raise_for_status()
    arm.put(f"{gallery}/images/web", json=definition()).raise_for_status()
    standing.set_pace("seconds:428")
    arm.put(VERSION, json=version()).raise_for_status()
    return standing


def test_a_standing_clock_starts_where_it_is_set_and_stays_there(standing: SimulatorServer) -> None:
    assert standing.time() == {"now": "2026-01-05T00:00:00+00:00", "next": None}
    assert standing.time() == standing.time()


def test_an_operation_is_due_next(building: SimulatorServer) -> None:
    assert building.time() == {"now": "2026-01-05T00:00:00+00:00", "next": "2026-01-05T00:07:08+00:00"}


@pytest.mark.parametrize(("seconds", "state"), [(0, "Creating"), (427, "Creating"), (428, "Succeeded")])
def test_an_operation_ends_at_its_moment(
    building: SimulatorServer, arm: httpx.Client, seconds: int, state: str
) -> None:
    building.move_to(START + timedelta(seconds=seconds))
    assert arm.get(VERSION).json()["properties"]["provisioningState"] == state


def test_events_that_are_due_are_delivered_before_the_answer(building: SimulatorServer) -> None:
    """So that whoever moves the clock sees everything that happened at that moment."""
    with Receiver() as receiver:
        building.put_event_subscription("all", {"endpoint": receiver.url, **EVERYTHING})
        building.move_to(START + timedelta(seconds=428))
        ((event,),) = receiver.notifications
    assert event["subject"].endswith("/versions/1.0.0")
    assert event["eventTime"].startswith("2026-01-05T00:07:08")


def test_a_failed_delivery_is_due_again_after_its_pause(building: SimulatorServer) -> None:
    with Receiver(answers=(503,)) as receiver:
        building.put_event_subscription("all", {"endpoint": receiver.url, **EVERYTHING})
        time = building.move_to(START + timedelta(seconds=428))
        assert time["next"] == "2026-01-05T00:07:18+00:00"
        building.move_to(datetime.fromisoformat(time["next"]))
        assert len(receiver.notifications) == 2


def test_the_clock_is_read_and_moved_over_http(building: SimulatorServer) -> None:
    with httpx.Client(base_url=building.control) as control:
        assert control.get("/time").json()["next"] == "2026-01-05T00:07:08+00:00"
        moved = control.post("/time", json={"to": "2026-01-05T00:07:08+00:00"})
        assert moved.json() == {"now": "2026-01-05T00:07:08+00:00", "next": None}
        back = control.post("/time", json={"to": "2026-01-05T00:00:00+00:00"})
        assert back.json()["now"] == "2026-01-05T00:07:08+00:00"
        assert control.post("/time", json={"to": "soon"}).status_code == 400


@pytest.mark.parametrize(("pace", "due"), [("immediate", None), ("polls:3", None), ("manual", None)])
def test_what_waits_for_clients_is_never_due(building: SimulatorServer, pace: str, due: str | None) -> None:
    building.set_pace(pace)
    assert building.time()["next"] == due


def test_an_operation_that_waits_for_a_stuck_region_is_not_due(
    building: SimulatorServer, arm: httpx.Client
) -> None:
    """Otherwise whoever moves the clock to `next` would never get past it."""
    building.add_fault(RegionFault("stuck", "eastus2"))
    time = building.move_to(START + timedelta(seconds=428))
    assert arm.get(VERSION).json()["properties"]["provisioningState"] == "Creating"
    assert time["next"] is None


def test_an_update_is_due_when_the_last_region_of_the_creation_is(
    building: SimulatorServer, arm: httpx.Client
) -> None:
    """An update takes less time than a creation, and ends only when every region has its copy."""
    building.move_to(START + timedelta(seconds=5))
    arm.put(VERSION, json=version() | {"tags": {"changed": "yes"}}).raise_for_status()
    moments = [building.time()["next"]]
    while moments[-1]:
        moments.append(building.move_to(datetime.fromisoformat(moments[-1]))["next"])
    assert "2026-01-05T00:07:08+00:00" in moments
    assert arm.get(VERSION).json()["properties"]["provisioningState"] == "Succeeded"


def test_the_time_is_answered_after_events_that_are_due_now(building: SimulatorServer) -> None:
    with Receiver() as receiver:
        building.put_event_subscription("all", {"endpoint": receiver.url, **EVERYTHING})
        building.move_to(START + timedelta(seconds=428))
        building.publish_latest(VERSION)
        assert building.time()["next"] is None
        assert len(receiver.notifications) == 2


def test_the_processor_time_grows_with_work_and_not_with_simulated_time(
    standing: SimulatorServer, arm: httpx.Client
) -> None:
    def used() -> float:
        with httpx.Client(base_url=standing.control) as control:
            return float(control.get("/cpu").raise_for_status().json()["process_seconds"])

    standing.switches.throttling = False
    start = used()
    standing.move_to(START + timedelta(days=365))
    waited = used()
    for _ in range(200):
        arm.put(f"{COMPUTE}/galleries/g", json={"location": "eastus2"}).raise_for_status()
    worked = used()
    assert worked - waited > waited - start
