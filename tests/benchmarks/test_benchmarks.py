"""Short forms of `make bench`: the figures are there, and those that no machine changes are right."""

import json
import sys
from datetime import timedelta

import pytest

from benchmarks import fleet, host

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="CPU seconds are read from /proc")


@linux_only
def test_a_fleet_of_three_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """A replication takes 428 seconds, and a batch looks again every 30 seconds."""
    assert fleet.main(["3"]) == 0
    figures = json.loads((fleet.RESULTS / "fleet-3.json").read_text(encoding="utf-8"))
    assert figures["counts"] == {"completed": 3}
    assert 428 < figures["simulated_seconds"] < timedelta(minutes=15).total_seconds()
    assert figures["requests"]["PUT galleries/images/versions"] == 3
    assert figures["requests"]["LIST images"] == 1
    assert figures["cpu_seconds"].keys() == {"host", "simulator"}
    assert "3 images: the batch is completed; ended: 3 completed" in capsys.readouterr().out


def test_the_host_is_measured() -> None:
    wall, processor, stopwatch = host.run("chain", 3, 2)
    assert 0 < stopwatch.seconds < processor
    assert wall > 0
    assert stopwatch.replays >= 2 * 4


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i", "GET images"),
        ("GET", "/subscriptions/s/providers/Microsoft.Compute/images?api-version=1", "LIST images"),
        (
            "PUT",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b/versions/1.0.0",
            "PUT galleries/images/versions",
        ),
        ("GET", "/subscriptions/s/locations", "GET locations"),
    ],
)
def test_a_request_is_counted_by_its_method_and_type(method: str, path: str, kind: str) -> None:
    assert fleet.requests_by_kind([{"method": method, "path": path}]) == {kind: 1}
