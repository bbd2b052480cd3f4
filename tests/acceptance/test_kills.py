"""A host or a worker that is killed: no migration is lost, and no image is published twice."""

from tests.acceptance.marks import slow
from tests.acceptance.site import Site
from tests.workflow.estate import an_image
from tests.workflow.proofs import left


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


def test_a_worker_that_is_killed_inside_an_activity_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("worker-killed"))
    kill_the_worker_inside_an_activity(site, image, "worker-killed")

    assert site.ended(image)["state"] == "completed"


def test_a_worker_that_is_killed_inside_the_first_episode_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("first-episode"))
    site.host.hang_worker()
    site.start_directly(image)
    kill_the_worker_inside_an_episode(site)

    assert site.ended(image)["state"] == "completed"
    assert site.sources("first-episode") == [image.lower()]


def test_a_worker_that_is_killed_inside_a_later_episode_does_not_fail_the_migration(site: Site) -> None:
    image = site.write(an_image("later-episode"))
    wait_for_azure(site, image, "later-episode")
    site.host.hang_worker()
    kill_the_worker_inside_an_episode(site)

    assert site.ended(image)["state"] == "completed"
    assert site.sources("later-episode") == [image.lower()]


@slow
def test_a_worker_that_is_killed_five_times_inside_one_activity_loses_nothing(site: Site) -> None:
    image = site.write(an_image("killed-often"))
    site.start_directly(image)
    for _ in range(5):
        with site.host.gate.hold("GET", r"/galleries/golden/images/killed-often\?") as hold:
            hold.wait_for_request()
            site.host.kill_worker()
        site.host.restart_worker()

    assert site.ended(image)["state"] == "completed"
    assert site.sources("killed-often") == [image.lower()]


def test_a_worker_that_is_killed_while_azure_makes_the_machine_of_a_proof_leaves_none(site: Site) -> None:
    """The activity runs again and finds the machine: it is made once, and nothing of it stays."""
    image = site.write(an_image("proved-once"))
    with site.host.gate.hold("PUT", "/virtualMachines/gallerist-proof-") as hold:
        site.start_directly(image)
        hold.wait_for_request()
        site.host.kill_worker()
    site.host.restart_worker()

    migration = site.ended(image)
    assert migration["state"] == "completed"
    assert [proof["verdict"] for proof in migration["targets"][0]["proofs"]] == ["proved"]
    assert [entry["status"] for entry in site.writes("/virtualMachines/")].count(201) == 1
    assert left(site) == []


def kill_the_worker_inside_an_activity(site: Site, image: str, name: str) -> None:
    """Starts the migration and kills the worker while Azure creates the image definition."""
    with site.host.gate.hold("PUT", rf"/galleries/golden/images/{name}\?") as hold:
        site.start_directly(image)
        hold.wait_for_request()
        site.host.kill_worker()
    site.host.restart_worker()


def wait_for_azure(site: Site, image: str, name: str) -> None:
    """Starts the migration and waits until it waits for Azure: its next episode begins with a timer."""
    fault = {"method": "GET", "path": rf"/images/{name}\?", "status": 429, "retry_after": 20}
    site.host.control("POST", "faults", fault)
    site.start_directly(image)
    site.eventually(lambda: (site.migration(image) or {}).get("waiting_for"))


def kill_the_worker_inside_an_episode(site: Site) -> None:
    """Kills the hung worker after the host has sent it an episode, and starts the next one."""
    site.eventually(lambda: site.host.calls_in_progress("migrate_image"))
    site.host.kill_worker()
    site.host.restart_worker()
