"""Batches, coverage and the sweep: each image is migrated once, and the counts add up."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.answers import Migration
from domain.fleet.states import ENDS
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, PACE, SEED, THERE, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
rules:
  - name: ignored
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: builds
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""
BUILDS = 6
LISTS_FAIL = {
    "kind": "answer",
    "method": "GET",
    "path": "/images/family/versions$",
    "status": 500,
    "times": 1000,
}
# of every version, in seconds
REPLICATION = 428
EVERYTHING = [{"subscription": HERE}, {"subscription": THERE}]


def images() -> list[dict[str, Any]]:
    """Returns the builds of one family, whose names sort youngest first, a too large image and an ignored one."""
    builds = [
        an_image(f"family-{100 - build}") | {"createdTime": f"2025-{build:02}-01T00:00:00Z"}
        for build in range(1, BUILDS + 1)
    ]
    return [
        *builds,
        an_image("too-large", data_disks_gb=(4095,)),
        an_image("scratch", tags={"environment": "scratch"}),
    ]


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """The app and a simulated Azure with images that are older than the deployment."""
    seed = {**SEED, "resources": [*SEED["resources"], *images()]}
    with Stack(tmp_path, seed, POLICY, PACE, one_clock=True) as stack, Estate(stack) as estate:
        yield estate


def test_a_batch_migrates_the_oldest_image_first(estate: Estate) -> None:
    """Version numbers follow the age of the images. A second run writes nothing and counts the images as migrated."""
    first = run(estate, scope=EVERYTHING)

    assert (first["state"], first["selected"]) == ("completed", BUILDS + 1)
    assert first["counts"] == {"completed": BUILDS, "blocked": 1}
    assert first["left_alone"] == {"ignored": 1}
    assert [image["image"].rpartition("/")[2] for image in first["images"]] == ["too-large"]
    sources = {
        number: version["properties"]["storageProfile"]["source"]["id"].rpartition("/")[2]
        for number, version in estate.versions("family").items()
    }
    assert sources == {f"1.0.{build - 1}": f"family-{100 - build}" for build in range(1, BUILDS + 1)}
    writes = len(estate.writes("/versions/"))

    again = run(estate, scope=EVERYTHING)

    assert again["counts"] == {"blocked": 1}
    assert again["left_alone"] == {"ignored": 1, "migrated": BUILDS}
    assert len(estate.writes("/versions/")) == writes


def test_a_batch_looks_once_for_all_migrations_of_a_definition(estate: Estate) -> None:
    """Each migration reads its version before the write, when the batch tells it, and not in between."""
    before = version_reads(estate)
    batch = run(estate, scope=EVERYTHING)

    assert batch["counts"] == {"completed": BUILDS, "blocked": 1}
    reads = version_reads(estate) - before
    assert reads["one"] == 2 * BUILDS
    # each alone would look seven times
    assert BUILDS <= reads["list"] <= 5 * BUILDS
    took = [seconds_replicating(migration) for migration in estate.gallerist.migrations(state="completed")]
    assert max(took) <= REPLICATION * 1.1


def test_versions_that_the_batch_cannot_list_are_looked_at_by_their_migrations(estate: Estate) -> None:
    """Only later: nothing waits for a batch that cannot look."""
    estate.stack.control("POST", "faults", LISTS_FAIL)
    batch = run(estate, scope=EVERYTHING)

    assert batch["counts"] == {"completed": BUILDS, "blocked": 1}
    took = [seconds_replicating(migration) for migration in estate.gallerist.migrations(state="completed")]
    assert max(took) <= 600 + REPLICATION * 0.1


@pytest.mark.slow
def test_two_batches_over_the_same_scope_migrate_each_image_once(estate: Estate) -> None:
    first, second = start(estate, scope=EVERYTHING), start(estate, scope=EVERYTHING)

    assert {ended(estate, first)["state"], ended(estate, second)["state"]} == {"completed"}
    assert len(estate.versions("family")) == BUILDS
    assert len(estate.writes("/versions/")) == BUILDS


def test_the_coverage_adds_up_before_during_and_after_a_batch(estate: Estate) -> None:
    """Images = migrated + running + blocked + ignored + untouched + unknown, counted from Azure's own state."""
    before = coverage(estate)
    assert (before["images"], before["untouched"], before["ignored"]) == (BUILDS + 2, BUILDS + 1, 1)
    assert before["ignored_by"] == {"ignored": 1}

    address = start(estate, scope=EVERYTHING)
    while estate.http.get(address).json()["state"] == "running":
        coverage(estate)
        estate.stack.let_pass(timedelta(seconds=20))

    after = coverage(estate)
    assert (after["migrated"], after["blocked"], after["ignored"], after["untouched"]) == (BUILDS, 1, 1, 0)
    (why,) = after["blocked_why"]
    assert why == "blocked: the data disk at LUN 0 has 4095 GB; the service accepts at most 2048 GB"
    forecast = {one.limit: one.used for one in estate.gallerist.coverage().forecast or []}
    assert forecast["image versions"] >= after["migrated"]
    assert 0 < forecast["image definitions"] <= forecast["image versions"]
    listed = estate.gallerist.coverage(category="blocked").listed or []
    assert [row.image.name for row in listed] == ["too-large"]


@pytest.mark.slow
def test_images_still_count_as_migrated_after_the_task_hub_is_lost(estate: Estate) -> None:
    """Coverage and batches read the gallery, so a new task hub migrates nothing a second time."""
    run(estate, scope=EVERYTHING)
    estate.stack.kill_host()
    for file in estate.stack.folder.glob("taskhub.sqlite*"):
        file.unlink()
    estate.stack.start_host()

    assert coverage(estate)["migrated"] == BUILDS
    assert run(estate, scope=EVERYTHING)["left_alone"] == {"ignored": 1, "migrated": BUILDS}
    assert len(estate.writes("/versions/")) == BUILDS


def test_filter_and_limit_select_the_images_of_a_batch(estate: Estate) -> None:
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


def test_a_dry_run_plans_every_image_and_writes_nothing(estate: Estate) -> None:
    batch = run(estate, scope=EVERYTHING, dry_run=True)

    assert batch["counts"] == {"migrate": BUILDS, "blocked": 1}
    plans = {image["image"].rpartition("/")[2]: image for image in batch["images"]}
    assert plans["family-99"]["definitions"] == [f"{GALLERY}/images/family"]
    assert plans["family-99"]["regions"] == ["eastus2", "westus2"]
    assert "4095 GB" in plans["too-large"]["reason"]
    assert estate.writes("galleries/") == []


def test_a_cancelled_batch_lists_its_running_migrations_and_can_be_resumed(estate: Estate) -> None:
    """Running migrations continue after the cancellation; the resumed batch migrates only the remaining images."""
    estate.stack.control("POST", "transitions", {"default": "manual"})
    address = start(estate, scope=EVERYTHING, per_subscription=2)
    running = estate.eventually(lambda: estate.http.get(address).json()["migrations"])

    assert estate.http.post(f"{address}/cancel").status_code == 202
    cancelled = ended(estate, address)

    assert (cancelled["state"], cancelled["migrations"]) == ("cancelled", running)
    assert cancelled["waiting"] == BUILDS + 1 - len(running)
    assert estate.http.post(f"{address}/cancel").status_code == 409

    estate.stack.control("POST", "transitions", {"default": "immediate"})
    for number in estate.versions("family"):
        estate.stack.control(
            "POST", "transitions", {"advance": {"id": f"{GALLERY}/images/family/versions/{number}"}}
        )
    estate.eventually(lambda: coverage(estate)["running"] == 0)
    assert estate.http.post(f"{address}/resume").status_code == 202
    resumed = estate.eventually(lambda: _completed(estate, address))
    assert resumed["left_alone"]["migrated"] >= 1
    assert resumed["left_alone"]["migrated"] + resumed["counts"]["completed"] == BUILDS
    assert len(estate.versions("family")) == BUILDS


def test_the_sweep_migrates_images_whose_events_were_lost(tmp_path: Path) -> None:
    """Images that are older than the deployment have no event either; the sweep migrates them."""
    seed = {**SEED, "resources": [*SEED["resources"], *images()]}
    with (
        Stack(tmp_path, seed, POLICY, PACE, one_clock=True, sweep_schedule="0 17 * * * *") as stack,
        Estate(stack) as estate,
    ):
        stack.let_pass(timedelta(minutes=17))
        address = f"{stack.api}/batches/batch-sweep"
        assert ended(estate, address)["started_by"] == "sweep"
        swept = coverage(estate)

    assert (swept["migrated"], swept["untouched"]) == (BUILDS, 0)


def start(estate: Estate, **body: Any) -> str:
    response = estate.http.post(f"{estate.stack.api}/batches", json=body)
    assert response.status_code == 202, response.text
    return response.headers["Location"]


def ended(estate: Estate, address: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        batch = estate.http.get(address).raise_for_status().json()
        return batch if batch["state"] in ENDS else None

    return estate.eventually(look)


def run(estate: Estate, **body: Any) -> dict[str, Any]:
    return ended(estate, start(estate, **body))


def coverage(estate: Estate) -> dict[str, Any]:
    """Returns the coverage after checking that its counts add up."""
    answer = estate.gallerist.coverage().model_dump(mode="json")
    parts = ("migrated", "running", "blocked", "ignored", "untouched", "unknown")
    assert answer["images"] == sum(answer[part] for part in parts)
    assert answer["blocked"] == sum(answer["blocked_why"].values())
    assert answer["ignored"] == sum(answer["ignored_by"].values())
    return answer


def version_reads(estate: Estate) -> Counter[str]:
    """How often one version was read, and how often the list of a definition's."""
    paths = [
        entry["path"].partition("?")[0]
        for entry in estate.stack.control("GET", "requests")
        if entry["method"] == "GET" and "/galleries/" in entry["path"] and "/versions" in entry["path"]
    ]
    return Counter("list" if path.endswith("/versions") else "one" for path in paths)


def seconds_replicating(migration: Migration) -> float:
    """How long the migration waited for its version."""
    begun = next(change.at for change in migration.course if change.state == "replicating")
    return (migration.updated - begun).total_seconds()


def _completed(estate: Estate, address: str) -> dict[str, Any] | None:
    batch = ended(estate, address)
    return batch if batch["state"] == "completed" else None
