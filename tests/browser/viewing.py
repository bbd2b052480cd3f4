"""What a person does with the page, and what a test looks at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

Scheme = Literal["light", "dark"]
DESKTOP, PHONE = (1280, 800), (390, 844)
# longer than the page waits at most between two looks
A_WHILE = "01:05"


class Errors:
    """What the page reports as wrong, other than answers that the test expects."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.seen.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        # Chromium reports an answer of 4xx as an error, which the page shows in its own words
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.seen.append(message.text)


class Viewer:
    """A window with the page."""

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page = page
        self._pictures = pictures

    def open(self, address: str, view: str = "", *, clock: bool = False) -> None:
        """Opens a view; with `clock`, the page's timers run only when the test lets them."""
        if clock:
            self.page.clock.install()
        self.page.goto(f"{address}{view}")

    def go(self, view: str) -> None:
        """Follows a link within the page."""
        self.page.evaluate("view => { location.hash = view }", view)
        name = view.removeprefix("#/").partition("?")[0].partition("/")[0]
        expect(self.page.locator("main")).to_have_attribute("data-view", name)

    def let_look(self) -> None:
        """Lets the page look again, as it does by itself after a while."""
        self.page.clock.run_for(A_WHILE)

    def heading(self, text: str) -> Locator:
        """The heading of the view, once it is there."""
        found = self.page.locator("h1", has_text=text)
        expect(found).to_be_visible()
        return found

    def button(self, name: str) -> Locator:
        """A button by its exact name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """A link in the content."""
        return self.page.locator("main").get_by_role("link", name=name)

    def text(self, text: str) -> Locator:
        """A text in the content."""
        return self.page.locator("main").get_by_text(text)

    def shows(self, text: str) -> None:
        """Waits until the content has this text."""
        expect(self.page.locator("main")).to_contain_text(text)

    def resize(self, size: tuple[int, int], scheme: Scheme = "light") -> None:
        """Makes the window a desktop's or a phone's."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=scheme)

    def picture(self, name: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> None:
        """Makes a picture for the documents, if the run was asked for them."""
        if self._pictures is None:
            return
        self._pictures.mkdir(exist_ok=True)
        self.resize(size, scheme)
        self.page.screenshot(path=self._pictures / f"{name}.png", animations="disabled")
        self.resize(DESKTOP)

    def faults(self) -> list[str]:
        """What axe finds wrong with the view that matters: serious and critical."""
        found: dict[str, Any] = Axe().run(self.page).response
        return [
            f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]

    def until(self, look: Callable[[], bool]) -> None:
        """Lets the page look until it shows what is wanted."""
        for _ in range(10):
            if look():
                return
            self.let_look()
        raise AssertionError(f"{look.__qualname__}: the page does not show it")
