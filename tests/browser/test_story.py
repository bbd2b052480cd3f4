"""A day with the page: coverage, a blocked migration and its fix, a running one, an approval, a lineage."""

import pytest
from playwright.sync_api import Page, expect

from domain.migration.states import MigrationState
from domain.retirement.states import RetirementState
from tests.browser.estate import Estate
from tests.browser.viewing import PHONE, Viewer


def state_of(page: Page, state: str) -> None:
    expect(page.locator("h1 .state")).to_have_text(state)


def test_coverage_leads_to_a_blocked_migration_and_its_fix_works(estate: Estate, viewer: Viewer) -> None:
    page = viewer.page
    estate.start("sql-2019", "win2016-legacy")
    estate.ended("sql-2019")

    viewer.open(estate.page, "#/coverage")
    viewer.shows("of 4 managed images are migrated")
    viewer.link("1 blocked").click()
    viewer.link("sql-2019").click()
    state_of(page, "blocked")
    viewer.shows("the data disk at LUN 0 has 4095 GB; the service accepts at most 2048 GB")
    viewer.shows("shrink the disk to at most 2048 GB and capture the image again")
    estate.shrink_the_disk("sql-2019")
    viewer.button("Retry").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("h1 .state")).not_to_have_text("blocked")
    estate.ended("sql-2019")
    assert estate.migration("sql-2019").state is MigrationState.COMPLETED


def test_a_running_migration_is_followed_to_its_end_without_reloading(estate: Estate, viewer: Viewer) -> None:
    page = viewer.page
    estate.start("debian-12-20261105")
    estate.let_pass(minutes=4)
    viewer.open(estate.page, f"#/migrations/{estate.id_of('debian-12-20261105')}", clock=True)
    state_of(page, "replicating")
    expect(page.locator('.steps [aria-current="step"]')).to_contain_text("Replication")
    loads = page.evaluate("performance.getEntriesByType('navigation').length + performance.timeOrigin")
    before = int(
        page.get_by_role("progressbar", name="Replication to eastus2").get_attribute("aria-valuenow") or 0
    )

    estate.let_pass(minutes=3)
    viewer.let_look()

    meter = page.get_by_role("progressbar", name="Replication to eastus2")
    expect(meter).not_to_have_attribute("aria-valuenow", str(before))
    estate.ended("debian-12-20261105")
    viewer.let_look()
    state_of(page, "completed")
    expect(page.locator(".steps li").last).to_contain_text("done")
    assert loads == page.evaluate(
        "performance.getEntriesByType('navigation').length + performance.timeOrigin"
    )


def test_a_deletion_is_approved_with_a_reason_and_the_lineage_has_it(estate: Estate, viewer: Viewer) -> None:
    page = viewer.page
    estate.start("win2022-iis")
    estate.ended("win2022-iis")
    estate.until(lambda: estate.retirement("win2022-iis").state is RetirementState.AWAITING_APPROVAL)

    viewer.open(estate.page, clock=True)
    viewer.heading("Needs attention")
    viewer.shows("A deletion waits for an approval")
    viewer.link("win2022-iis").click()
    viewer.shows("8 of 9 obligations are met")
    viewer.shows("nobody has approved it")
    viewer.button("Approve the deletion").click()
    dialog = page.get_by_role("dialog")
    approve = dialog.get_by_role("button", name="Approve the deletion")
    expect(approve).to_be_disabled()
    dialog.get_by_label("Reason").fill("the web farm runs the version since Monday")
    approve.click()

    expect(dialog).to_have_count(0)
    estate.until(lambda: estate.is_gone("win2022-iis"))
    estate.until(lambda: estate.retirement("win2022-iis").state is RetirementState.RETIRED)
    viewer.let_look()
    state_of(page, "retired")
    viewer.link("golden / win2022-iis").click()
    viewer.shows("The version is in the gallery.")
    for fact in ("published", "proof", "promotion", "certificate"):
        expect(page.locator(".lineage li b", has_text=fact).first).to_be_visible()


@pytest.mark.slow
def test_what_is_refused_stays_selected(estate: Estate, viewer: Viewer) -> None:
    """Two migrations are retried at once, while somebody else has just retried one of them."""
    page = viewer.page
    estate.capture("suse-15-20261106", "ubuntu-2404-20261102")
    estate.start("suse-15-20261106", "ubuntu-2404-20261102")
    estate.let_pass(minutes=4)
    estate.gallerist.cancel_migration(estate.id_of("ubuntu-2404-20261102"))
    estate.ended("suse-15-20261106", "ubuntu-2404-20261102")
    viewer.open(estate.page, "#/fleet?state=blocked,cancelled")
    viewer.shows("2 migrations")
    viewer.button("Select all 2").click()
    estate.gallerist.retry_migration(estate.id_of("ubuntu-2404-20261102"))

    viewer.button("Retry 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()

    summary = page.locator(".bulk.summary")
    expect(summary).to_contain_text("Retried 1 of 2 · 1 refused: the migration is running")
    expect(summary).to_contain_text("what was not done stays selected")
    viewer.go("#/fleet?q=2404")
    expect(page.get_by_label("Select ubuntu-2404-20261102")).to_be_checked()
    viewer.go("#/fleet?q=suse")
    expect(page.get_by_label("Select suse-15-20261106")).not_to_be_checked()


def test_every_view_fits_a_phone_and_axe_finds_no_serious_fault(estate: Estate, viewer: Viewer) -> None:
    """The estate is as the tests above left it."""
    page = viewer.page
    viewer.resize(PHONE, "dark")
    viewer.open(estate.page)
    for view in ("#/attention", "#/fleet", "#/coverage", "#/promotions", "#/retirements"):
        viewer.go(view)
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main .reading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0], view
    # test_accessibility.py looks at every view, size and scheme
    viewer.go("#/attention")
    assert viewer.faults() == []
