"""A client for tests: starts orchestrations, waits for their end, raises events, moves the host's clock.

It speaks HTTP to the durable API and the control plane, and needs nothing but the standard library.
Call the app's own HTTP functions with any HTTP client, at `HostServer.url`.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from functions_testhost.instances import Status
from functions_testhost.management_urls import WEBHOOK

PATIENCE = timedelta(seconds=60)
POLL_SECONDS = 0.01


class HostRequestError(Exception):
    """The host refused a request; the message holds the status code and the answer."""


class OrchestrationEndError(Exception):
    """An orchestration failed or was terminated; the message holds its output."""


class HostClient:
    """Talks to one running host. `key` is the host's master key; a host without `keys` needs none."""

    def __init__(self, url: str, key: str = "") -> None:
        self._url = url
        self._key = key

    def run(
        self, orchestrator: str, value: Any = None, *, instance_id: str = "", timeout: timedelta = PATIENCE
    ) -> Any:
        """Starts an orchestration, waits for its end and returns its output.

        `timeout` is real time: how long the test waits, not the host's clock.

        Raises:
            OrchestrationEndError: it failed or was terminated.
            TimeoutError: it is still running after `timeout`.
        """
        status = self.wait(self.start(orchestrator, value, instance_id=instance_id), timeout=timeout)
        if status["runtimeStatus"] != Status.COMPLETED:
            raise OrchestrationEndError(f"{orchestrator} is {status['runtimeStatus']}: {status['output']}")
        return status["output"]

    def start(self, orchestrator: str, value: Any = None, *, instance_id: str = "") -> str:
        """Starts an orchestration with a JSON value as its input and returns its instance id.

        Raises:
            HostRequestError: an instance of this id is running.
        """
        path = f"{WEBHOOK}/orchestrators/{quote(orchestrator)}"
        if instance_id:
            path += f"/{quote(instance_id, safe='')}"
        # JSON inside a JSON string, as the SDK's own client sends it: the SDK cannot read a bare number
        body = "" if value is None else json.dumps(json.dumps(value))
        return str(self._call("POST", path, body)["id"])

    def status(self, instance_id: str) -> dict[str, Any]:
        """Returns an instance's status as the durable HTTP API shows it.

        Raises:
            HostRequestError: there is no such instance.
        """
        return dict(self._call("GET", _instance(instance_id)))

    def wait(self, instance_id: str, *, timeout: timedelta = PATIENCE) -> dict[str, Any]:
        """Waits until an instance has ended and returns its status.

        Raises:
            TimeoutError: it is still running after `timeout` of real time.
        """
        return _poll(
            lambda: self.status(instance_id),
            lambda status: Status(status["runtimeStatus"]).is_final,
            timeout,
        )

    def raise_event(self, instance_id: str, name: str, value: Any = None) -> None:
        """Raises an external event with a JSON value.

        Raises:
            HostRequestError: there is no such instance, or it has ended.
        """
        self._call("POST", f"{_instance(instance_id)}/raiseEvent/{quote(name, safe='')}", json.dumps(value))

    def advance(self, step: timedelta) -> None:
        """Moves the host's clock forward, for example past a durable timer."""
        self._call("POST", "/_host/clock", json.dumps({"advance_seconds": step.total_seconds()}))

    def wait_until_idle(self, *, timeout: timedelta = PATIENCE) -> dict[str, Any]:
        """Waits until the host has nothing left to do at its present time, and returns `/_host/status`.

        Raises:
            TimeoutError: it is still working after `timeout` of real time.
        """
        return _poll(
            lambda: dict(self._call("GET", "/_host/status")), lambda status: bool(status["idle"]), timeout
        )

    def _call(self, method: str, path: str, body: str = "") -> Any:
        headers = {"x-functions-key": self._key, "Content-Type": "application/json"}
        request = Request(self._url + path, body.encode() or None, headers, method=method)
        try:
            with urlopen(request) as response:
                answer = response.read()
        except HTTPError as error:
            with error:
                raise HostRequestError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(answer) if answer else None


def _instance(instance_id: str) -> str:
    return f"{WEBHOOK}/instances/{quote(instance_id, safe='')}"


def _poll(
    read: Callable[[], dict[str, Any]], is_over: Callable[[dict[str, Any]], bool], timeout: timedelta
) -> dict[str, Any]:
    deadline = time.monotonic() + timeout.total_seconds()
    while not is_over(status := read()):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"still running after {timeout.total_seconds():g} seconds: {json.dumps(status)}"
            )
        time.sleep(POLL_SECONDS)
    return status
