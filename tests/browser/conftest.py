"""Chromium with Playwright. Without Chromium the tests are skipped, and say so; `--pictures` makes those of docs/."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from client import Gallerist
from local.stack import ROOT, temporary_folder
from tests.browser.estate import Estate, stack_in
from tests.browser.faked import FakedApi
from tests.browser.viewing import Errors, Viewer

PICTURES = ROOT / "docs" / "pictures"
# the launcher of Debian and Ubuntu first; the others are where people have installed a browser themselves
CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="write the pictures of docs/pictures")


# Not for the session: Playwright keeps an event loop in this thread, beside which no async test can run
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no Chromium here (looked for {', '.join(CHROMIUM)}): apt-get install chromium")
    with sync_playwright() as playwright:
        # a sandbox needs rights that a container seldom has; the pages are our own
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    """The app and the simulated Azure for all tests of a module; every test uses its own images."""
    with (
        temporary_folder() as folder,
        stack_in(Path(folder)) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        yield Estate(stack, gallerist)


@pytest.fixture
def viewer(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Viewer]:
    """A window in which nothing may go wrong unseen."""
    wants_pictures = request.config.getoption("pictures", default=False)
    with browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", locale="en-GB", timezone_id="UTC"
    ) as context:
        page: Page = context.new_page()
        page.set_default_timeout(10_000)
        errors = Errors(page)
        yield Viewer(page, PICTURES if wants_pictures else None)
        assert errors.seen == []


@pytest.fixture
def api(viewer: Viewer) -> FakedApi:
    """The page with answers that the test makes up."""
    return FakedApi(viewer.page)
