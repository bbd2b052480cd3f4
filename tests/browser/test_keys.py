"""The page on a host that wants keys, as in Azure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from local.stack import Stack, temporary_folder
from tests.browser.estate import stack_in
from tests.browser.viewing import Viewer

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
