"""A host or a worker that is killed: no migration is lost, and no image is published twice."""

import pytest

from tests.acceptance.marks import fails_today
from tests.acceptance.site import Site
from tests.workflow.estate import an_image

ACTIVITY = "R1: a worker that dies inside an activity fails the migration for good"
EPISODE = "R1: a worker that dies inside an episode fails the migration for good"


def test_a_host_that_is_killed_while_a_version_replicates_loses_nothing(site: Site) -> None:
    image = site.write(an_image("host-killed"))
    site.keep_replicating("host-killed")
    site.post_migration(image)
    site.reaches(image, "replicating")

    site.host.kill()
    site.let_replicate()
    site.host.restart()

    assert site.ended(image)["state"] == "completed"
    assert site.sources("host-killed") == [image.lower()]


def test_a_host_that_is_killed_while_azure_creates_a_version_publishes_it_once(site: Site) -> None:
    """The activity runs again after the restart and finds what its first call did."""
    image = site.write(an_image("host-killed-early"))
    with site.host.gate.hold("PUT", "/images/host-killed-early/versions/") as hold:
        site.post_migration(image)
        hold.wait_for_request()
        site.host.kill()
    site.host.restart()

    assert site.ended(image)["state"] == "completed"
    assert site.sources("host-killed-early") == [image.lower()]


@fails_today(ACTIVITY)
def test_a_worker_that_is_killed_inside_an_activity_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("worker-killed"))
    kill_the_worker_inside_an_activity(site, image, "worker-killed")

    assert site.ended(image)["state"] == "completed"


@fails_today(EPISODE)
def test_a_worker_that_is_killed_inside_the_first_episode_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("first-episode"))
    site.host.hang_worker()
    migration_id = site.start_directly(image)
    kill_the_worker_inside_an_episode(site)

    assert site.finished_instance(migration_id)["runtimeStatus"] == "Completed"


@fails_today(EPISODE)
def test_a_worker_that_is_killed_inside_a_later_episode_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("later-episode"))
    migration_id = wait_for_azure(site, image, "later-episode")
    site.host.hang_worker()
    kill_the_worker_inside_an_episode(site)

    assert site.finished_instance(migration_id)["runtimeStatus"] == "Completed"


@pytest.mark.parametrize("inside", ["activity", "episode"])
def test_a_rewind_completes_a_migration_that_a_dead_worker_has_failed(site: Site, inside: str) -> None:
    """The extension keeps the history of a failed instance, and a rewind goes on from there."""
    image = site.write(an_image(f"rewound-{inside}"))
    if inside == "activity":
        migration_id = kill_the_worker_inside_an_activity(site, image, "rewound-activity")
    else:
        migration_id = wait_for_azure(site, image, "rewound-episode")
        site.host.hang_worker()
        kill_the_worker_inside_an_episode(site)
    if site.finished_instance(migration_id)["runtimeStatus"] == "Failed":
        site.rewind(migration_id)
        site.eventually(lambda: site.instance(migration_id)["runtimeStatus"] != "Failed")

    assert site.ended(image)["state"] == "completed"
    assert site.sources(f"rewound-{inside}") == [image.lower()]


def kill_the_worker_inside_an_activity(site: Site, image: str, name: str) -> str:
    """Starts the migration and kills the worker while Azure creates the image definition. Returns its id."""
    with site.host.gate.hold("PUT", rf"/galleries/golden/images/{name}\?") as hold:
        migration_id = site.start_directly(image)
        hold.wait_for_request()
        site.host.kill_worker()
    site.host.restart_worker()
    return migration_id


def wait_for_azure(site: Site, image: str, name: str) -> str:
    """Starts the migration and waits until it waits for Azure: its next episode begins with a timer. Returns its id."""
    fault = {"method": "GET", "path": rf"/images/{name}\?", "status": 429, "retry_after": 20}
    site.host.control("POST", "faults", fault)
    migration_id = site.start_directly(image)
    site.eventually(lambda: (site.migration(image) or {}).get("waiting_for"))
    return migration_id


def kill_the_worker_inside_an_episode(site: Site) -> None:
    """Kills the hung worker after the host has sent it an episode, and starts the next one."""
    site.eventually(lambda: site.host.calls_in_progress("migrate_image"))
    site.host.kill_worker()
    site.host.restart_worker()
