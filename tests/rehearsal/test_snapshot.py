"""Snapshots: what is taken, what never is, what could not be read, and files that are none."""

import asyncio
import json
import stat
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.azure.arm import Page
from domain.errors import ArmError
from rehearsal.allowed import select
from rehearsal.errors import RehearsalError, SnapshotError
from rehearsal.reading import Reader
from rehearsal.seed import to_seed
from rehearsal.snapshot import Snapshot, load, save
from tests.rehearsal import fleet
from tests.rehearsal.conftest import written


def test_a_snapshot_has_every_kind_of_record(snapshot: Snapshot) -> None:
    assert snapshot.counts() == {
        "images": 12,
        "galleries": 1,
        "definitions": 2,
        "versions": 1,
        # those that the images were captured from, and one of a version
        "machines": 13,
        "scale_sets": 1,
    }
    assert [one.name for one in snapshot.subscriptions] == ["Fleet 1", "Fleet 2"]
    (version,) = snapshot.versions
    assert version["properties"]["replicationStatus"]["summary"] == [
        {"region": "eastus2", "state": "Completed", "progress": 100}
    ]
    (scale_set,) = snapshot.scale_sets
    assert scale_set["instances"] == ["1.0.0", "1.0.0"]
    assert [image["createdTime"][:13] for image in snapshot.images[:2]] == ["2025-12-01T00", "2025-12-01T01"]


def test_no_secret_of_the_fleet_is_in_its_snapshot(snapshot: Snapshot, tmp_path: Path) -> None:
    """The fleet has one in custom data, user data, passwords, extensions, descriptions and the tags of machines."""
    assert fleet.SECRET in json.dumps(fleet.seed())
    save(snapshot, tmp_path / "fleet.json")
    assert fleet.SECRET not in (tmp_path / "fleet.json").read_text(encoding="utf-8")
    left_out = snapshot.report.left_out["machines"]
    assert left_out["properties.osProfile"] == 13
    assert left_out["properties.userData"] == 12
    assert left_out["tags"] == 12
    assert "properties.virtualMachineProfile.extensionProfile" in snapshot.report.left_out["scale_sets"]


def test_a_snapshot_is_read_back_as_it_was_written_by_its_owner_only(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "fleet.json"
    save(snapshot, path)
    assert load(path) == snapshot
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["fleet.json"]


def test_the_seed_of_a_snapshot_is_refused_nowhere(snapshot: Snapshot) -> None:
    rehearsable = to_seed(snapshot)
    assert rehearsable.left == []
    assert len(rehearsable.seed["resources"]) == sum(snapshot.counts().values())


def test_what_the_simulator_refuses_is_left_out_and_said(snapshot: Snapshot) -> None:
    strange = snapshot.model_copy(deep=True)
    strange.images[0]["location"] = "mars"
    strange.images[1]["properties"]["storageProfile"]["osDisk"].pop("managedDisk")
    elsewhere = strange.machines[0]["id"].replace(fleet.FIRST, "3" * 8 + strange.machines[0]["id"][23:51])
    strange.machines[0]["id"] = elsewhere
    left = {one.id: one.why for one in to_seed(strange).left}
    assert left[strange.images[0]["id"]] == "the simulator refuses it: 'mars' is not a region."
    assert "Exactly one of managedDisk, snapshot, blobUri" in left[strange.images[1]["id"]]
    assert left[elsewhere] == "its subscription is not in the snapshot"


def test_a_group_in_an_unknown_region_is_rehearsed_all_the_same(snapshot: Snapshot) -> None:
    strange = snapshot.model_copy(deep=True)
    for group in strange.resource_groups:
        group.location = "mars"
    assert to_seed(strange).left == []


def test_a_snapshot_of_which_too_much_is_refused_is_not_rehearsed(snapshot: Snapshot) -> None:
    strange = snapshot.model_copy(deep=True)
    for machine in strange.machines:
        machine["location"] = "mars"
    with pytest.raises(RehearsalError, match=r"refuses too much of it: resources.* 'mars' is not a region"):
        to_seed(strange, most_refused=3)


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("https://a.blob.core.windows.net/vhds/a.vhd?sig=abc", "https://a.blob.core.windows.net/vhds/a.vhd"),
        ("https://u:p@a.example/vhds/a.vhd#x", "https://a.example/vhds/a.vhd"),
        ("https://a.example/vhds/a.vhd", "https://a.example/vhds/a.vhd"),
    ],
)
def test_the_address_of_a_blob_has_no_signature(uri: str, kept: str) -> None:
    left_out = Counter[str]()
    record = {"properties": {"storageProfile": {"osDisk": {"blobUri": uri}}}}
    taken = select("images", record, left_out)
    assert taken["properties"]["storageProfile"]["osDisk"] == {"blobUri": kept}
    path = "properties.storageProfile.osDisk.blobUri (query)"
    assert left_out == ({path: 1} if uri != kept else {})


def test_a_field_of_another_form_is_left_out() -> None:
    """What others wrote may have any form; an object where a text is expected could hold anything."""
    left_out = Counter[str]()
    record = {"id": "x", "location": {"password": "secret"}, "tags": ["a"], "properties": "text"}
    assert select("images", record, left_out) == {"id": "x"}
    assert left_out == {"location": 1, "tags": 1, "properties": 1}


class Throttled:
    """ARM that throttles every path at first, and refuses the list of machines."""

    def __init__(self) -> None:
        self.asked = Counter[str]()

    def owns(self, url: str) -> bool:
        return url.startswith("https://management.azure.com/")

    async def page(self, subscription: str, url: str) -> Page:
        self.asked[url] += 1
        if "virtualMachines?" in url:
            raise ArmError(403, "AuthorizationFailed", "may not list machines")
        if self.asked[url] == 1:
            raise ArmError(429, "TooManyRequests", "slow down", 17)
        if "/galleries?" in url:
            return Page({"value": [], "nextLink": "https://elsewhere.example/steal"})
        value: list[dict[str, Any]] = [{"id": "/not/an/id"}] if "Compute/images?" in url else []
        return Page({"value": value, "displayName": "Fleet"})


def test_what_cannot_be_read_is_in_the_report_and_throttling_is_waited_for() -> None:
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    arm = Throttled()
    reader = Reader(arm, now=lambda: datetime(2026, 1, 5, tzinfo=UTC), sleep=sleep)
    snapshot = asyncio.run(reader.read([fleet.FIRST]))
    assert set(waits) == {17}
    reasons = {one.id: one.reason for one in snapshot.report.unreadable}
    assert "AuthorizationFailed" in reasons[f"the virtual machines of /subscriptions/{fleet.FIRST}"]
    # a token is sent to nobody but ARM
    assert "elsewhere.example" in reasons[f"the galleries of /subscriptions/{fleet.FIRST}"]
    assert not any("elsewhere" in url for url in arm.asked)
    assert "'/not/an/id' is not the id of a managed image" in reasons["/not/an/id"]
    assert snapshot.images == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no snapshot of version 1: Invalid JSON"),
        ("[]", "is no snapshot of version 1"),
        ('{"kind": "gallerist-snapshot", "version": 2}', "version: Input should be 1"),
        ('{"kind": "other", "version": 1}', "kind: Input should be 'gallerist-snapshot'"),
    ],
)
def test_a_file_that_is_no_snapshot_says_what_it_is_and_what_to_do(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = written(tmp_path / "other.json", text)
    with pytest.raises(SnapshotError, match="make a new one with `gallerist snapshot`") as refused:
        load(path)
    assert reason in str(refused.value)


def test_a_snapshot_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="No such file or directory; make one with `gallerist snapshot`"):
        load(tmp_path / "none.json")
