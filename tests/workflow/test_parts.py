"""One part that is odd, unreadable or throttled: the answers show everything else, name the part, and go on."""

import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from client import Gallerist
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, SEED, THERE, TWIN, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
rules:
  - name: twin
    match: {{names: ["twin-*"]}}
    galleries: [{TWIN}]
"""
EVERYTHING = [{"subscription": HERE}, {"subscription": THERE}]
PUBLISHED = "2026-01-01T00:00:00Z"


def foreign(resource: dict[str, Any], **shown: Any) -> dict[str, Any]:
    """A resource that somebody else wrote: it is shown with these changes."""
    return {**resource, "_simulator": {"shown": shown}}


def a_definition(name: str, gallery: str = GALLERY) -> dict[str, Any]:
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "others", "offer": name, "sku": "s"},
    }
    return {"id": f"{gallery}/images/{name}", "location": "eastus2", "properties": properties}


def a_version(name: str, source: str | None = None) -> dict[str, Any]:
    """A version that was made by hand, of a blob or of an image."""
    made_of: dict[str, Any] = (
        {"source": {"id": source}}
        if source
        else {
            "osDiskImage": {"sizeInGB": 30, "source": {"id": "/x", "uri": "https://disks.example.com/a.vhd"}}
        }
    )
    return {
        "id": f"{GALLERY}/images/{name}/versions/1.0.0",
        "location": "eastus2",
        "properties": {
            "publishingProfile": {"publishedDate": PUBLISHED, "targetRegions": [{"name": "eastus2"}]},
            "storageProfile": made_of,
        },
    }


ODD_PROFILE = {
    "provisioningState": "Hibernating",
    "publishingProfile": {
        "publishedDate": "yesterday",
        "targetRegions": [{"name": "East US 9", "storageAccountType": "PremiumV2_LRS"}, {}, 7],
    },
    "futureProfile": {"mode": "new"},
}
ODD = [
    foreign(an_image("odd-values"), location=None, properties={"hyperVGeneration": "V9", "newField": [1]}),
    foreign(an_image("odd-parts"), tags={"count": 7}, properties={"storageProfile": None}),
    foreign(an_image("without-id"), id=None),
    foreign(a_definition("odd"), location=None, properties={"osType": "Plan9", "identifier": None}),
    foreign(a_definition("nameless"), id=None),
    foreign(a_version("odd"), location=None, tags={"count": 7}, properties=ODD_PROFILE),
    foreign(a_version("nameless"), id=None),
]


def run(folder: Path, resources: list[dict[str, Any]], **options: Any) -> Stack:
    seed = {**SEED, "resources": [*copy.deepcopy(SEED["resources"]), *resources]}
    return Stack(folder, seed, POLICY, transitions="polls:2", **options)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Two sound images, of which one goes into another gallery, among records that others wrote."""
    images = [an_image("sound"), an_image("twin-sound")]
    with run(tmp_path, [*images, *ODD], host_options=["--clock", "skip"]) as stack, Estate(stack) as estate:
        yield estate


def batch(estate: Estate, **choices: Any) -> Any:
    started = estate.gallerist.start_batch(EVERYTHING, **choices)
    return estate.gallerist.wait_for_batch(started.id)


def test_odd_records_are_shown_as_they_are_and_spoil_nothing(estate: Estate) -> None:
    """Those without an id are named; the others are listed with what they have."""
    images = estate.gallerist.images()
    odd = {image.name: image for image in images.images}
    assert sorted(odd) == ["odd-parts", "odd-values", "sound", "twin-sound"]
    assert (odd["odd-values"].location, odd["odd-values"].hyper_v_generation) == ("unknown", "V9")
    assert (odd["odd-parts"].os_type, odd["odd-parts"].tags) == ("Unknown", {"count": "7"})
    lists = {f"/subscriptions/{HERE}/providers/Microsoft.Compute/images", f"/subscriptions/{HERE}/resources"}
    assert {part.id for part in images.unreadable} == lists

    galleries = estate.gallerist.galleries()
    (row,) = galleries.galleries
    assert (row.name, row.os_type, row.provisioning_state) == ("golden\\odd\\1.0.0", "Plan9", "Hibernating")
    assert (row.regions, row.published_at) == (["eastus9", "unknown"], None)
    assert any("image definition" in part.reason for part in galleries.unreadable)

    ended = batch(estate, filter={"names": ["*sound"]})
    assert (ended.counts, ended.state) == ({"completed": 2}, "completed")
    coverage = estate.gallerist.coverage()
    assert (coverage.images, coverage.migrated, coverage.untouched) == (4, 2, 2)


def test_what_cannot_be_read_is_named_and_the_rest_is_migrated(estate: Estate) -> None:
    """Without the list of resources each definition is read; one of them, and a gallery's, may not be."""
    refused = {
        "method": "GET",
        "status": 403,
        "code": "AuthorizationFailed",
        "message": "no read",
        "times": 999,
    }
    for path in (f"{TWIN}/images", f"{GALLERY}/images/sound/versions", "/resources.*versions"):
        estate.stack.control("POST", "faults", {**refused, "path": path})
    definition = f"{GALLERY}/images/sound"

    galleries = estate.gallerist.galleries()
    assert TWIN in [part.id.replace("IMAGES", "images") for part in galleries.unreadable]
    coverage = estate.gallerist.coverage()
    assert (coverage.images, coverage.unknown, coverage.untouched) == (4, 2, 2)
    assert {definition, f"{TWIN}/images/twin-sound"} <= {part.id for part in coverage.unreadable}
    ended = batch(estate, dry_run=True)

    assert sum(ended.counts.values()) == 2
    assert ended.left_alone == {"unknown": 2}
    assert definition in [part.id for part in ended.unreadable]


def test_a_page_in_the_middle_that_is_not_answered_costs_nothing_but_time(estate: Estate) -> None:
    estate.stack.control("POST", "switches", {"page_size": 1})
    fault = {"method": "GET", "path": r"Compute/images\?.*skiptoken=2", "status": 503, "times": 2}
    estate.stack.control("POST", "faults", fault)

    first = estate.gallerist.images()
    assert (len(first.images), first.unread is not None) == (2, True)
    coverage = estate.gallerist.coverage()
    assert (coverage.images, coverage.unread is not None) == (2, True)
    ended = batch(estate, filter={"names": ["*sound"]})

    assert (ended.counts, ended.state) == ({"completed": 2}, "completed")
    assert estate.gallerist.images().unread is None


def test_coverage_goes_on_where_a_limit_stopped_it(tmp_path: Path) -> None:
    """300 images that were published by hand need 600 reads, which are more than ARM's limits allow at once.

    The numbers add up at every look, no look meets a 429, and no definition is read twice.
    """
    names = [f"by-hand-{number:03}" for number in range(300)]
    images = [{**an_image(name), "createdTime": "2025-01-01T00:00:00Z"} for name in names]
    versions = [a_version(name, image["id"]) for name, image in zip(names, images, strict=True)]
    resources = [*images, *(a_definition(name) for name in names), *versions]
    seen = []
    with run(tmp_path, resources, one_clock=True) as stack, Gallerist(stack.api) as gallerist:
        while True:
            coverage = gallerist.coverage(subscription=HERE)
            seen.append(coverage)
            assert coverage.images == 300 == coverage.migrated + coverage.unknown
            if coverage.unread is None:
                break
            stack.let_pass(timedelta(seconds=coverage.unread.retry_after_seconds))
        requests = stack.control("GET", "requests")

    assert 2 <= len(seen) <= 6
    assert sorted(one.migrated for one in seen) == [one.migrated for one in seen]
    assert {entry["status"] for entry in requests} == {200}
    lists = [entry["path"] for entry in requests if entry["path"].endswith("/versions")]
    assert len(lists) == len(set(lists)) == 300
