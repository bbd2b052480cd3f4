"""A fleet of 10,000 stays responsive: the first view, a filter, scrolling. The figures go into the test's record."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from client import Gallerist
from local.stack import ROOT, temporary_folder
from tests.browser.estate import Estate, stack_in
from tests.browser.thousands import write_fleet
from tests.browser.viewing import PHONE, Viewer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FLEET = 10_000
FIRST_VIEW_SECONDS, FILTER_SECONDS, SLOWEST_FRAME_SECONDS = 2.0, 0.5, 0.25
WHOLE_SECONDS = 120_000
# other tests run on the same processors, so the best of these counts
TRIES = 3
FIGURES = ROOT / "build" / "browser.json"

# from the key to the frame that shows the rows of the filter
FILTER = """
async text => {
  const field = document.querySelector('input[type="search"]');
  const begin = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const shown = () => [...document.querySelectorAll(".rows .c-name a")].every(one => one.textContent.includes(text));
  do await new Promise(requestAnimationFrame); while (!shown() && performance.now() - begin < 5000);
  await new Promise(requestAnimationFrame);
  return (performance.now() - begin) / 1000;
}
"""
# scrolls from end to end in 120 steps, and times every frame
SCROLL = """
async () => {
  const frames = [];
  const height = document.documentElement.scrollHeight;
  let empty = 0;
  let last = performance.now();
  for (let step = 1; step <= 120; step++) {
    scrollTo(0, (height * step) / 120);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push((now - last) / 2);
    last = now;
    const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    if (!middle?.closest(".row")) empty += 1;
  }
  frames.sort((a, b) => a - b);
  return { median: frames[60] / 1000, worst: frames.at(-1) / 1000, empty };
}
"""


def best(measure: Callable[[], float]) -> float:
    """The shortest of several measurements."""
    return min(measure() for _ in range(TRIES))


def filtered(page: Page, text: str) -> float:
    """The seconds from the whole fleet to the rows of a filter."""
    page.evaluate(FILTER, "")
    return float(page.evaluate(FILTER, text))


class Thousands(NamedTuple):
    """The estate with its fleet, and how many migrations there are in each state."""

    estate: Estate
    counts: dict[str, int]


@pytest.fixture(scope="module")
def thousands() -> Iterator[Thousands]:
    with temporary_folder() as folder:
        counts = write_fleet(Path(folder) / "taskhub.sqlite", FLEET)
        with stack_in(Path(folder)) as stack, Gallerist(stack.api) as gallerist:
            yield Thousands(Estate(stack, gallerist), counts)


@pytest.fixture(scope="module")
def record() -> Iterator[Callable[[str, float], None]]:
    """Keeps the figures of this run as JSON under build/."""
    figures: dict[str, float] = {}

    def keep(name: str, value: float) -> None:
        figures[name] = round(value, 3)

    yield keep
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def test_the_first_view_is_there_within_two_seconds(
    thousands: Thousands, viewer: Viewer, record: Callable[[str, float], None]
) -> None:
    page = viewer.page

    def first_view() -> float:
        page.goto("about:blank")
        page.goto(thousands.estate.page, wait_until="commit")
        page.wait_for_selector("main article.group h3")
        return float(page.evaluate("performance.now()")) / 1000

    seconds = best(first_view)
    record("first view, seconds", seconds)
    assert seconds <= FIRST_VIEW_SECONDS


def test_ten_thousand_are_read_filtered_and_scrolled(
    thousands: Thousands, viewer: Viewer, record: Callable[[str, float], None]
) -> None:
    page = viewer.page
    viewer.open(thousands.estate.page, "#/fleet")
    expect(page.locator(".count")).to_contain_text("10,000 migrations", timeout=WHOLE_SECONDS)
    expect(page.locator(".count")).not_to_contain_text("reading", timeout=WHOLE_SECONDS)
    record("all read, seconds", page.evaluate("performance.now()") / 1000)
    assert page.locator(".rows .row").count() < 100

    for text in ("win", "win2022-iis", "win2022-iis-00002"):
        seconds = best(partial(filtered, page, text))
        record(f"filter '{text}', seconds", seconds)
        assert seconds <= FILTER_SECONDS
    expect(page.locator(".count")).to_contain_text("1 migration of 10,000")
    page.evaluate(FILTER, "")
    expect(page.locator(".count")).to_contain_text("10,000 migrations")

    scrolls = [page.evaluate(SCROLL) for _ in range(TRIES)]
    scroll = min(scrolls, key=lambda one: one["worst"])
    record("scroll, median frame, seconds", scroll["median"])
    record("scroll, slowest frame, seconds", scroll["worst"])
    assert [one["empty"] for one in scrolls] == [0] * TRIES
    assert scroll["worst"] <= SLOWEST_FRAME_SECONDS
    record("heap, MB", page.evaluate("performance.memory.usedJSHeapSize") / 1e6)


def test_what_needs_attention_is_complete_and_a_link_leads_to_all_of_it(
    thousands: Thousands, viewer: Viewer
) -> None:
    page = viewer.page
    viewer.open(thousands.estate.page)
    stopped = sum(count for state, count in thousands.counts.items() if state != "completed")
    expect(page.locator("nav .badge")).to_have_text(str(stopped), timeout=WHOLE_SECONDS)
    blocked = thousands.counts["blocked"]
    group = page.locator("article.group", has_text="the data disk at LUN 0 has 4095 GB")
    expect(group).to_contain_text(f"{blocked} migrations")
    group.get_by_role("link", name=f"and {blocked - 4} more").click()
    expect(page.locator(".count")).to_contain_text(f"{blocked} migrations of 10,000")
    viewer.button(f"Select all {blocked}").click()
    expect(viewer.button(f"Retry {blocked}")).to_be_enabled()
    viewer.picture("fleet")


def test_the_list_scrolls_on_a_phone(thousands: Thousands, viewer: Viewer) -> None:
    page = viewer.page
    viewer.resize(PHONE)
    viewer.open(thousands.estate.page, "#/fleet")
    expect(page.locator(".count")).not_to_contain_text("reading", timeout=WHOLE_SECONDS)
    scroll = page.evaluate(SCROLL)
    assert scroll["empty"] == 0


def test_one_request_at_a_time_and_few_once_all_is_read(thousands: Thousands, viewer: Viewer) -> None:
    page = viewer.page
    at_once, most, sent = [0], [0], [0]

    def begun(_: object) -> None:
        at_once[0] += 1
        sent[0] += 1
        most[0] = max(most[0], at_once[0])

    def ended(_: object) -> None:
        at_once[0] -= 1

    viewer.open(thousands.estate.page, "#/fleet", clock=True)
    expect(page.locator(".count")).not_to_contain_text("reading", timeout=WHOLE_SECONDS)
    page.on("request", begun)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    for _ in range(5):
        viewer.let_look()
        page.wait_for_timeout(200)
    assert most[0] == 1
    # five minutes and a half: the fleet is asked what was started since, now and then the promotions and retirements
    assert 5 <= sent[0] <= 40
