"""Many migrations while a worker hangs and dies. Which of them it hits is chance; that all complete is not."""

from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.marks import slow
from tests.acceptance.site import Site
from tests.workflow.estate import an_image

MIGRATIONS = 30


@slow
def test_thirty_migrations_complete_although_a_worker_hangs_and_dies(site: Site) -> None:
    """Nobody rewinds them: each waits for the calls that it lost, or is continued by the timer."""
    names = [f"many-{number}" for number in range(MIGRATIONS)]
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda name: site.write(an_image(name)), names))
        list(pool.map(site.start_directly, images))
        site.eventually(lambda: site.writes("/images/many-"))

        site.host.hang_worker()
        site.eventually(
            lambda: (
                site.host.calls_in_progress("migrate_image")
                + site.host.calls_in_progress("get_managed_image")
            )
        )
        site.host.kill_worker()
        site.host.restart_worker()

        states = list(pool.map(lambda image: site.ended(image)["state"], images))

    assert states == ["completed"] * MIGRATIONS
    assert [site.sources(name) for name in names] == [[image.lower()] for image in images]
