"""Batches: cancel, resume, and what is shown of a batch that runs for longer than one execution."""

from typing import Any

from tests.acceptance.site import Site, an_image_of
from tests.workflow.estate import HERE


def scope(group: str) -> list[dict[str, str]]:
    return [{"subscription": HERE, "resource_group": group}]


def test_a_cancelled_batch_starts_nothing_more_and_a_resumed_one_migrates_the_rest(site: Site) -> None:
    """Migrations that run when the batch is cancelled complete. Resuming migrates no image twice."""
    images = [site.write(an_image_of("batched", f"batched-{number}")) for number in range(4)]
    site.keep_replicating(r"batched-\d")
    batch_id = site.start_batch(scope=scope("batched"), per_subscription=2)
    site.eventually(lambda: site.batch(batch_id)["running"] == 2)

    cancelled = site.http.post(f"batches/{batch_id}/cancel")
    ended = site.ended_batch(batch_id)

    assert cancelled.status_code == 202
    assert (ended["state"], ended["selected"], ended["waiting"], ended["running"]) == ("cancelled", 4, 2, 2)
    site.let_replicate()
    started = [image for image in images if site.migration(image)]
    assert len(started) == 2
    assert [site.ended(image)["state"] for image in started] == ["completed"] * 2

    resumed = site.http.post(f"batches/{batch_id}/resume")
    ended = site.ended_batch(batch_id)

    assert resumed.status_code == 202
    assert (ended["state"], ended["counts"], ended["left_alone"]) == (
        "completed",
        {"completed": 2},
        {"migrated": 2},
    )
    for number, image in enumerate(images):
        assert site.sources(f"batched-{number}") == [image.lower()]


def test_a_batch_that_has_ended_cannot_be_cancelled(site: Site) -> None:
    batch_id = site.start_batch(scope=[{"subscription": HERE, "resource_group": "images"}])
    site.ended_batch(batch_id)

    response = site.http.post(f"batches/{batch_id}/cancel")

    assert (response.status_code, response.headers["Content-Type"]) == (409, "application/problem+json")
    assert response.json()["detail"].startswith(f"the batch {batch_id} has ended: it is completed")


def test_a_batch_that_has_continued_as_new_is_cancelled(site: Site) -> None:
    """The event reaches the execution that runs now, and its answer shows the migration that still runs."""
    image = site.write(an_image_of("cancelled", "cancelled-late"))
    site.keep_replicating("cancelled-late")
    batch_id = site.start_batch(scope=scope("cancelled"))
    continue_as_new(site, batch_id)

    site.http.post(f"batches/{batch_id}/cancel").raise_for_status()
    ended = site.ended_batch(batch_id)
    site.let_replicate()

    assert (ended["state"], ended["selected"], ended["running"]) == ("cancelled", 1, 1)
    assert site.ended(image)["state"] == "completed"


def test_a_batch_that_has_continued_as_new_shows_when_it_was_started(site: Site) -> None:
    site.write(an_image_of("continued", "continued"))
    site.keep_replicating("continued")
    batch_id = site.start_batch(scope=scope("continued"))
    created = site.batch(batch_id)["created"]
    continue_as_new(site, batch_id)
    site.let_replicate()

    ended = site.ended_batch(batch_id)

    assert ended["created"] == created


def continue_as_new(site: Site, batch_id: str) -> None:
    """Waits until the batch's orchestration has continued as new: its new execution has its own creation time."""
    first = site.instance(batch_id)["createdTime"]

    def look() -> dict[str, Any] | None:
        found = site.instance(batch_id)
        return found if found["createdTime"] != first else None

    site.eventually(look)
