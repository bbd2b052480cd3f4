"""The client with which the tests talk to a host: it polls without pauses, and reaches the app's own functions."""

import json
from collections.abc import Callable
from typing import Any, Protocol, Self

import httpx
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer


class TestClient:
    """A client of one running host."""

    __test__ = False

    def __init__(self, host: HostServer) -> None:
        self.host = host
        self.http = httpx.Client(base_url=host.url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def start(self, orchestrator: str, body: Any = None, instance_id: str | None = None) -> str:
        """Starts an orchestrator through the app's own starter, and returns the instance id."""
        path = f"/api/start/{orchestrator}" + (f"/{instance_id}" if instance_id else "")
        answer = self.http.post(path, json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def status(self, instance_id: str, **query: str) -> dict[str, Any]:
        """Reads an instance's status once."""
        answer = self.http.get(f"/runtime/webhooks/durabletask/instances/{instance_id}", params=query)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json())

    def wait(self, instance_id: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """Reads an instance's status until it has ended or a condition holds. The test's time limit ends the wait."""
        while True:
            status = self.status(instance_id)
            if until(status) if until else status["runtimeStatus"] in ("Completed", "Failed", "Terminated"):
                return status

    def run(self, orchestrator: str, body: Any = None, instance_id: str | None = None) -> dict[str, Any]:
        """Starts an orchestrator and waits for its end."""
        return self.wait(self.start(orchestrator, body, instance_id))

    def manage(self, instance_id: str, operation: str, **query: str) -> httpx.Response:
        """Posts one of the management operations."""
        url = f"/runtime/webhooks/durabletask/instances/{instance_id}/{operation}"
        return self.http.post(url, params=query)

    def raise_event(self, instance_id: str, name: str, data: Any = None) -> httpx.Response:
        """Sends an external event with a JSON body."""
        url = f"/runtime/webhooks/durabletask/instances/{instance_id}/raiseEvent/{name}"
        return self.http.post(url, content=json.dumps(data), headers={"Content-Type": "application/json"})

    def wait_until_idle(self) -> dict[str, Any]:
        """Waits until nothing runs and nothing can."""
        while True:
            status = dict(self.http.get("/_host/status").json())
            if status["idle"]:
                return status


class Serve(Protocol):
    """Starts a host for one of the apps, and returns its client."""

    def __call__(
        self, app: str = "patterns", clock: Clock | None = None, *, keys: bool = False
    ) -> TestClient: ...
