"""A simulator on a free port, and Microsoft's own client for it."""

from collections.abc import Callable, Iterator

import pytest
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ManagedIdentityCredential
from azure.mgmt.compute import ComputeManagementClient
from azure_compute_simulator import SimulatorServer
from simulator_documents import SUBSCRIPTION, seed

MakeClient = Callable[..., ComputeManagementClient]


class PlainHttp(SansIOHTTPPolicy):
    """Allows bearer tokens over plain HTTP."""

    def on_request(self, request: PipelineRequest) -> None:
        request.context.options["enforce_https"] = False


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(seed(), transitions="polls:2") as server:
        yield server


@pytest.fixture
def make_client(simulator: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    monkeypatch.setenv("IDENTITY_ENDPOINT", simulator.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", simulator.identity_header)
    clients = []

    def make(**arguments: object) -> ComputeManagementClient:
        client = ComputeManagementClient(
            ManagedIdentityCredential(),
            SUBSCRIPTION,
            base_url=simulator.arm,
            credential_scopes=["https://management.azure.com/.default"],
            per_call_policies=[PlainHttp()],
            polling_interval=0,
            **arguments,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def compute(make_client: MakeClient) -> ComputeManagementClient:
    return make_client()
