"""Writes docs/api.md: every call of the HTTP API with a request and a real answer, made on the simulated Azure."""

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from demo.seed import TENANT, captured
from local.stack import ROOT, Stack, temporary_folder

DOCUMENT = ROOT / "docs" / "api.md"

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_IMAGE = f"{_GROUP}/images/ubuntu-2204-20260115"
_TOO_LARGE = f"{_GROUP}/images/sql-2019"
_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/golden]
  regions: [westus2]
rules:
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
"""
_ADDRESS = "https://<app>.azurewebsites.net"
_ENDED = {"completed", "blocked", "skipped", "partial", "failed", "cancelled"}

_INTRODUCTION = """\
# The HTTP API

Every call needs a function key (`x-functions-key`, or `?code=`), or an Entra token where the app demands one; only
`/api/health` is open.
Bodies are JSON.
Errors are `application/problem+json`, and name every field at fault in `errors`.
Where Azure throttles or is not well, the answer is 503 with `Retry-After`; where it refuses, 502 with cause and fix.

A call that starts something answers 202 with `Location` and `Retry-After`: look there again after so many seconds,
until `state` is one of `completed`, `partial`, `blocked`, `skipped`, `failed`, `cancelled`.

This page is made by `python -m scripts.export_api` from the app itself, on the simulated Azure.
A test keeps it current.
"""


class Call(NamedTuple):
    """One call as it was made and answered."""

    title: str
    text: str
    method: str
    path: str
    body: Any
    response: httpx.Response


class Recorder:
    """Makes calls and keeps them for the document."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.calls: list[Call] = []

    def call(self, title: str, text: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Make a call and keep it."""
        response = self.ask(method, path, body)
        self.calls.append(Call(title, text, method, path, body, response))
        return response

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Make a call that is not shown."""
        return httpx.request(method, f"{self._stack.api}{path}", json=body, timeout=60)

    def set_clock(self, mode: str) -> None:
        """Let the host's clock stand still, or skip to the next timer."""
        httpx.post(f"{self._stack.host['url']}/_host/clock", json={"mode": mode}).raise_for_status()

    def until_ended(self, path: str) -> None:
        """Wait until what the path shows has ended."""
        while self.ask("GET", path).json()["state"] not in _ENDED:
            pass


def render() -> str:
    """Make all calls against a fresh app, and write the page."""
    with temporary_folder() as folder:
        stack = Stack(Path(folder), _seed(), _POLICY, "polls:3", host_options=["--clock", "skip"])
        with stack:
            recorder = Recorder(stack)
            _make_calls(recorder)
            page = "\n".join([_INTRODUCTION, *(_section(call) for call in recorder.calls)])
            return _steady(page, stack)


def _make_calls(recorder: Recorder) -> None:
    plan_text = "What a migration would do, and every check with its verdict, before anything is written."
    recorder.call("Plan a migration", plan_text, "POST", "/migrations/plan", {"image": _TOO_LARGE})
    start_text = (
        "`image` is all that is needed; `version`, `definition`, `galleries`, `regions`, `exclude_from_latest`, "
        "`end_of_life` and `plan` (name, product, publisher) are decided otherwise than the policy does if given."
    )
    body = {"image": _IMAGE, "regions": ["westus2", {"name": "North Europe", "replicas": 2}]}
    started = recorder.call("Start a migration", start_text, "POST", "/migrations", body)
    migration = f"/migrations/{started.json()['id']}"
    recorder.until_ended(migration)
    wrong = {"image": _IMAGE, "version": "1.2", "regions": ["atlantis"]}
    recorder.call("Bad input", "Nothing is started; every field is named.", "POST", "/migrations", wrong)
    recorder.call("Look at a migration", "State, regions, reason and fix.", "GET", migration)
    recorder.call(
        "List migrations",
        "By `state`, `gallery` and `since`; `next` is the address of the following page.",
        "GET",
        "/migrations?state=completed",
    )
    add_text = "Brings the version that exists to more regions and drops none; with `{}`, to the policy's regions now."
    recorder.call("Add regions", add_text, "POST", f"{migration}/regions", {"regions": ["japaneast"]})
    recorder.until_ended(migration)
    recorder.call("Managed images", "Of `subscription`, or of all that the settings name.", "GET", "/images")
    recorder.call("Galleries", "Every image version as `gallery\\definition\\version`.", "GET", "/galleries")
    scope = [{"subscription": _SUBSCRIPTION}]
    dry_text = "With `dry_run` a batch plans every image, and writes nothing."
    dry = recorder.call("Plan a batch", dry_text, "POST", "/batches", {"scope": scope, "dry_run": True})
    recorder.until_ended(f"/batches/{dry.json()['id']}")
    recorder.call("What a batch would do", "One entry per image.", "GET", f"/batches/{dry.json()['id']}")
    batch_text = (
        "Oldest image first. `filter` takes names, tags, resource_groups, os_type, locations, older_than_days and "
        "newer_than_days; `limit` takes the oldest so many; `per_subscription` and `per_gallery` bound what runs "
        "at once."
    )
    recorder.set_clock("manual")
    filtered = {"scope": scope, "filter": {"names": ["ubuntu-*", "sql-*"]}, "limit": 50, "per_gallery": 20}
    batch = recorder.call("Start a batch", batch_text, "POST", "/batches", filtered)
    path = f"/batches/{batch.json()['id']}"
    while not recorder.ask("GET", path).json()["running"]:
        pass
    cancel_text = "Nothing more is started; what Azure was asked for runs on, and is told in `migrations`."
    recorder.call("Cancel a batch", cancel_text, "POST", f"{path}/cancel")
    recorder.until_ended(path)
    recorder.call("Look at a batch", "Counts per state, and the images that did not complete.", "GET", path)
    recorder.set_clock("skip")
    resume_text = "Starts a batch that has ended once more; what is migrated by now is left alone."
    recorder.call("Resume a batch", resume_text, "POST", f"{path}/resume")
    recorder.until_ended(path)
    coverage_text = (
        "Where every managed image stands, from Azure's own state. `images` is the sum of the five categories; "
        "`category` lists the images of one."
    )
    recorder.call("Coverage", coverage_text, "GET", "/coverage?category=blocked")
    check_text = "What each image would get by a policy that is not in force yet; without `policy`, by the one that is."
    policy = {"policy": _POLICY.replace("westus2", "westus3"), "scope": {"subscription": _SUBSCRIPTION}}
    recorder.call("Check a policy", check_text, "POST", "/policy/check", policy)
    recorder.call("Health", "Whether the policy can be read and Azure gives a token.", "GET", "/health")


def _seed() -> dict[str, Any]:
    images = [
        captured(_SUBSCRIPTION, "images", "ubuntu-2204-20260115", arrives="", ends=""),
        captured(
            _SUBSCRIPTION, "images", "sql-2019", os_type="Windows", data_disks_gb=(4095,), arrives="", ends=""
        ),
    ]
    created = {"createdTime": "2026-01-15T08:00:00Z"}
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            {"id": f"{_GROUP}/galleries/golden", "location": "eastus2", "properties": {}},
            *(image.machine for image in images),
            *(image.image | created for image in images),
        ],
    }


def _section(call: Call) -> str:
    request = [f"{call.method} /api{call.path}"]
    if call.body is not None:
        request += ["", json.dumps(call.body, indent=2)]
    answer = [f"{call.response.status_code} {call.response.reason_phrase}"]
    answer += [
        f"{name}: {call.response.headers[name]}"
        for name in ("Location", "Retry-After")
        if name in call.response.headers
    ]
    answer += ["", json.dumps(call.response.json(), indent=2)]
    return "\n".join(
        [f"## {call.title}", "", call.text, "", "```http", *request, "```", "", "```http", *answer, "```", ""]
    )


def _steady(page: str, stack: Stack) -> str:
    """The page without what differs from run to run: addresses, dates, ids made at random, keys."""
    page = page.replace(stack.host["url"], _ADDRESS)
    page = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "2026-01-19T18:38:04+00:00", page)
    page = re.sub(r"(?<=code=)[\w-]+", "<key>", page)
    page = re.sub(r"(?<=batch-)[0-9a-f]{32}", "5f3a…", page)
    return re.sub(r"(?<=\d{14})\d{6}(?=-)", "000000", page)


def main() -> None:
    """Write the page."""
    DOCUMENT.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
