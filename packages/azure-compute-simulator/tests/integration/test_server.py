"""`SimulatorServer` in a process: ports, failed starts, tokens."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from azure_compute_simulator import SeedError, SimulatorServer
from simulator_documents import IMAGE, seed


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and nobody else can take."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def test_a_port_in_use_raises_oserror() -> None:
    """The process goes on, and the next server can start."""
    with SimulatorServer() as first, pytest.raises(OSError, match="in use"):
        SimulatorServer(port=int(first.arm.rsplit(":", 1)[1]))
    with SimulatorServer() as second:
        assert httpx.get(f"{second.control}/state", trust_env=False).status_code == 200


def test_a_server_whose_seeded_endpoint_fails_the_handshake_stops(closed_port: int) -> None:
    endpoint = f"http://127.0.0.1:{closed_port}/events"
    server = SimulatorServer({"eventSubscriptions": [{"name": "images", "endpoint": endpoint}]})
    with pytest.raises(SeedError, match=r"eventSubscriptions\[0\]: .* does not answer"):
        server.start()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.control}/state", trust_env=False)


def test_the_credential_gives_tokens_that_arm_accepts() -> None:
    """Both for ARM's own scope and for the scope that clients derive from the base URL."""
    with SimulatorServer(seed()) as server:
        for scope in ("https://management.azure.com/.default", f"{server.arm}/.default"):
            token = server.credential.get_token(scope)
            response = httpx.get(
                f"{server.arm}{IMAGE}?api-version=2024-07-01",
                headers={"Authorization": f"Bearer {token.token}"},
                trust_env=False,
            )
            assert response.json()["name"] == "web"
