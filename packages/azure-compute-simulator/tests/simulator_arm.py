"""Sends requests to a simulator without its HTTP server."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from azure_compute_simulator.gateway import RawAnswer, RawRequest
from azure_compute_simulator.service import Simulator
from simulator_world import COMPUTE

GALLERIES = "2023-07-03"
IMAGES = "2024-07-01"


@dataclass
class Arm:
    """Sends requests as an owner; paths are relative to the compute provider of the seeded group."""

    simulator: Simulator
    authorization: str | None = None

    def send(self, method: str, path: str, body: Any = None, query: str | None = None) -> RawAnswer:
        """One request; the api-version fits the path unless a query is given."""
        path = path if path.startswith("/") else f"{COMPUTE}/{path}"
        query = query if query is not None else f"api-version={GALLERIES if '/galleries' in path else IMAGES}"
        headers = {"Authorization": self.authorization} if self.authorization else {}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.simulator.gateway.handle(
            RawRequest(method, path, query, dict(parse_qsl(query)), headers, data, "http://arm.test")
        )

    def put(self, path: str, body: Any) -> Any:
        """A PUT that must succeed; its JSON."""
        answer = self.send("PUT", path, body)
        assert answer.status in (200, 201), answer.data
        return json.loads(answer.data)

    def get(self, path: str, query: str | None = None) -> Any:
        """A GET that must succeed; its JSON."""
        answer = self.send("GET", path, query=query)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def error(self, method: str, path: str, body: Any = None, query: str | None = None) -> Any:
        """The status and the error of a request that must fail."""
        answer = self.send(method, path, body, query)
        assert answer.status >= 400, answer.data
        return answer.status, json.loads(answer.data)["error"]

    def outcome(self, answer: RawAnswer) -> Any:
        """The state of the operation that an answer started."""
        path, _, query = answer.headers["Azure-AsyncOperation"].removeprefix("http://arm.test").partition("?")
        return self.get(path, query)
