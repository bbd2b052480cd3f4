"""A Gallerist that answers what docs/api.md prints for each operation, and keeps the requests.

The page is made by calling every operation of a running app, so these answers are those of the app.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from api.operations import OPERATIONS, operation_of

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
URL = "https://gallerist.example/api"
Reply = httpx.Response | Callable[[httpx.Request], httpx.Response] | Exception


class Request(NamedTuple):
    """A request that a command made."""

    operation: str
    path: str
    query: dict[str, str]
    body: Any
    headers: httpx.Headers


@cache
def _documented() -> dict[str, list[tuple[int, str]]]:
    text = PAGE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", text, re.MULTILINE))
    answers = {}
    for operation in OPERATIONS:
        blocks = re.findall(r"```http\n(\d{3}) .*\n((?:(?!```).*\n)*)```", sections[operation.title])
        answers[operation.name] = [
            (int(status), rest[rest.index("{") :]) for status, rest in blocks if "{" in rest
        ]
    return answers


def documented(operation: str, position: int = -1) -> dict[str, Any]:
    """The answer that the page prints for an operation: its last one, or that in another position."""
    successes = [text for status, text in _documented()[operation] if status < 300]
    answer: dict[str, Any] = json.loads(successes[position])
    return answer


@dataclass
class DocumentedApi(httpx.BaseTransport):
    """Answers what the page prints, or what a test wrote down for an operation: in turn, the last repeated."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def on(self, operation: str, *replies: Reply | dict[str, Any]) -> None:
        """Answers an operation with these; a dictionary is the body of its success."""
        of_name = next(one for one in OPERATIONS if one.name == operation)
        self.replies[operation] = [
            httpx.Response(of_name.status, json=reply) if isinstance(reply, dict) else reply
            for reply in replies
        ]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        operation = operation_of(request.method, str(request.url).partition("?")[0])
        body = json.loads(request.content) if request.content else None
        path = request.url.path
        self.requests.append(Request(operation.name, path, dict(request.url.params), body, request.headers))
        replies = self.replies.get(operation.name)
        if replies is None:
            return httpx.Response(operation.status, json=documented(operation.name))
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply(request) if callable(reply) else reply

    def called(self, operation: str) -> list[Request]:
        """The requests to one operation."""
        return [request for request in self.requests if request.operation == operation]


def problem(status: int, detail: str, **members: Any) -> httpx.Response:
    """A problem as the API answers it."""
    body = {"type": "about:blank", "title": "Title", "status": status, "detail": detail, **members}
    return httpx.Response(
        status, content=json.dumps(body), headers={"content-type": "application/problem+json"}
    )
