"""The app for hostile requests, and what an answer of 500 or more was caused by."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from local.stack import ROOT, Stack
from tests.workflow.estate import GALLERY, SEED, an_image

_ERROR = re.compile(r"^(?:[a-z_]\w*\.)*([A-Z]\w*)(?::|$)", re.MULTILINE)
# a frame of the app itself: neither of an installed library nor of the packages that it runs on here
_FRAME = re.compile(rf'^  File "{re.escape(str(ROOT))}/((?!\.venv|packages/)[\w/]+\.py)"', re.MULTILINE)

IMAGE = an_image("web")["id"]
FUZZED_SEED: dict[str, Any] = {
    **SEED,
    "resources": [*SEED["resources"], an_image("web"), an_image("family-1")],
}
# fifty errors, each of them told twice, with a path and a reason
LARGEST_PROBLEM = 100_000
MINIMAL_POLICY = f"defaults:\n  galleries: [{GALLERY}]\n"


class Kind(NamedTuple):
    """What an unforeseen error is: its class, and the file of the app that it came from."""

    error: str
    file: str


@dataclass(frozen=True)
class Call:
    """One request. A body of bytes is sent as it is."""

    method: str
    path: str
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FuzzedApp:
    """Sends requests and reads, for each that fails, the error from the host's log."""

    stack: Stack
    http: httpx.Client
    _read: int = 0

    def send(self, call: Call) -> httpx.Response:
        """Sends the request to the HTTP API. JSON is written in ASCII, which has an escape for every text."""
        content = call.body if isinstance(call.body, bytes | None) else json.dumps(call.body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        headers |= call.headers
        url = f"{self.stack.api}/{call.path}"
        return self.http.request(
            call.method, url, content=content, headers=headers, params=call.query or None
        )

    def deliver(self, call: Call) -> httpx.Response:
        """Sends the events of the request to the webhook."""
        return self.http.post(
            f"{self.stack.host['event_grid']}?functionName=image_events",
            content=json.dumps(call.body).encode(),
            headers={"aeg-event-type": "Notification", "Content-Type": "application/json"},
        )

    def kind(self) -> Kind:
        """What the host has logged since the last call of this method."""
        log = self.stack.log("host")
        new, self._read = log[self._read :], len(log)
        errors, frames = _ERROR.findall(new), _FRAME.findall(new)
        return Kind(errors[-1] if errors else "nothing was logged", frames[-1] if frames else "")
