"""The page is what the package holds, loads nothing from elsewhere, and writes no text as HTML."""

import hashlib
import re

import azure.functions as func
import pytest

from dashboard.files import FOLDER, NAMES
from dashboard.routes import HEADERS
from scripts.package import ROOT, packaged_files
from tests.unit.app import code
from tests.workflow.app_service import excluded_paths

# of htm 3.1.1 with Preact 10, `preact/standalone.mjs` of the npm package
LIBRARY = "vendor/htm-preact.js"
LIBRARY_SHA256 = "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"
OWN = [name for name in NAMES if not name.startswith("vendor/")]
MODULES = [name for name in OWN if name.endswith(".js")]
# what turns text into HTML or code
SINKS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|javascript:"


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


async def ask(path: str = "", **headers: str) -> func.HttpResponse:
    url = f"https://app.azurewebsites.net/api/dashboard{path}"
    params = {"path": path[1:]} if len(path) > 1 else {}
    request = func.HttpRequest("GET", url, headers=headers, route_params=params, body=b"")
    answer: func.HttpResponse = await code("get_dashboard")(request)
    return answer


def test_the_vendored_library_is_the_one_of_the_npm_package() -> None:
    assert hashlib.sha256((FOLDER / LIBRARY).read_bytes()).hexdigest() == LIBRARY_SHA256


def test_both_licences_of_the_library_are_with_it() -> None:
    assert "Apache License" in text("vendor/LICENSE-htm.txt")
    assert "Jason Miller" in text("vendor/LICENSE-preact.txt")


def test_the_package_has_the_files_that_are_served_and_the_folder_has_no_others() -> None:
    static = FOLDER.relative_to(ROOT)
    packaged = {
        file.relative_to(static).as_posix() for file in packaged_files(ROOT) if static in file.parents
    }
    assert packaged == set(NAMES)
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert there == set(NAMES)


def test_every_module_that_is_imported_is_served() -> None:
    for name in MODULES:
        for imported in re.findall(r'^import .* from "([^"]+)";', text(name), re.MULTILINE):
            found = ((FOLDER / name).parent / imported).resolve().relative_to(FOLDER).as_posix()
            assert found in NAMES, f"{name} imports {imported}"
    assert set(re.findall(r'(?:href|src)="dashboard/([^"]+)"', text("index.html"))) <= set(NAMES)


@pytest.mark.parametrize("name", OWN)
def test_no_file_asks_for_anything_elsewhere(name: str) -> None:
    addresses = re.findall(r"https?://[^\s\"')]+", text(name))
    # the name of SVG, which nobody asks for
    assert [one for one in addresses if one != "http://www.w3.org/2000/svg"] == []
    assert "url(" not in text(name)
    assert "@import" not in text(name)


@pytest.mark.parametrize("name", MODULES)
def test_no_module_turns_text_into_html(name: str) -> None:
    """What comes from Azure is text. Where a browser has trusted types, the policy forbids the rest, too."""
    assert re.findall(SINKS, text(name)) == []


def test_the_page_has_no_inline_script_or_style() -> None:
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text("index.html")) == []


async def test_every_answer_has_the_strict_policy() -> None:
    for path in ("", "/", "/app.js", "/no-such-file.js"):
        answer = await ask(path)
        assert dict(answer.headers).items() >= HEADERS.items(), path
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    ("path", "status", "media_type"),
    [
        ("", 200, "text/html; charset=utf-8"),
        ("/app.js", 200, "text/javascript; charset=utf-8"),
        ("/views/fleet.js", 200, "text/javascript; charset=utf-8"),
        ("/page.css", 200, "text/css; charset=utf-8"),
        ("/icon.svg", 200, "image/svg+xml"),
        ("/", 308, None),
        ("/views", 404, None),
        ("/../routes.py", 404, None),
        ("/..%2froutes.py", 404, None),
        ("/vendor/../app.js", 404, None),
    ],
)
async def test_only_the_files_of_the_page_are_served(path: str, status: int, media_type: str | None) -> None:
    answer = await ask(path)
    assert answer.status_code == status
    if media_type:
        assert answer.headers["Content-Type"] == media_type
        assert answer.get_body() == (FOLDER / (path[1:] or "index.html")).read_bytes()
    else:
        assert answer.get_body() == b""


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    first = await ask("/app.js")
    again = await ask("/app.js", **{"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.get_body()) == (304, b"")


def test_only_what_is_open_to_everybody_is_excluded_from_the_sign_in() -> None:
    """The page offers the sign-in, so it must be reachable without one. Think twice before you exclude another path."""
    assert set(excluded_paths()) == {
        *("/runtime/webhooks/EventGrid", "/runtime/webhooks/eventgrid"),
        *("/api/health", "/api/dashboard", "/api/dashboard/*"),
    }
