"""The simulator over HTTPS, which Microsoft's clients insist on."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.identity import ManagedIdentityCredential
from azure.mgmt.compute import ComputeManagementClient
from azure_compute_simulator import SimulatorServer
from simulator_documents import SUBSCRIPTION, seed


@pytest.fixture
def secure() -> Iterator[SimulatorServer]:
    with SimulatorServer(seed(), tls=True) as simulator:
        yield simulator


def test_a_client_that_trusts_the_ca_file_can_connect(
    secure: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.ca_file))
    monkeypatch.setenv("IDENTITY_ENDPOINT", secure.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", secure.identity_header)
    with ComputeManagementClient(
        ManagedIdentityCredential(),
        SUBSCRIPTION,
        base_url=secure.arm,
        credential_scopes=["https://management.azure.com/.default"],
    ) as compute:
        assert [image.name for image in compute.images.list()] == ["web", "second", "huge", "far"]


def test_a_client_that_does_not_trust_the_ca_file_cannot_connect(secure: SimulatorServer) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(secure.arm, trust_env=False)


def test_the_cloud_describes_itself_without_a_token(secure: SimulatorServer) -> None:
    trust = ssl.create_default_context(cafile=secure.ca_file)
    document = httpx.get(f"{secure.arm}/metadata/endpoints", verify=trust, trust_env=False).json()
    assert document["resourceManager"] == f"{secure.arm}/"
    assert "https://management.azure.com/" in document["authentication"]["audiences"]


def test_the_ca_file_is_deleted_when_the_simulator_stops() -> None:
    with SimulatorServer(tls=True) as simulator:
        path = Path(str(simulator.ca_file))
        assert os.access(path, os.R_OK)
    assert not path.exists()
