"""The page on a host that wants keys, as in Azure, and behind the sign-in of App Service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from local.stack import Stack, temporary_folder
from tests.browser.estate import stack_in
from tests.browser.viewing import Viewer
from tests.workflow.app_service import COOKIE, ENTRA, AppService, Deployed, Principal
from tests.workflow.estate import POLICY, SEED, an_image

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def locked() -> Iterator[Stack]:
    with temporary_folder() as folder, stack_in(Path(folder), options=["--keys"]) as stack:
        yield stack


def test_the_page_is_open_and_the_api_behind_it_is_not(locked: Stack, viewer: Viewer) -> None:
    page = viewer.page
    viewer.open(f"{locked.api}/dashboard", "#/coverage")
    viewer.heading("Sign in")
    page.get_by_label("Function key").fill("no-key")
    viewer.button("Use this key").click()
    viewer.shows("The API refused this key.")
    page.get_by_label("Function key").fill(locked.host["keys"]["function"])
    viewer.button("Use this key").click()

    viewer.shows("of 4 managed images are migrated")
    page.reload()
    viewer.shows("of 4 managed images are migrated")
    with page.context.new_page() as other:
        other.goto(f"{locked.api}/dashboard")
        expect(other.locator("h1")).to_have_text("Sign in")


OLGA = Principal("3f0c9a5e-0000-4000-8000-00000000b222", "olga@contoso.com", ("Gallerist.Operator",))


def in_front_of(folder: Path, settings: dict[str, str]) -> Deployed:
    seed = {**SEED, "resources": [*SEED["resources"], an_image("web")]}
    return Deployed(folder, seed, POLICY, one_clock=True, host_options=["--keys"], more=settings)


def sign_in(viewer: Viewer, front: AppService) -> None:
    """As after the sign-in of Microsoft Entra: the browser has the platform's cookie."""
    viewer.page.context.add_cookies(
        [{"name": COOKIE, "value": "of-olga", "url": front.url, "httpOnly": True}]
    )
    viewer.page.reload()


def test_the_session_of_the_platform_is_enough(tmp_path: Path, viewer: Viewer) -> None:
    page = viewer.page
    with (
        in_front_of(tmp_path, ENTRA) as stack,
        AppService(stack.host["url"], {"of-olga": OLGA}) as front,
    ):
        viewer.open(f"{front.url}/api/dashboard", "#/coverage")
        viewer.heading("Sign in")
        expect(viewer.link("Sign in with Microsoft Entra")).to_be_visible()
        expect(page.get_by_label("Function key")).to_have_count(0)
        assert viewer.faults() == []
        sign_in(viewer, front)
        viewer.shows("of 1 managed images are migrated")
        # what the page changes comes from the app's own site, and the browser says so
        freeze = "fetch('/api/freeze', {method: 'POST', body: JSON.stringify({frozen: false, reason: 'an audit'})})"
        assert page.evaluate(f"{freeze}.then(answer => answer.status)") == 200
        assert front.forwarded[-1]["sec-fetch-site"] == "same-origin"
        assert not [one for one in front.forwarded if "x-functions-key" in one]
        viewer.open("about:blank")


def test_a_host_that_still_wants_a_key_is_given_one_after_the_sign_in(tmp_path: Path, viewer: Viewer) -> None:
    """Authentication that was turned on by hand: the deployment knows nothing of it."""
    page = viewer.page
    by_hand = {"WEBSITE_AUTH_ENABLED": "True"}
    with (
        in_front_of(tmp_path, by_hand) as stack,
        AppService(stack.host["url"], {"of-olga": OLGA}) as front,
    ):
        viewer.open(f"{front.url}/api/dashboard", "#/coverage")
        viewer.heading("Sign in")
        expect(viewer.link("Sign in with Microsoft Entra")).to_be_visible()
        expect(page.get_by_label("Function key")).to_have_count(0)
        sign_in(viewer, front)
        viewer.shows("The API wants a function key besides.")
        assert viewer.faults() == []
        page.get_by_label("Function key").fill(stack.host["keys"]["function"])
        viewer.button("Use this key").click()
        viewer.shows("of 1 managed images are migrated")
        viewer.open("about:blank")
