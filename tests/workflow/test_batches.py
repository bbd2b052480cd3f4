"""Batches, coverage and the sweep: many images, each one once, and numbers that add up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, SEED, THERE, Estate, an_image, eventually

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
rules:
  - name: left alone
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: builds
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""
EVERYTHING = [{"subscription": HERE}, {"subscription": THERE}]
ENDED = {"completed", "cancelled", "failed"}


def images() -> list[dict[str, Any]]:
    """Twelve builds of one family, the youngest first by name; one too large; one to be ignored."""
    builds = [
        an_image(f"family-{100 - build}") | {"createdTime": f"2025-{build:02}-01T00:00:00Z"}
        for build in range(1, 13)
    ]
    return [
        *builds,
        an_image("too-large", data_disks_gb=(4095,)),
        an_image("scratch", tags={"environment": "scratch"}),
    ]


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """A Gallerist with images that are older than it is."""
    seed = {**SEED, "resources": [*SEED["resources"], *images()]}
    options = ["--clock", "skip"]
    with (
        Stack(tmp_path, seed, POLICY, transitions="polls:2", host_options=options) as stack,
        Estate(stack) as estate,
    ):
        # these tests look as fast as they can, which no subscription would put up with
        stack.control("POST", "switches", {"throttling": False})
        yield estate


def test_a_batch_migrates_everything_in_the_order_of_age(estate: Estate) -> None:
    """Oldest first: the order of versions is the order of the images. Run again, it does nothing and says so."""
    first = run(estate, scope=EVERYTHING)

    assert (first["state"], first["selected"]) == ("completed", 13)
    assert first["counts"] == {"completed": 12, "blocked": 1}
    assert first["left_alone"] == {"ignored": 1}
    assert [image["image"].rpartition("/")[2] for image in first["images"]] == ["too-large"]
    sources = {
        number: version["properties"]["storageProfile"]["source"]["id"].rpartition("/")[2]
        for number, version in estate.versions("family").items()
    }
    assert sources == {f"1.0.{build - 1}": f"family-{100 - build}" for build in range(1, 13)}
    writes = len(estate.writes("/versions/"))

    again = run(estate, scope=EVERYTHING)

    assert again["counts"] == {"blocked": 1}
    assert again["left_alone"] == {"ignored": 1, "migrated": 12}
    assert len(estate.writes("/versions/")) == writes


def test_two_batches_over_one_scope_do_nothing_twice(estate: Estate) -> None:
    first, second = start(estate, scope=EVERYTHING), start(estate, scope=EVERYTHING)

    assert {ended(estate, first)["state"], ended(estate, second)["state"]} == {"completed"}
    assert len(estate.versions("family")) == 12
    assert len(estate.writes("/versions/")) == 12


def test_the_coverage_adds_up_before_while_and_after(estate: Estate) -> None:
    """N images = migrated + running + blocked + ignored + untouched, from Azure's own state."""
    before = coverage(estate)
    assert (before["images"], before["untouched"], before["ignored"]) == (14, 13, 1)
    assert before["ignored_by"] == {"left alone": 1}

    address = start(estate, scope=EVERYTHING)
    while estate.http.get(address).json()["state"] == "running":
        coverage(estate)

    after = coverage(estate)
    assert (after["migrated"], after["blocked"], after["ignored"], after["untouched"]) == (12, 1, 1, 0)
    (why,) = after["blocked_why"]
    assert why == "blocked: the data disk at LUN 0 has 4095 GB; the service accepts at most 2048 GB"
    listed = estate.http.get(f"{estate.stack.api}/coverage?category=blocked").json()["listed"]
    assert [place["image"].rpartition("/")[2] for place in listed] == ["too-large"]


def test_the_gallery_outlives_the_task_hub(estate: Estate) -> None:
    """Delete the task hub: coverage still knows what is migrated, and a batch leaves it alone."""
    run(estate, scope=EVERYTHING)
    estate.stack.kill_host()
    for file in estate.stack.folder.glob("taskhub.sqlite*"):
        file.unlink()
    estate.stack.start_host()

    assert coverage(estate)["migrated"] == 12
    assert run(estate, scope=EVERYTHING)["left_alone"] == {"ignored": 1, "migrated": 12}
    assert len(estate.writes("/versions/")) == 12


def test_filter_and_limit_choose(estate: Estate) -> None:
    batch = run(
        estate,
        scope=[{"subscription": HERE, "resource_group": "PACKER"}],
        filter={"names": ["FAMILY-9*"]},
        limit=3,
    )

    assert (batch["selected"], batch["counts"]) == (3, {"completed": 3})
    assert sorted(estate.versions("family")) == ["1.0.0", "1.0.1", "1.0.2"]
    assert run(estate, scope=[{"subscription": HERE, "resource_group": "elsewhere"}])["selected"] == 0
    young = run(estate, scope=EVERYTHING, filter={"newer_than_days": 1, "names": ["family-*"]})
    assert young["selected"] == 0


def test_a_dry_run_plans_and_writes_nothing(estate: Estate) -> None:
    batch = run(estate, scope=EVERYTHING, dry_run=True)

    assert batch["counts"] == {"migrate": 12, "blocked": 1}
    plans = {image["image"].rpartition("/")[2]: image for image in batch["images"]}
    assert plans["family-99"]["definitions"] == [f"{GALLERY}/images/family"]
    assert plans["family-99"]["regions"] == ["eastus2", "westus2"]
    assert "4095 GB" in plans["too-large"]["reason"]
    assert estate.writes("galleries/") == []


def test_cancel_stops_what_was_not_sent_and_tells_what_runs_on(estate: Estate) -> None:
    """Cancelled, the batch names the migrations that run on; resumed, it does the rest, and nothing twice."""
    estate.stack.control("POST", "transitions", {"default": "manual"})
    estate.http.post(f"{estate.stack.host['url']}/_host/clock", json={"mode": "manual"})
    address = start(estate, scope=EVERYTHING, per_subscription=2)
    running = eventually(lambda: estate.http.get(address).json()["migrations"])

    assert estate.http.post(f"{address}/cancel").status_code == 202
    cancelled = ended(estate, address)

    assert (cancelled["state"], cancelled["migrations"]) == ("cancelled", running)
    assert cancelled["waiting"] == 13 - len(running)
    assert estate.http.post(f"{address}/cancel").status_code == 409

    estate.http.post(f"{estate.stack.host['url']}/_host/clock", json={"mode": "skip"})
    estate.stack.control("POST", "transitions", {"default": "immediate"})
    for number in estate.versions("family"):
        estate.stack.control(
            "POST", "transitions", {"advance": {"id": f"{GALLERY}/images/family/versions/{number}"}}
        )
    eventually(lambda: coverage(estate)["running"] == 0)
    assert estate.http.post(f"{address}/resume").status_code == 202
    resumed = eventually(lambda: _completed(estate, address))
    assert resumed["left_alone"]["migrated"] >= 1
    assert resumed["left_alone"]["migrated"] + resumed["counts"]["completed"] == 12
    assert len(estate.versions("family")) == 12


def test_the_sweep_finds_what_no_event_told(tmp_path: Path) -> None:
    """Images that are older than the deployment are migrated without an event or a request."""
    seed = {**SEED, "resources": [*SEED["resources"], *images()]}
    options = ["--clock", "skip"]
    with (
        Stack(
            tmp_path,
            seed,
            POLICY,
            transitions="polls:2",
            host_options=options,
            sweep_schedule="0 17 * * * *",
        ) as stack,
        Estate(stack) as estate,
    ):
        stack.control("POST", "switches", {"throttling": False})
        estate.http.post(f"{stack.host['url']}/_host/clock", json={"advance_seconds": 3600})
        address = f"{stack.api}/batches/batch-sweep"
        eventually(lambda: estate.http.get(address).is_success)
        assert ended(estate, address)["started_by"] == "sweep"
        swept = coverage(estate)

    assert (swept["migrated"], swept["untouched"]) == (12, 0)


def start(estate: Estate, **body: Any) -> str:
    response = estate.http.post(f"{estate.stack.api}/batches", json=body)
    assert response.status_code == 202, response.text
    return response.headers["Location"]


def ended(estate: Estate, address: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        batch = estate.http.get(address).raise_for_status().json()
        return batch if batch["state"] in ENDED else None

    return eventually(look, seconds=60)


def run(estate: Estate, **body: Any) -> dict[str, Any]:
    return ended(estate, start(estate, **body))


def coverage(estate: Estate) -> dict[str, Any]:
    """The coverage, which has to add up whenever it is asked for."""
    told = estate.http.get(f"{estate.stack.api}/coverage").raise_for_status().json()
    parts = ("migrated", "running", "blocked", "ignored", "untouched")
    assert told["images"] == sum(told[part] for part in parts)
    assert told["blocked"] == sum(told["blocked_why"].values())
    assert told["ignored"] == sum(told["ignored_by"].values())
    return told


def _completed(estate: Estate, address: str) -> dict[str, Any] | None:
    batch = ended(estate, address)
    return batch if batch["state"] == "completed" else None
