"""The page, whose route takes the path below it, on either host."""

from http import HTTPStatus

import httpx
import pytest

from dashboard.files import FOLDER, INDEX
from dashboard.routes import HEADERS
from tests.acceptance.site import Site


def ask(site: Site, path: str) -> httpx.Response:
    """Asks as a browser that is not signed in does."""
    with httpx.Client(base_url=site.host.url) as browser:
        return browser.get(f"/api/dashboard{path}")


@pytest.mark.parametrize("name", ["", "app.js", "views/fleet.js", "vendor/htm-preact.js", "page.css"])
def test_the_page_and_its_files_are_served_to_everybody(site: Site, name: str) -> None:
    answer = ask(site, f"/{name}" if name else "")
    assert answer.status_code == HTTPStatus.OK
    assert answer.content == (FOLDER / (name or INDEX)).read_bytes()
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_the_address_with_a_slash_leads_to_the_one_without(site: Site) -> None:
    answer = ask(site, "/")
    assert (answer.status_code, answer.headers["location"]) == (HTTPStatus.PERMANENT_REDIRECT, "../dashboard")


def test_what_is_no_file_of_the_page_is_not_found(site: Site) -> None:
    assert ask(site, "/routes.py").status_code == HTTPStatus.NOT_FOUND
    assert ask(site, "/..%2Froutes.py").status_code == HTTPStatus.NOT_FOUND


def test_the_api_is_served_beside_it(site: Site) -> None:
    assert site.http.get("migrations").status_code == HTTPStatus.OK
