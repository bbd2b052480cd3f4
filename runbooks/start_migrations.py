# ruff: noqa: INP001, S310, T201 # one file that Azure Automation runs by itself; its addresses are the account's; it reports by printing
"""Azure Automation runbook: starts the migration of one managed image or of many, waits until they end, and reports.

Parameters, in this order:
    1. the resource id of a managed image, or the id of a subscription, for all of its images;
    2. with a subscription: a pattern of image names, such as ubuntu-*, to take only some of them; * stands for any
       characters, ? for one, and upper and lower case are the same

Variables of the Automation account:
    GalleristUrl             the base of the HTTP API: https://<function app>.azurewebsites.net/api
    GalleristFunctionKey     a function key, encrypted; not needed with GalleristAudience
    GalleristAudience        api://<client id>, if Microsoft Entra is in front of the API; the account's identity gets
                             the token
    GalleristTimeoutSeconds  how long to wait for each answer; 60 without it

The job fails if any image was not migrated; the images and the reasons are at the end of its log. A migration continues
after the job ends; run the runbook again to go on waiting. It needs Python 3.10 or newer, and no package.
Start-Migrations.ps1 does the same in PowerShell; a test runs both against the same answers.
"""

import http.client
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

# a contract test compares these with the app's own end states
GOOD_ENDS = {"completed", "skipped"}
BAD_ENDS = {"blocked", "partial", "unverified", "failed", "cancelled"}
# used where an answer has no Retry-After
POLL_SECONDS = 30
# how often a list or a start that is refused for now is asked for
TRIES = 10
# documented: Azure Automation unloads a job that has run for three hours
LONGEST_WAIT_SECONDS = 2.5 * 3600
TIMEOUT_SECONDS = 60
# of an answer that is no JSON, such as the HTML page of a gateway
LONGEST_TEXT = 200
# what names of managed images consist of, and the two wildcards
PATTERN = re.compile(r"[A-Za-z0-9._*?-]+")


class RunbookError(Exception):
    """Why the job fails."""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would send the key to another address, and make a GET of a POST."""

    def redirect_request(self, *_: Any) -> None:
        """Leaves the answer as it is."""


@dataclass
class Clock:
    """The time of the job."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.now()

    @property
    def seconds_left(self) -> float:
        return self.started + LONGEST_WAIT_SECONDS - self.now()

    def wait(self, seconds: float) -> None:
        """Sleeps, but not beyond the end of the job."""
        self.sleep(max(0, min(seconds, self.seconds_left)))


@dataclass
class Answer:
    """An HTTP answer; the status is 0 if there was none."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def problem(self) -> str:
        """The reason of an error, from the API or from the platform in front of it."""
        detail = self.body.get("detail") or "no reason given"
        return f"HTTP {self.status}: {detail}" if self.status else f"no answer: {detail}"

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (0, 408, 429) or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_refusal(self) -> bool:
        """Whether the same request fails again; a redirect leads to a page for people."""
        return self.status >= HTTPStatus.MULTIPLE_CHOICES and not self.is_temporary

    @property
    def wait_seconds(self) -> int:
        """How long to wait before the next request."""
        value = self.headers.get("retry-after", "")
        return max(1, int(value)) if re.fullmatch("[0-9]{1,6}", value) else POLL_SECONDS


@dataclass
class Api:
    """Gallerist's HTTP API, with the headers that authenticate the runbook."""

    url: str
    headers: dict[str, str]
    clock: Clock
    timeout_seconds: float = TIMEOUT_SECONDS

    def list_images(self, subscription: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Returns the managed images of a subscription, and what cannot be read with the reasons.

        An answer with only a part of the images is asked for again until all are read.
        """
        address = f"{self.url}/images?subscription={urllib.parse.quote(subscription, safe='')}"
        while True:
            answer = self._patiently("GET", address)
            if answer.status != HTTPStatus.OK or "images" not in answer.body:
                raise RunbookError(f"the images of {subscription} cannot be listed: {answer.problem}")
            if not answer.body.get("unread"):
                gaps = answer.body.get("unreadable") or []
                unreadable = {gap["id"]: f"cannot be read: {gap['reason']}: {gap['fix']}" for gap in gaps}
                return answer.body["images"], unreadable
            if self.clock.seconds_left <= 0:
                raise RunbookError(
                    f"the images of {subscription} cannot all be read: {answer.body['unread']['reason']}"
                )
            self.clock.wait(answer.wait_seconds)

    def start(self, image: str) -> Answer:
        """Starts a migration: 202, or 409 if it is already running; both have its address."""
        return self._patiently("POST", f"{self.url}/migrations", {"image": image})

    def get(self, address: str) -> Answer:
        """Reads a migration."""
        return self._send("GET", address)

    def _patiently(self, method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
        """Repeats a request that is refused for now, as Retry-After says. A repeated start migrates no image twice."""
        answer = self._send(method, url, body)
        for _ in range(TRIES - 1):
            if not answer.is_temporary or self.clock.seconds_left <= 0:
                break
            self.clock.wait(answer.wait_seconds)
            answer = self._send(method, url, body)
        return answer

    def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
        data = json.dumps(body).encode() if body is not None else None
        headers = {**self.headers, "Content-Type": "application/json"}
        opener = urllib.request.build_opener(NoRedirects)
        try:
            request = urllib.request.Request(url, data, headers, method=method)
            with opener.open(request, timeout=self.timeout_seconds) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, {}, {"detail": str(error)})


def main(
    arguments: list[str],
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Starts the migrations, waits for them, and reports.

    Raises:
        RunbookError: an image was not migrated, or the API cannot be used.
    """
    target, pattern = parameters(arguments)
    url = variable("GalleristUrl").rstrip("/")
    if not re.match("https?://", url):
        raise RunbookError(f"the variable GalleristUrl is {url}; it must begin with https://")
    timeout = float(variable("GalleristTimeoutSeconds", str(TIMEOUT_SECONDS)))
    api = Api(url, credentials(), Clock(sleep, now), timeout)
    images, gaps = find_images(api, target, pattern)
    problems, running = start_all(api, images)
    problems |= wait_for_all(api, running)
    print(f"{len(images) - len(problems)} of {len(images)} managed images are migrated")
    problems = gaps | problems
    if problems:
        lines = [f"{name}: {why}" for name, why in problems.items()]
        raise RunbookError("\n".join(["not migrated:", *lines]))


def parameters(arguments: list[str]) -> tuple[str, str]:
    """Returns the image or the subscription, and the pattern of names.

    Raises:
        RunbookError: they are not what the head of this file says.
    """
    target, pattern = (*arguments, "*")[:2] if arguments else ("", "*")
    if not target or len(arguments) > 2:  # noqa: PLR2004 # the two that the head of this file names
        raise RunbookError(
            "wrong parameters: pass a managed image's id, or a subscription's id and, optionally, a pattern of names"
        )
    if not PATTERN.fullmatch(pattern):
        raise RunbookError(
            f"the pattern {pattern} matches no image: use letters, digits, '.', '_', '-', and the wildcards * and ?"
        )
    return target, pattern


def find_images(api: Api, target: str, pattern: str) -> tuple[list[str], dict[str, str]]:
    """Returns the ids of the managed images that the parameters name, and what cannot be read."""
    if target.startswith("/"):
        return [target], {}
    images, gaps = api.list_images(target)
    wanted = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)
    return [image["id"] for image in images if wanted.fullmatch(image["name"])], gaps


def start_all(api: Api, images: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Starts every migration; returns why some could not be started, and the addresses of the others."""
    problems, running = {}, {}
    for image in images:
        if api.clock.seconds_left <= 0:
            problems[image] = "not started in time; run this runbook again"
            continue
        answer = api.start(image)
        address = answer.headers.get("location")
        if address and answer.status in (HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
            print(f"{image}: {'started' if answer.status == HTTPStatus.ACCEPTED else 'already running'}")
            running[image] = address
        else:
            problems[image] = answer.problem
    return problems, running


def wait_for_all(api: Api, running: dict[str, str]) -> dict[str, str]:
    """Polls as often as the answers ask for, until every migration has ended; returns why some were not migrated."""
    problems: dict[str, str] = {}
    while running and api.clock.seconds_left > 0:
        answers = {image: api.get(address) for image, address in running.items()}
        for image, answer in answers.items():
            state = answer.body.get("state")
            if answer.is_refusal:
                problems[image] = answer.problem
            elif state in BAD_ENDS:
                problems[image] = _reason(answer)
            elif state not in GOOD_ENDS:
                continue
            del running[image]
            print(f"{image}: {answer.problem if answer.is_refusal else state}")
        if running:
            api.clock.wait(max(answers[image].wait_seconds for image in running))
    return problems | dict.fromkeys(running, "still running; run this runbook again to go on waiting")


def credentials() -> dict[str, str]:
    """Returns the headers that authenticate the runbook: a key, a token, or both for an API that wants both."""
    key, audience = variable("GalleristFunctionKey", ""), variable("GalleristAudience", "")
    headers = {"x-functions-key": key} if key else {}
    return {**headers, "Authorization": f"Bearer {token(audience)}"} if audience else headers


def token(audience: str) -> str:
    """Gets an Entra token for the Automation account's managed identity."""
    query = urllib.parse.urlencode({"resource": audience})
    headers = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"], "Metadata": "True"}
    request = urllib.request.Request(f"{os.environ['IDENTITY_ENDPOINT']}?{query}", headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        return str(json.load(response)["access_token"])


def variable(name: str, default: str | None = None) -> str:
    """Reads a variable of the Automation account."""
    import automationassets  # type: ignore[import-not-found] # noqa: PLC0415 # part of Azure Automation

    try:
        return str(automationassets.get_automation_variable(name))
    except automationassets.AutomationAssetNotFound:
        if default is None:
            raise RunbookError(f"the Automation account has no variable {name}; create it") from None
        return default


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    text = body.decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"detail": " ".join(text.split())[:LONGEST_TEXT]}
    return Answer(status, {name.lower(): value for name, value in headers.items()}, document)


def _reason(answer: Answer) -> str:
    parts = [answer.body.get(name) for name in ("state", "reason", "fix")]
    return ": ".join(str(part) for part in parts if part)


if __name__ == "__main__":
    main(sys.argv[1:])
