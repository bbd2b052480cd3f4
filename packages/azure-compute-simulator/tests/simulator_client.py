"""A client that sends requests to a simulator without its HTTP server."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from azure_compute_simulator.gateway import HttpRequest, HttpResponse
from azure_compute_simulator.simulator import Simulator
from simulator_documents import COMPUTE

GALLERIES = "2023-07-03"
IMAGES = "2024-07-01"
OTHERS = {
    "/galleries": GALLERIES,
    "/Microsoft.VirtualMachineImages/": "2024-02-01",
    "/Microsoft.DesktopVirtualization/": "2025-04-01-preview",
}


@dataclass
class ArmClient:
    """Sends requests. Relative paths start at the compute provider of the seeded resource group."""

    simulator: Simulator
    authorization: str | None = None

    def send(self, method: str, path: str, body: Any = None, query: str | None = None) -> HttpResponse:
        """Sends one request. Without a query it has an api-version that fits the path."""
        path = path if path.startswith("/") else f"{COMPUTE}/{path}"
        fitting = next((version for part, version in OTHERS.items() if part in path), IMAGES)
        query = query if query is not None else f"api-version={fitting}"
        headers = {"Authorization": self.authorization} if self.authorization else {}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.simulator.gateway.handle(
            HttpRequest(method, path, query, dict(parse_qsl(query)), headers, data, "http://arm.test")
        )

    def put(self, path: str, body: Any) -> Any:
        """Sends a PUT that must succeed, and returns the JSON."""
        response = self.send("PUT", path, body)
        assert response.status in (200, 201), response.data
        return json.loads(response.data)

    def get(self, path: str, query: str | None = None) -> Any:
        """Sends a GET that must succeed, and returns the JSON."""
        response = self.send("GET", path, query=query)
        assert response.status == 200, response.data
        return json.loads(response.data)

    def error(self, method: str, path: str, body: Any = None, query: str | None = None) -> Any:
        """Sends a request that must fail, and returns its status and its error."""
        response = self.send(method, path, body, query)
        assert response.status >= 400, response.data
        return response.status, json.loads(response.data)["error"]

    def operation(self, response: HttpResponse) -> Any:
        """Polls the operation that a response started, and returns its JSON."""
        path, _, query = (
            response.headers["Azure-AsyncOperation"].removeprefix("http://arm.test").partition("?")
        )
        return self.get(path, query)
