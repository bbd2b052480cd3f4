"""A transport that answers what a test wrote down, and keeps the requests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers request after request; the last answer is repeated."""

    answers: list[httpx.Response | Callable[[httpx.Request], httpx.Response]]
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer


def answer(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    """An answer of the API."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=sent)


def problem(status: int, detail: str, *, retry_after: str = "", **members: Any) -> httpx.Response:
    """A problem as the API answers it."""
    body = {"type": "about:blank", "title": "Title", "status": status, "detail": detail, **members}
    headers = {"content-type": "application/problem+json", "retry-after": retry_after}
    return httpx.Response(status, content=json.dumps(body), headers=headers)
