"""Decisions of a person: approvals of several deletions at once, and orders to a promotion."""

import pytest
from playwright.sync_api import expect

from tests.browser.faked import EMPTY, PAGE, FakedApi, a_promotion, a_retirement
from tests.browser.viewing import Viewer


def test_several_deletions_are_approved_with_one_reason_each_for_its_own_content(
    viewer: Viewer, api: FakedApi
) -> None:
    page = viewer.page
    waiting = [a_retirement("web-1"), a_retirement("web-2"), a_retirement("db", state="soaking")]
    api.answers["retirements"] = {**EMPTY["retirements"], "retirements": waiting}
    api.answers["retirements/retirement-web-1/approve"] = (202, {}, {"id": "retirement-web-1"})
    detail = "web-2 was re-created: the approved image is gone"
    api.answers["retirements/retirement-web-2/approve"] = (409, {}, {"detail": detail})
    viewer.open(PAGE)
    viewer.button("Decide about 2").click()
    expect(page.locator(".bulk")).to_contain_text("2 selected")
    viewer.button("Approve 2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Azure keeps no copy")
    expect(dialog.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    dialog.get_by_label("Reason").fill("moved")
    dialog.get_by_role("button", name="Approve", exact=True).click()

    expect(page.locator(".bulk.summary")).to_contain_text(f"Approved 1 of 2 · 1 refused: {detail}")
    assert api.bodies == {
        f"retirements/retirement-{name}/approve": {"fingerprint": f"fingerprint-of-{name}", "reason": "moved"}
        for name in ("web-1", "web-2")
    }
    expect(page.get_by_label("Select web-2")).to_be_checked()


def test_a_paused_promotion_needs_attention_and_is_resumed(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    paused = a_promotion(
        "web", state="paused", reason="a rolling upgrade failed", fix="look at the scale set"
    )
    api.answers["promotions"] = {**EMPTY["promotions"], "promotions": [paused]}
    api.answers["promotions/promotion-web/resume"] = (202, {}, {"id": "promotion-web"})
    viewer.open(PAGE)
    viewer.shows("a rolling upgrade failed")
    viewer.shows("look at the scale set")
    viewer.link("Look at its rings").click()
    viewer.button("Resume").click()
    api.answers["promotions"] = {**EMPTY["promotions"], "promotions": [a_promotion("web")]}
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    rings = page.locator(".rings > li")
    expect(rings.first).to_contain_text("bakes until 23 Nov 14:00")
    expect(rings.first).to_contain_text("1 scale set: 3 of 4 instances took it")
    expect(rings.nth(1)).to_contain_text("not yet")
    assert api.sent("promotions/promotion-web/resume") == 1


@pytest.mark.slow
def test_retirements_are_counted_and_filtered_by_what_they_lack(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    api.answers["retirements"] = {
        **EMPTY["retirements"],
        "retirements": [a_retirement("web"), a_retirement("db", state="retired")],
    }
    api.answers["freeze"] = {"frozen": True, "reason": "an audit"}
    viewer.open(PAGE, "#/retirements")
    viewer.shows("Deletions are stopped. an audit")
    expect(page.locator(".glance")).to_have_text("1 not approved")
    viewer.link("1 not approved").click()
    expect(page.locator(".count")).to_contain_text("1 retirement of 2")
    assert page.url == f"{PAGE}#/retirements?unmet=approved"
