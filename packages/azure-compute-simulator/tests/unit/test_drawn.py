"""The pace `drawn`: uneven, seeded, and the same whatever clients do."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest
from azure_compute_simulator import RegionFault
from azure_compute_simulator.drawn import Drawn, quantile
from azure_compute_simulator.jobs import REPLICATION_SECONDS, Job
from simulator_client import GALLERIES, ArmClient
from simulator_documents import COMPUTE, IMAGE, image, version

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
REGIONS = ("eastus2", "westus2", "northeurope")


def job(number: int, definition: str = "web") -> Job:
    name = f"/galleries/g/images/{definition}/versions/1.0.{number}"
    return Job(name, REPLICATION_SECONDS, replicates=True, started=BEGIN, regions=REGIONS)


def seconds(pace: Drawn, work: Job, region: str | None = None) -> float:
    return (pace.due(work, region) - BEGIN).total_seconds()


def test_durations_have_the_recorded_least_middle_and_most() -> None:
    drawn = sorted(seconds(Drawn(7), job(number)) for number in range(2000))
    assert (quantile(0), quantile(0.5), quantile(1)) == (30, 428, 1005)
    assert 30 <= drawn[0] < 40
    assert 995 < drawn[-1] <= 1005
    assert median(drawn) == pytest.approx(428, rel=0.05)


def test_a_draw_depends_on_the_seed_and_the_version_alone() -> None:
    first = seconds(Drawn(7), job(1))
    upper = Job(job(1).resource_id.upper(), REPLICATION_SECONDS, replicates=True, started=BEGIN)
    assert seconds(Drawn(7), upper) == first
    assert seconds(Drawn(8), job(1)) != first


def test_the_versions_of_one_definition_can_take_about_the_same_time() -> None:
    pace = Drawn(7, 0.03)
    families = [[seconds(pace, job(number, name)) for number in range(50)] for name in ("web", "db")]
    for family in families:
        assert min(family) >= 30
        assert max(family) <= 1005
        assert 1 < max(family) / min(family) <= 1.03 / 0.97
    assert max(map(max, families)) > 1.2 * min(map(max, families))


def test_every_definition_can_take_about_so_many_seconds() -> None:
    """The regions stay as uneven as those of a drawn time."""
    pace = Drawn.parse("7:0.03:21600")
    taken = [seconds(pace, job(number, name)) for number in range(20) for name in ("web", "db")]
    assert min(taken) >= 0.97 * 21600
    assert max(taken) <= 1.03 * 21600
    assert seconds(pace, job(1), "westus2") / seconds(pace, job(1)) == pytest.approx(
        seconds(Drawn(7, 0.03), job(1), "westus2") / seconds(Drawn(7, 0.03), job(1))
    )


def test_every_region_ends_at_its_own_time_and_the_last_one_ends_the_work() -> None:
    pace = Drawn(7)
    last = set()
    for number in range(60):
        ends = {region: pace.due(job(number), region) for region in REGIONS}
        assert len(set(ends.values())) == len(REGIONS)
        assert max(ends.values()) == pace.due(job(number))
        last.add(max(ends, key=lambda region: ends[region]))
    assert last == set(REGIONS)


def test_progress_stands_at_nothing_for_long_and_then_jumps() -> None:
    pace = Drawn(7)
    for number in range(60):
        work = job(number)
        end = pace.due(work, "westus2") - BEGIN
        seen = [pace.fraction(work, BEGIN + end * (part / 100), "westus2") for part in range(101)]
        assert seen[:20] == [0.0] * 20
        assert all(before <= after for before, after in pairwise(seen))
        # nothing, at most three jumps, the end
        assert 3 <= len(set(seen)) <= 5
        assert max(seen[:100]) < 1
        assert pace.fraction(work, pace.due(work, "westus2"), "westus2") == 1


def test_the_changes_of_a_region_are_its_jumps_and_its_end() -> None:
    pace, work = Drawn(7), job(1)
    changes = pace.changes(work, "westus2")
    seen = [0.0]
    for moment in changes:
        assert pace.fraction(work, moment - timedelta(microseconds=1), "westus2") == seen[-1]
        seen.append(pace.fraction(work, moment, "westus2"))
    assert changes[-1] == pace.due(work, "westus2")
    assert seen[-1] == 1


def test_short_work_takes_its_recorded_time() -> None:
    assert seconds(Drawn(7), Job("/galleries/g", 0.2, replicates=False, started=BEGIN)) == 0.2


def test_an_update_takes_its_recorded_share_of_the_draw() -> None:
    update = Job(job(1).resource_id, 150.0, replicates=True, started=BEGIN)
    assert seconds(Drawn(7), update) == pytest.approx(seconds(Drawn(7), job(1)) * 150 / REPLICATION_SECONDS)


def test_a_version_succeeds_when_its_last_region_does(gallery: ArmClient) -> None:
    """The operation, the regions and the time at which something is due next agree."""
    gallery.simulator.set_pace("drawn:7")
    path = "galleries/g/images/web/versions/1.0.0"
    gallery.put(path, version(IMAGE, "eastus2", "westus2", "northeurope"))
    ends = []
    while (due := gallery.simulator.time()["next"]) is not None:
        gallery.simulator.move_to(datetime.fromisoformat(due))
        shown = gallery.get(path, f"api-version={GALLERIES}&$expand=ReplicationStatus")["properties"]
        ends.append([one["state"] for one in shown["replicationStatus"]["summary"]].count("Completed"))
    assert ends == [1, 2, 3]
    assert shown["provisioningState"] == "Succeeded"
    (creation,) = [one for one in gallery.simulator.operations() if "/versions/" in one["id"]]
    took = datetime.fromisoformat(creation["ended"]) - datetime.fromisoformat(creation["started"])
    assert 30 <= took.total_seconds() <= 1006


@pytest.mark.parametrize(
    "text", ["", "x", "1:x", "1:-0.1", "1:1", "1:nan", "1:0:-5", "1:0:inf", "1:0:nan", "1:0:5:6"]
)
def test_a_malformed_draw_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid literal|could not convert|A draw is"):
        Drawn.parse(text)


def test_what_changes_meanwhile_is_seen_at_once(gallery: ArmClient) -> None:
    """The simulator knows when drawn replication goes on, and forgets that for a fault, a pace or a missing source."""
    for name in ("faulty", "hurried", "gone", "left"):
        gallery.put(f"images/{name}", image(name))
    gallery.simulator.set_pace("drawn:7")
    for number, name in enumerate(("faulty", "hurried", "gone", "left")):
        gallery.put(
            f"galleries/g/images/web/versions/1.0.{number}", version(f"{COMPUTE}/images/{name}", "eastus2")
        )
    gallery.simulator.skip_time(1)

    gallery.simulator.set_pace("immediate", f"{COMPUTE}/galleries/g/images/web/versions/1.0.1")
    gallery.send("DELETE", "images/gone")
    gallery.simulator.skip_time(10)
    gallery.simulator.add_fault(RegionFault(region="eastus2", kind="failed", version="1.0.0$", progress=0))
    gallery.simulator.skip_time(0)
    states = {
        one["id"][-5:]: one["status"] for one in gallery.simulator.operations() if "/versions/" in one["id"]
    }
    assert states == {"1.0.0": "Failed", "1.0.1": "Succeeded", "1.0.2": "Failed", "1.0.3": "InProgress"}


def test_time_passes_quickly_with_many_operations(gallery: ArmClient) -> None:
    """Only what changes is looked at: the work for a moment does not grow with what is running."""
    gallery.simulator.set_pace("drawn:7")
    for number in range(20):
        gallery.put(f"images/many-{number}", image(f"many-{number}"))
        source = f"{COMPUTE}/images/many-{number}"
        gallery.put(f"galleries/g/images/web/versions/1.0.{number}", version(source, "eastus2", "westus2"))
    gallery.simulator.skip_time(10)
    azure = gallery.simulator.azure
    assert len(azure.running) == 20
    assert all(operation in azure.agenda for operation in azure.running.values())
    ends = []
    while (due := gallery.simulator.time()["next"]) is not None:
        gallery.simulator.move_to(datetime.fromisoformat(due))
        ends.append(due)
    assert len(ends) == 40
    assert not azure.running
    created = [one for one in azure.operations.values() if one.job.replicates]
    # this clock runs, by what the test takes
    assert all(timedelta() <= one.ended - Drawn(7).due(one.job) < timedelta(seconds=1) for one in created)
