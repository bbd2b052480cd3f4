# ruff: noqa: INP001, S310, T201 # one file that a runner executes by itself; its address is the caller's; it reports by printing
"""Asks for a migration over the HTTP API and waits for its end. It needs Python 3.9 or newer, and no package."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# a contract test compares these with the app's own end states
GOOD_ENDS = {"completed", "skipped"}
BAD_ENDS = {"blocked", "partial", "unverified", "failed", "cancelled"}
# used where an answer has no Retry-After
POLL_SECONDS = 30
TIMEOUT_SECONDS = 60
ACCEPTED, BAD_REQUEST, CONFLICT, TOO_MANY = 202, 400, 409, 429

Sleep = Callable[[float], None]


class MigrateError(Exception):
    """Why the step fails."""


class Answer(NamedTuple):
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

    @property
    def refused(self) -> bool:
        """Whether asking again cannot help."""
        return BAD_REQUEST <= self.status < TOO_MANY


def main(variables: Mapping[str, str], sleep: Sleep = time.sleep) -> None:
    """Starts the migration, waits, and writes the outputs of the step.

    Raises:
        MigrateError: the image was not migrated, or it is not known in time.
    """
    headers = {"Content-Type": "application/json", **credentials(variables)}
    image, patience = variables["GALLERIST_IMAGE"], 60 * float(variables["GALLERIST_TIMEOUT_MINUTES"])
    left = start(variables["GALLERIST_URL"].rstrip("/"), image, headers, sleep, patience)
    address, patience = left
    while True:
        answer = send("GET", address, headers)
        state = answer.body.get("state")
        if answer.refused:
            raise MigrateError(f"{image}: {answer.problem}")
        if state in GOOD_ENDS | BAD_ENDS:
            break
        if patience <= 0:
            raise MigrateError(
                f"{image} is still {state or 'not known'}; the migration goes on, look at {address}"
            )
        print(f"{image}: {state or answer.problem}", flush=True)
        patience -= answer.wait_seconds
        sleep(answer.wait_seconds)
    write_outputs(variables, address.rsplit("/", 1)[-1], state)
    print(f"{image}: {state}")
    if state in BAD_ENDS:
        why = " ".join(str(answer.body[name]) for name in ("reason", "fix") if answer.body.get(name))
        raise MigrateError(f"{image} is {state}: {why}")


def start(url: str, image: str, headers: dict[str, str], sleep: Sleep, patience: float) -> tuple[str, float]:
    """Returns the address of the migration, which runs now or ran already, and the patience that is left in seconds.

    A start that was not answered can be repeated: no image is migrated twice.
    """
    while True:
        answer = send("POST", f"{url}/migrations", headers, {"image": image})
        if answer.status in {ACCEPTED, CONFLICT} and "location" in answer.headers:
            return answer.headers["location"], patience
        if answer.refused or patience <= 0:
            raise MigrateError(f"{image} is not started: {answer.problem}")
        print(f"{image}: {answer.problem}", flush=True)
        patience -= answer.wait_seconds
        sleep(answer.wait_seconds)


def credentials(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns the headers that authenticate: a key, a token, or both."""
    key, token = variables.get("GALLERIST_FUNCTION_KEY"), variables.get("GALLERIST_TOKEN")
    return {
        **({"x-functions-key": key} if key else {}),
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }


def send(method: str, url: str, headers: dict[str, str], body: dict[str, str] | None = None) -> Answer:
    """Sends a request; the status is 0 where nothing answered."""
    data = json.dumps(body).encode() if body is not None else None
    try:
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return _answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return _answer(error.code, error.headers, error.read())
    except OSError as error:
        return Answer(0, {}, {"detail": str(error)})


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"detail": body.decode(errors="replace")}
    return Answer(status, {name.lower(): value for name, value in headers.items()}, document)


def write_outputs(variables: Mapping[str, str], migration: str, state: str) -> None:
    """Appends the outputs of the step to the file that the runner names."""
    with open(variables["GITHUB_OUTPUT"], "a", encoding="utf-8") as outputs:  # noqa: PTH123 # a path of the runner's
        outputs.write(f"id={migration}\nstate={state}\n")


if __name__ == "__main__":
    try:
        main(os.environ)
    except MigrateError as problem:
        # the runner shows this line at the top of the run
        sys.exit(f"::error::{problem}")
