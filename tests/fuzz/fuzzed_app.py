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
        url = f"{self.stack.api}/{call.path}"
        return self.http.request(
            call.method, url, content=content, headers=headers, params=call.query or None
        )

    def kind(self) -> Kind:
        """What the host has logged since the last call of this method."""
        log = self.stack.log("host")
        new, self._read = log[self._read :], len(log)
        errors, frames = _ERROR.findall(new), _FRAME.findall(new)
        return Kind(errors[-1] if errors else "nothing was logged", frames[-1] if frames else "")
