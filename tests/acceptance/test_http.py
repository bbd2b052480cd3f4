"""HTTP: the app starts, shows, lists and refuses migrations as docs/api.md says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from functions_testhost.switches import Switches

from api.openapi import document
from domain.about import VERSION
from tests.acceptance.hosts import EmbeddedHost
from tests.acceptance.site import Site
from tests.workflow.estate import HERE, an_image

PROBLEM = "application/problem+json"
STARTS_AT_ONCE = 8


def test_a_running_app_reports_that_it_is_healthy(site: Site) -> None:
    response = site.http.get("health")

    assert (response.status_code, response.json()) == (
        200,
        {
            "status": "healthy",
            "version": VERSION,
            "rules": 3,
            "policy_problem": None,
            "identity": "ok",
            "last_sweep": None,
            "last_event": None,
        },
    )


def test_a_running_app_serves_the_openapi_document_of_the_repository(site: Site) -> None:
    assert site.http.get("openapi.json").json() == document()


def test_a_started_migration_completes_and_is_listed(site: Site) -> None:
    """The answer is a 202 whose Location shows the migration until every region has the version."""
    image = site.write(an_image("completes"))

    started = site.post_migration(image)

    assert started.status_code == 202
    migration = site.ended(image)
    assert started.headers["Location"] == migration["links"]["self"]
    assert (migration["state"], migration["started_by"], migration["reason"]) == ("completed", "http", None)
    (target,) = migration["targets"]
    assert (target["version"], target["outcome"]) == ("1.0.0", "created")
    assert {region["region"]: region["state"] for region in target["regions"]} == {
        "eastus2": "Completed",
        "westus2": "Completed",
    }
    assert migration["id"] in [row.id for row in site.gallerist.migrations(state="completed")]


def test_an_image_that_does_not_exist_is_a_404_that_names_it(site: Site) -> None:
    missing = an_image("never-written")["id"]

    response = site.post_migration(missing)

    assert (response.status_code, response.headers["Content-Type"]) == (404, PROBLEM)
    problem = response.json()
    assert (problem["status"], problem["title"]) == (404, "Not Found")
    assert problem["detail"] == f"the managed image {missing} does not exist"
    assert [error["field"] for error in problem["errors"]] == ["image"]


def test_a_wrong_body_is_a_400_that_names_every_invalid_field(site: Site) -> None:
    image = site.write(an_image("refused"))

    response = site.post_migration(image, version="one", regions=["nowhere"])

    assert (response.status_code, response.headers["Content-Type"]) == (400, PROBLEM)
    assert [error["field"] for error in response.json()["errors"]] == ["version", "regions[0].name"]
    assert site.migration(image) is None


def test_an_unknown_migration_is_a_404_problem(site: Site) -> None:
    response = site.http.get("migrations/migration-0")

    assert (response.status_code, response.headers["Content-Type"]) == (404, PROBLEM)
    assert response.json()["detail"] == "there is no migration 'migration-0'"


def test_a_second_start_while_the_first_runs_is_a_409_with_the_id_of_the_migration(site: Site) -> None:
    site.keep_replicating("twice")
    image = site.write(an_image("twice"))
    site.post_migration(image)
    running = site.reaches(image, "replicating")

    second = site.post_migration(image)
    site.let_replicate()

    assert (second.status_code, second.headers["Content-Type"]) == (409, PROBLEM)
    assert second.json()["id"] == running["id"]
    assert site.ended(image)["state"] == "completed"


@pytest.mark.parametrize("before", ["never migrated", "cancelled before"])
def test_of_starts_at_the_same_moment_one_is_accepted(site: Site, before: str) -> None:
    """The extension accepts all of them, and one remains: the app reads back whose it is.

    The image replicates until all have their answers, since a start that comes after the end is accepted, too.
    """
    name = f"raced-{before.replace(' ', '-')}"
    site.keep_replicating(name)
    image = site.write(an_image(name))
    if before == "cancelled before":
        site.post_migration(image)
        running = site.reaches(image, "replicating")
        site.http.post(f"migrations/{running['id']}/cancel").raise_for_status()
        site.ended(image)
    with starts_within(site, seconds=0.5):
        statuses = start_at_once(site, image)
    site.let_replicate()

    assert site.ended(image)["state"] == "completed"
    assert sorted(statuses) == [202, *[409] * (STARTS_AT_ONCE - 1)]


def test_starts_at_the_same_moment_publish_one_version(site: Site) -> None:
    image = site.write(an_image("raced-once"))

    statuses = start_at_once(site, image)

    assert site.ended(image)["state"] == "completed"
    assert set(statuses) <= {202, 409}
    assert site.sources("raced-once") == [image.lower()]


@contextmanager
def starts_within(site: Site, seconds: float) -> Iterator[None]:
    """Lets the embedded host accept all starts of one id within this time, as the extension does at a busy moment."""
    if not isinstance(site.host, EmbeddedHost):
        yield
        return
    site.host.set_start_seconds(seconds)
    try:
        yield
    finally:
        site.host.set_start_seconds(Switches().start_seconds)


def start_at_once(site: Site, image: str) -> list[int]:
    """Sends the same request from several threads; returns the statuses of the answers."""
    with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
        return list(pool.map(lambda _: site.post_migration(image).status_code, range(STARTS_AT_ONCE)))


def test_the_images_of_a_subscription_are_listed_with_their_migrations(site: Site) -> None:
    image = site.write(an_image("listed"))
    site.post_migration(image)
    migration = site.ended(image)

    rows = site.http.get(f"images?subscription={HERE}").json()["images"]

    assert [row["migration"] for row in rows if row["id"] == image] == [migration["links"]["self"]]
