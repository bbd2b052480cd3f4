# ruff: noqa: INP001, S310, T201 # one file that Azure Automation runs by itself; its addresses are the account's; it reports by printing
"""Azure Automation runbook: starts the migration of one managed image or of many, waits until they end, and reports.

Parameters, in this order:
    1. the resource id of a managed image, or the id of a subscription, for all of its images;
    2. with a subscription: a pattern of image names, such as ubuntu-*, to take only some of them

Variables of the Automation account:
    GalleristUrl          the base of the HTTP API: https://<function app>.azurewebsites.net/api
    GalleristFunctionKey  a function key, encrypted
    GalleristAudience     api://<client id>, if the API demands an Entra token: the account's identity gets one for it

The job fails if any image was not migrated; the images and the reasons are at the end of its log. A migration continues
after the job ends; run the runbook again to go on waiting. It needs Python 3.10 or newer, and no package.
"""

import fnmatch
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

# a contract test compares these with the app's own end states
GOOD_ENDS = {"completed", "skipped"}
BAD_ENDS = {"blocked", "partial", "unverified", "failed", "cancelled"}
# used where an answer has no Retry-After
POLL_SECONDS = 30
# documented: Azure Automation unloads a job that has run for three hours
LONGEST_WAIT_SECONDS = 2.5 * 3600
TIMEOUT_SECONDS = 60

Sleep = Callable[[float], None]


class RunbookError(Exception):
    """Why the job fails."""


@dataclass
class Answer:
    """An HTTP answer; the status is 0 if there was none."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def problem(self) -> str:
        """The reason of an error, from the API or from the platform in front of it."""
        return f"HTTP {self.status}: {self.body.get('detail') or 'no reason given'}"

    @property
    def wait_seconds(self) -> int:
        """How long to wait before the next request."""
        value = self.headers.get("retry-after", "")
        return int(value) if value.isdigit() else POLL_SECONDS


@dataclass
class Api:
    """Gallerist's HTTP API, with the headers that authenticate the runbook."""

    url: str
    headers: dict[str, str]

    def list_images(self, subscription: str, pattern: str) -> list[str]:
        """The ids of the managed images of a subscription whose names match the pattern."""
        answer = self._send("GET", f"{self.url}/images?subscription={urllib.parse.quote(subscription)}")
        if answer.status != HTTPStatus.OK:
            raise RunbookError(f"the images of {subscription} cannot be listed: {answer.problem}")
        return [image["id"] for image in answer.body["images"] if fnmatch.fnmatch(image["name"], pattern)]

    def start(self, image: str) -> Answer:
        """Starts a migration: 202, or 409 if it is already running; both have its address."""
        return self._send("POST", f"{self.url}/migrations", {"image": image})

    def get(self, address: str) -> Answer:
        """Reads a migration."""
        return self._send("GET", address)

    def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
        data = json.dumps(body).encode() if body is not None else None
        headers = {**self.headers, "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(url, data, headers, method=method)
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())
        except OSError as error:
            return Answer(0, {}, {"detail": str(error)})


def main(arguments: list[str], sleep: Sleep = time.sleep) -> None:
    """Starts the migrations, waits for them, and reports.

    Raises:
        RunbookError: an image was not migrated, or the API cannot be used.
    """
    api = Api(variable("GalleristUrl").rstrip("/"), credentials())
    images = find_images(api, arguments)
    problems, running = start_all(api, images)
    problems |= wait_for_all(api, running, sleep)
    print(f"{len(images) - len(problems)} of {len(images)} managed images are migrated")
    if problems:
        raise RunbookError(
            "\n".join(["not migrated:", *(f"{image}: {why}" for image, why in problems.items())])
        )


def find_images(api: Api, arguments: list[str]) -> list[str]:
    """Returns the ids of the managed images that the parameters name."""
    match arguments:
        case [image] if image.startswith("/"):
            return [image]
        case [subscription] if subscription:
            return api.list_images(subscription, "*")
        case [subscription, pattern]:
            return api.list_images(subscription, pattern)
    raise RunbookError(
        "wrong parameters: pass a managed image's id, or a subscription's id and, optionally, a pattern of names"
    )


def start_all(api: Api, images: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Starts every migration; returns why some could not be started, and the addresses of the others."""
    problems, running = {}, {}
    for image in images:
        answer = api.start(image)
        if answer.status in (HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
            print(f"{image}: {'started' if answer.status == HTTPStatus.ACCEPTED else 'already running'}")
            running[image] = answer.headers["location"]
        else:
            problems[image] = answer.problem
    return problems, running


def wait_for_all(api: Api, running: dict[str, str], sleep: Sleep) -> dict[str, str]:
    """Polls as often as the answers ask for, until every migration has ended; returns why some were not migrated."""
    problems: dict[str, str] = {}
    waited = 0.0
    while running and waited < LONGEST_WAIT_SECONDS:
        answers = {image: api.get(address) for image, address in running.items()}
        for image, answer in answers.items():
            state = answer.body.get("state")
            refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.TOO_MANY_REQUESTS
            if refused or state in GOOD_ENDS | BAD_ENDS:
                del running[image]
                print(f"{image}: {state or answer.problem}")
            if refused or state in BAD_ENDS:
                problems[image] = answer.problem if refused else _reason(answer)
        if running:
            pause = max(answers[image].wait_seconds for image in running)
            sleep(pause)
            waited += pause
    return problems | dict.fromkeys(running, "still running; run this runbook again to go on waiting")


def credentials() -> dict[str, str]:
    """Returns the headers that authenticate the runbook: a key, a token, or both."""
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
    try:
        document = json.loads(body)
    except ValueError:
        document = {"detail": body.decode(errors="replace")}
    return Answer(status, {name.lower(): value for name, value in headers.items()}, document)


def _reason(answer: Answer) -> str:
    parts = [answer.body.get(name) for name in ("state", "reason", "fix")]
    return ": ".join(str(part) for part in parts if part)


if __name__ == "__main__":
    main(sys.argv[1:])
