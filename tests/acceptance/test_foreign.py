"""An instance that Gallerist did not start, under an id of a migration: it breaks no other answer."""

from collections.abc import Iterator

import httpx
import pytest

from domain.names import MIGRATE_IMAGE
from tests.acceptance.site import Site
from tests.workflow.estate import an_image

FOREIGN = "migration-foreign"


@pytest.fixture(scope="module")
def foreign(site: Site) -> Iterator[str]:
    """The id of an ended instance whose input is not that of a migration. It is deleted after the tests."""
    address = f"{site.host.durable_url}/orchestrators/{MIGRATE_IMAGE}/{FOREIGN}"
    httpx.post(address, json="what", timeout=60).raise_for_status()
    assert site.finished_instance(FOREIGN)["runtimeStatus"] == "Failed"
    yield FOREIGN
    site.purge(FOREIGN)


def test_the_list_of_migrations_shows_the_others(site: Site, foreign: str) -> None:
    image = site.write(an_image("beside-foreign"))
    migration_id = site.start_directly(image)
    site.finished_instance(migration_id)

    response = site.http.get("migrations")

    assert response.status_code == 200, response.text
    assert migration_id in [row["id"] for row in response.json()["migrations"]]
    assert [row["id"] for row in response.json()["unreadable"]] == [foreign]


def test_the_coverage_counts_the_images(site: Site, foreign: str) -> None:
    response = site.http.get("coverage")

    assert response.status_code == 200, response.text


def test_the_instance_itself_is_answered_without_an_error_of_the_server(site: Site, foreign: str) -> None:
    response = site.http.get(f"migrations/{foreign}")

    assert response.status_code == 409, response.text
    assert "purge the instance" in response.json()["detail"]


def test_other_migrations_run_and_are_shown(site: Site, foreign: str) -> None:
    image = site.write(an_image("with-foreign"))

    site.post_migration(image)

    assert site.ended(image)["state"] == "completed"
