"""Requests as the worker hands them to a route, and what is in its answers."""

import json
from typing import Any

import azure.functions as func

from tests.unit.fakes import FakeDurableClient

HOST = "https://gallerist.example/api"


def request(
    path: str,
    body: Any = b"",
    method: str = "GET",
    *,
    id: str = "",  # noqa: A002 # the name in the route
    headers: dict[str, str] | None = None,
    **params: str,
) -> func.HttpRequest:
    """A request for this path below the API's base; `id` is what the host takes from the path."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = "&".join(f"{key}={value}" for key, value in params.items())
    return func.HttpRequest(
        method=method,
        url=f"{HOST}/{path.format(id=id)}" + (f"?{query}" if query else ""),
        headers=headers or {},
        params=params,
        route_params={"id": id} if id else {},
        body=content,
    )


def body_of(response: func.HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.get_body())
    return body


def problem_of(response: func.HttpResponse, status: int) -> dict[str, Any]:
    """The body of a problem, checked against RFC 9457."""
    body = body_of(response)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["title"]
    assert body["detail"]
    return body


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


class Hub(FakeDurableClient):
    """A task hub that takes events."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, str]] = []

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        self.events.append((instance_id, event_name))
