"""Makes the pictures of docs/page.md: `pytest tests/browser -m slow --pictures`."""

import pytest
from playwright.sync_api import expect

from domain.retirement.states import RetirementState
from tests.browser.estate import Estate
from tests.browser.viewing import PHONE, Viewer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def busy(estate: Estate) -> Estate:
    """A morning: something stopped, something runs, something waits for a decision."""
    estate.start("win2022-iis", "sql-2019", "win2016-legacy", "debian-12-20261105")
    estate.ended("win2022-iis", "sql-2019", "win2016-legacy", "debian-12-20261105")
    estate.until(lambda: estate.retirement("win2022-iis").state is RetirementState.AWAITING_APPROVAL)
    estate.capture("suse-15-20261106", "ubuntu-2404-20261102", "ubuntu-2204-20261101", "scratch-test")
    estate.start("suse-15-20261106", "ubuntu-2404-20261102", "scratch-test")
    estate.let_pass(minutes=6)
    estate.start("ubuntu-2204-20261101")
    estate.let_pass(minutes=5)
    return estate


def test_the_pictures_of_the_documents(busy: Estate, viewer: Viewer, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("pictures", default=False):
        pytest.skip("pictures are made with --pictures")
    page = viewer.page
    running = busy.id_of("ubuntu-2404-20261102")
    retirement = busy.retirement("win2022-iis").id
    (target,) = busy.migration("win2022-iis").targets
    views = {
        "attention": ("#/attention", "Waits for a decision"),
        "coverage": ("#/coverage", "Why images are blocked"),
        "promotions": ("#/promotions", "Ring 2"),
        "retirement": (f"#/retirements/{retirement}", "8 of 9 obligations"),
        "lineage": (f"#/lineage?version={target.version_id}", "promotion"),
    }
    viewer.open(busy.page)
    for name, (view, text) in views.items():
        viewer.go(view)
        viewer.shows(text)
        expect(page.locator("main .reading")).to_have_count(0)
        viewer.picture(name)
    viewer.go("#/attention")
    viewer.shows("Stopped")
    viewer.picture("attention-phone", PHONE, "dark")
    # a time line that was begun before anybody looked
    viewer.open("about:blank")
    viewer.open(busy.page, f"#/migrations/{running}", clock=True)
    viewer.shows("golden / ubuntu-2404")
    for _ in range(3):
        busy.let_pass(seconds=50)
        viewer.let_look()
        page.wait_for_load_state("networkidle")
    viewer.picture("migration")
    viewer.picture("migration-phone", PHONE, "light")
