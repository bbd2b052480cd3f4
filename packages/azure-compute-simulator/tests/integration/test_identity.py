"""Faults of the endpoint that issues tokens, over HTTP."""

import httpx
import pytest
from azure_compute_simulator import IdentityFault, SimulatorServer
from simulator_documents import IMAGE


def token(simulator: SimulatorServer) -> httpx.Response:
    """Asks for a token as the managed-identity client of App Service does."""
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    headers = {"X-IDENTITY-HEADER": simulator.identity_header}
    return httpx.get(simulator.identity_endpoint, params=query, headers=headers)


def test_no_token_is_issued_for_the_seconds_of_a_fault(simulator: SimulatorServer) -> None:
    """The seconds are simulated, and the number of requests does not shorten them."""
    simulator.add_fault(IdentityFault("unavailable", seconds=1000))
    assert [token(simulator).status_code for _ in range(3)] == [503, 503, 503]
    assert simulator.faults()["identity"][0]["identity"] == "unavailable"
    simulator.skip_time(1000)
    assert token(simulator).status_code == 200
    assert simulator.faults()["identity"] == []


def test_identity_faults_throttle_fail_cut_and_expire(simulator: SimulatorServer) -> None:
    """Each lasts for its number of requests. ARM refuses the expired token."""
    body = {"identity": "throttled", "times": 2, "retry_after": 7}
    assert httpx.post(f"{simulator.control}/faults", json=body).status_code == 200
    for _ in range(2):
        throttled = token(simulator)
        assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    simulator.add_fault(IdentityFault("failing"))
    assert token(simulator).status_code == 500
    simulator.add_fault(IdentityFault("drop"))
    with pytest.raises(httpx.TransportError):
        token(simulator)
    simulator.add_fault(IdentityFault("expired"))
    expired, valid = token(simulator).json(), token(simulator).json()
    answers = [
        httpx.get(
            f"{simulator.arm}{IMAGE}?api-version=2024-07-01",
            headers={"Authorization": f"Bearer {issued['access_token']}"},
        )
        for issued in (expired, valid)
    ]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert answers[0].json()["error"]["code"] == "ExpiredAuthenticationToken"
