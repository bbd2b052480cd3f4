"""Lists that are longer than a page: nothing is missing, and nothing is listed twice."""

from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.marks import slow
from tests.acceptance.site import Site
from tests.workflow.estate import an_image

PAGE = 100


@slow
def test_more_migrations_than_a_page_holds_are_listed_once_each(site: Site) -> None:
    """The task hub itself cuts its lists at 100 instances."""
    images = [an_image(f"missing-{number}")["id"] for number in range(PAGE + 5)]
    with ThreadPoolExecutor(8) as pool:
        started = set(pool.map(site.start_directly, images))
    states = {site.finished_instance(migration_id)["runtimeStatus"] for migration_id in started}

    first = site.http.get("migrations").json()
    listed = [migration.id for migration in site.gallerist.migrations()]

    assert states == {"Completed"}
    assert len(first["migrations"]) == PAGE
    assert first["next"] is not None
    assert started <= set(listed)
    assert len(set(listed)) == len(listed)
