"""Timer functions: the sweep finds images without events, and the nightly housekeeping keeps recent history."""

from tests.acceptance.site import Site
from tests.workflow.estate import an_image

SWEEP = "batch-sweep"


def test_the_sweep_migrates_an_image_without_an_event(site: Site) -> None:
    image = site.write(an_image("swept"))

    site.host.run_timer("sweep")

    site.eventually(lambda: site.http.get(f"batches/{SWEEP}").is_success)
    assert site.ended_batch(SWEEP)["state"] == "completed"
    migration = site.ended(image)
    assert (migration["state"], migration["started_by"]) == ("completed", "sweep")


def test_the_housekeeping_keeps_recent_migrations(site: Site) -> None:
    """A migration is deleted from the history when it is older than GALLERIST_KEEP_DAYS, 90 by default."""
    image = site.write(an_image("kept"))
    site.post_migration(image)
    kept = site.ended(image)

    site.host.run_timer("forget_history")

    assert site.migration(image) == kept
