"""What the control plane counts: requests by kind and status, and the times of operations."""

import pytest
from azure_compute_simulator.calls import kind_of
from simulator_client import ArmClient

COMPUTE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", f"{COMPUTE}/images/i", "GET images"),
        ("GET", "/subscriptions/s/providers/Microsoft.Compute/images", "LIST images"),
        ("PUT", f"{COMPUTE}/galleries/a/images/b/versions/1.0.0", "PUT galleries/images/versions"),
        (
            "GET",
            "/subscriptions/s/providers/Microsoft.Compute/locations/eastus2/capsOperations/1",
            "GET capsOperations",
        ),
        ("GET", "/subscriptions/s/locations", "GET locations"),
    ],
)
def test_a_request_is_counted_by_its_method_and_type(method: str, path: str, kind: str) -> None:
    assert kind_of(method, path) == kind


def test_calls_are_counted_by_kind_and_status_until_a_reset(gallery: ArmClient) -> None:
    gallery.get("galleries/g")
    gallery.get("galleries/g")
    counts = {(one["kind"], one["status"]): one["count"] for one in gallery.simulator.calls()}
    assert counts["GET galleries", 200] == 2
    assert counts["PUT galleries/images", 201] == 1
    gallery.simulator.reset()
    assert gallery.simulator.calls() == []


def test_operations_say_what_was_done_and_when(gallery: ArmClient) -> None:
    created = gallery.simulator.operations()
    assert [(one["id"].rpartition("/")[2], one["verb"], one["status"]) for one in created] == [
        ("g", "create", "Succeeded"),
        ("web", "create", "Succeeded"),
    ]
    assert all(one["started"] <= one["ended"] for one in created)
