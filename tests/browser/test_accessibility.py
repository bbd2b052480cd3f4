"""Every view can be used without a mouse and without eyes, light and dark, on a desktop and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from domain.retirement.states import RetirementState
from tests.browser.estate import Estate
from tests.browser.viewing import DESKTOP, PHONE, Scheme, Viewer

VIEWS = (
    "#/attention",
    "#/fleet",
    "#/migrations/{migration}",
    "#/coverage",
    "#/coverage?category=blocked",
    "#/promotions",
    "#/retirements",
    "#/retirements/{retirement}",
    "#/lineage?version={version}",
)


@pytest.fixture(scope="module")
def filled(estate: Estate) -> Iterator[Estate]:
    """The estate with something to show in every view."""
    estate.start("win2022-iis", "sql-2019", "win2016-legacy")
    estate.ended("win2022-iis", "sql-2019", "win2016-legacy")
    estate.until(lambda: estate.retirement("win2022-iis").state is RetirementState.AWAITING_APPROVAL)
    estate.start("debian-12-20261105")
    estate.let_pass(minutes=4)
    return estate


def views(estate: Estate) -> list[str]:
    (target,) = estate.migration("win2022-iis").targets
    names = {
        "migration": estate.id_of("debian-12-20261105"),
        "retirement": estate.retirement("win2022-iis").id,
        "version": str(target.version_id),
    }
    return [view.format(**names) for view in VIEWS]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_serious_fault_in_any_view(
    filled: Estate, viewer: Viewer, size: tuple[int, int], scheme: Scheme
) -> None:
    viewer.resize(size, scheme)
    viewer.open(filled.page)
    for view in views(filled):
        viewer.go(view)
        expect(viewer.page.locator("main h1")).to_be_visible()
        expect(viewer.page.locator("main .reading")).to_have_count(0)
        assert viewer.faults() == [], view
        assert viewer.page.evaluate("document.documentElement.scrollWidth") == size[0], view


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_a_dialog(filled: Estate, viewer: Viewer, scheme: Scheme) -> None:
    viewer.resize(DESKTOP, scheme)
    viewer.open(filled.page, "#/fleet?state=blocked")
    viewer.button("Select all 1").click()
    viewer.button("Retry 1").click()
    expect(viewer.page.get_by_role("dialog")).to_be_visible()
    assert viewer.faults() == []
    viewer.page.keyboard.press("Escape")
    expect(viewer.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_a_migration_is_found_and_retried_with_the_keyboard_alone(filled: Estate, viewer: Viewer) -> None:
    page = viewer.page
    viewer.open(filled.page, "#/fleet")
    viewer.shows("4 migrations")
    page.keyboard.press("/")
    page.keyboard.type("sql")
    viewer.shows("1 migration of 4")
    page.keyboard.press("Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.textContent") == "sql-2019":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    viewer.heading("sql-2019")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(20):
        if page.evaluate("document.activeElement.textContent") == "Retry":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.slow
def test_the_arrow_keys_go_from_row_to_row(filled: Estate, viewer: Viewer) -> None:
    page = viewer.page
    viewer.open(filled.page, "#/fleet?sort=name")
    viewer.link("debian-12").focus()
    page.keyboard.press("ArrowDown")
    expect(viewer.link("sql-2019")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(viewer.link("debian-12")).to_be_focused()
