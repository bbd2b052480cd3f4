"""How the page takes what the API answers: hostile texts, waits, errors, refusals, another sign-in."""

import re
import shlex
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.commands import EXAMPLES, parse
from tests.browser.faked import PAGE, FakedApi, a_migration, a_target
from tests.browser.viewing import Viewer

HOSTILE = '"><img src=x onerror="window.harmed = 1"><script>window.harmed = 1</script>{{1+1}}'


def test_a_text_from_azure_is_shown_as_text(viewer: Viewer, api: FakedApi) -> None:
    failure = {"code": "Bad", "message": HOSTILE, "http_status": 400, "cause": HOSTILE, "fix": HOSTILE}
    migration = a_migration("web", state="failed", reason=HOSTILE, fix=HOSTILE, failure=failure)
    migration |= {
        "image": f"/subscriptions/1/resourceGroups/{HOSTILE}/images/{HOSTILE}",
        "warnings": [HOSTILE],
    }
    api.lists(migration)
    viewer.open(PAGE)
    for view in ("#/attention", "#/fleet", "#/migrations/migration-web"):
        viewer.go(view)
        viewer.shows("onerror=")
        assert viewer.page.locator("main img, main script").count() == 0
    assert viewer.page.evaluate("window.harmed") is None


def test_waiting_and_working_differ_and_it_says_for_what_and_until_when(
    viewer: Viewer, api: FakedApi
) -> None:
    page = viewer.page
    target = a_target(("eastus2", 100), ("westus2", 40))
    api.lists(a_migration("web", targets=[target]))
    viewer.open(PAGE, "#/migrations/migration-web", clock=True)
    here = page.locator('.steps [aria-current="step"]')
    expect(here).to_have_attribute("data-how", "working")

    reason = "TooManyRequests: Azure limits the calls of a subscription"
    wait = {"reason": reason, "until": "2026-11-23T08:40:00Z", "throttled": True}
    course = [
        {"at": "2026-11-23T08:00:00Z", "state": "planned", "waits_for": None},
        {"at": "2026-11-23T08:05:00Z", "state": "replicating", "waits_for": None},
        {"at": "2026-11-23T08:20:00Z", "state": "replicating", "waits_for": reason},
    ]
    now = {"waiting_for": wait, "course": course, "updated": "2026-11-23T08:20:00Z"}
    api.lists(a_migration("web", targets=[target], **now))
    viewer.let_look()

    expect(here).to_have_attribute("data-how", "waiting")
    expect(page.locator(".wait h2")).to_have_text("Waits until 23 Nov 08:40")
    viewer.shows("Azure puts the calls off: TooManyRequests")
    parts = page.locator(".track .part")
    expect(parts).to_have_count(3)
    assert [part.get_attribute("data-how") for part in parts.all()] == ["working", "working", "waiting"]
    expect(parts.last).to_have_attribute("title", re.compile(f"{reason} .* 20 min"))


def test_of_many_regions_those_that_are_completed_are_folded_away(viewer: Viewer, api: FakedApi) -> None:
    target = a_target(*((f"region{number}", 40) for number in range(40)))
    for region in target["regions"][3:]:
        region |= {"state": "Completed", "progress": 100}
    api.lists(a_migration("web", targets=[target]))
    viewer.open(PAGE, "#/migrations/migration-web")
    viewer.text("37 regions are completed").click()
    expect(viewer.page.locator("table.plain").first.locator("tbody tr")).to_have_count(3)
    expect(viewer.page.locator("details table.plain tbody tr")).to_have_count(37)


@pytest.mark.slow
def test_a_pause_that_the_api_asks_for_is_kept(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    api.answers["migrations"] = (503, {"Retry-After": "120"}, {"detail": "Azure is throttling"})
    viewer.open(PAGE, clock=True)
    expect(page.locator(".live")).to_contain_text("asks again at")
    assert api.sent("migrations") == 1
    page.clock.run_for("01:50")
    assert api.sent("migrations") == 1

    api.lists(a_migration("web", state="blocked", reason="no room"))
    page.clock.run_for("00:15")
    viewer.shows("no room")
    expect(page.locator(".live")).to_contain_text("as of")


@pytest.mark.slow
def test_nothing_is_asked_while_nobody_looks(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.unseen === true })")
    viewer.open(PAGE, clock=True)
    viewer.shows("Nothing needs attention.")
    # the last of what is read at the beginning
    api.settle("freeze")
    before = len(api.requests)
    page.evaluate("window.unseen = true")
    page.clock.run_for("30:00")
    assert len(api.requests) == before

    page.evaluate("window.unseen = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for("00:11")
    api.settle("freeze")
    assert len(api.requests) > before


@pytest.mark.slow
def test_looks_become_rarer_while_nothing_changes(viewer: Viewer, api: FakedApi) -> None:
    viewer.open(PAGE, clock=True)
    viewer.shows("Nothing needs attention.")
    counts = []
    # ten minutes
    for _ in range(60):
        viewer.page.clock.run_for("00:10")
        viewer.page.evaluate("1")
        counts.append(api.sent("migrations"))
    first_two_minutes, last_two_minutes = counts[11] - 1, counts[-1] - counts[-13]
    assert 3 <= first_two_minutes <= 6
    assert 1 <= last_two_minutes <= 3


def test_without_a_key_the_page_asks_for_one_and_keeps_it_for_the_tab(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    refused: Any = (401, {}, None)
    answers = dict(api.answers)
    api.answers = dict.fromkeys(answers, refused)
    viewer.open(PAGE, "#/fleet")
    viewer.heading("Sign in")
    expect(page.get_by_role("link", name="Sign in with Microsoft Entra")).to_have_count(0)
    page.get_by_label("Function key").fill("wrong")
    viewer.button("Use this key").click()
    viewer.shows("The API refused this key.")
    api.answers = answers
    api.lists(a_migration("web", state="completed"))
    page.get_by_label("Function key").fill("right")
    viewer.button("Use this key").click()

    viewer.heading("Fleet")
    viewer.shows("1 migration")
    assert api.headers[-1]["x-functions-key"] == "right"
    assert "right" not in page.url
    assert page.evaluate("[Object.values(sessionStorage), Object.values(localStorage), document.cookie]") == [
        ["right"],
        [],
        "",
    ]
    viewer.button("Forget the key").click()
    page.wait_for_function("!sessionStorage.length")


@pytest.mark.slow
def test_where_the_platform_signs_in_the_page_offers_it_and_comes_back_to_the_view(
    viewer: Viewer, api: FakedApi
) -> None:
    page = viewer.page
    api.answers = dict.fromkeys(api.answers, (401, {"WWW-Authenticate": "Bearer"}, None))
    page.add_init_script("sessionStorage.setItem('gallerist-function-key', 'of-before')")
    page.route(
        "**/.auth/login/aad*",
        lambda route: route.fulfill(status=302, headers={"Location": "https://login.example/"}),
    )
    viewer.open(PAGE, "#/fleet?state=blocked")
    link = page.get_by_role("link", name="Sign in with Microsoft Entra")
    expect(link).to_have_attribute(
        "href", "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fdashboard%23%2Ffleet%3Fstate%3Dblocked"
    )
    # its session is used alone: no key is asked for, and one that the tab holds is forgotten
    expect(page.get_by_label("Function key")).to_have_count(0)
    page.wait_for_function("!sessionStorage.length")


def test_a_refusal_says_why_and_the_dialog_stays(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    api.lists(a_migration("web", state="blocked", reason="no room"))
    detail = "a function key names nobody: sign in with Microsoft Entra (docs/security.md)"
    api.answers["migrations/migration-web/retry"] = (403, {}, {"title": "Forbidden", "detail": detail})
    viewer.open(PAGE, "#/migrations/migration-web")
    viewer.button("Retry").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Retry").click()
    expect(dialog.get_by_role("alert")).to_contain_text(detail)
    expect(dialog).to_be_visible()


def test_a_link_has_every_filter(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    api.lists(
        a_migration("web-1", state="blocked", reason="no room"),
        a_migration("web-2", state="completed"),
        a_migration("db-1", state="blocked", reason="no room"),
    )
    viewer.open(PAGE, "#/fleet")
    page.get_by_label("Filter").fill("web")
    page.get_by_label("State").select_option("blocked")
    expect(page.locator(".count")).to_contain_text("1 migration of 3")
    assert page.url == f"{PAGE}#/fleet?q=web&state=blocked"
    viewer.open("about:blank")
    viewer.open(PAGE, "#/fleet?q=web&state=blocked")
    expect(page.locator(".count")).to_contain_text("1 migration of 3")
    expect(page.get_by_label("Filter")).to_have_value("web")


def test_a_link_to_an_action_selects_what_matches_and_asks(viewer: Viewer, api: FakedApi) -> None:
    page = viewer.page
    api.lists(
        a_migration("web-1", state="failed", reason="no room"),
        a_migration("web-2", state="completed"),
        a_migration("web-3", state="failed", reason="no room"),
    )
    viewer.open(PAGE, "#/fleet?state=failed&do=retry")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Retry 2 migrations?")
    assert [method for method, _, _ in api.requests if method != "GET"] == []
    api.answers["migrations/migration-web-1/retry"] = (202, {}, {"id": "migration-web-1"})
    api.answers["migrations/migration-web-3/retry"] = (409, {}, {"detail": "the migration is running"})
    dialog.get_by_role("button", name="Retry", exact=True).click()
    expect(page.locator(".bulk.summary")).to_contain_text(
        "Retried 1 of 2 · 1 refused: the migration is running · what was not done stays selected"
    )
    expect(page.get_by_label("Select web-3")).to_be_checked()
    expect(page.get_by_label("Select web-1")).not_to_be_checked()
    expect(dialog).to_have_count(0)
    assert page.url == f"{PAGE}#/fleet?state=failed"


def test_a_command_is_safe_to_paste_into_a_shell(viewer: Viewer, api: FakedApi) -> None:
    viewer.open(PAGE)
    found = [shlex.split(one) for one in viewer.page.evaluate(EXAMPLES)]
    assert {words[0] for words in found} == {"gallerist"}
    assert [words[-1] for words in found if "approve" in words] == ["it's done; $(really)"]
    assert next(words for words in found if "golden" in words)[:9] == [
        "gallerist",
        "status",
        "--state",
        "blocked",
        "--state",
        "failed",
        "--gallery",
        "golden",
        "--name",
    ]


@pytest.mark.slow
def test_every_command_is_one_that_the_command_line_takes(viewer: Viewer, api: FakedApi) -> None:
    pytest.importorskip("cli.app", reason="the command line is not part of this checkout")
    viewer.open(PAGE)
    for text in viewer.page.evaluate(EXAMPLES):
        parse(shlex.split(text))
    with pytest.raises(Exception, match="No such option"):
        parse(["gallerist", "status", "--no-such-option"])
