"""The route of the health."""

from typing import NoReturn

import pytest

from domain.about import VERSION
from domain.errors import ArmError
from domain.fleet.batches import SWEEP_BATCH_ID
from tests.unit.app import code
from tests.unit.builders import image, policy
from tests.unit.fakes import FakeCompute, FakePolicies, working_with
from tests.unit.triggers.http.requesting import Hub, body_of, problem_of, request

get_health = code("get_health")


async def test_the_app_is_healthy_when_it_gets_a_token_and_has_a_policy() -> None:
    with working_with(FakeCompute()):
        response = await get_health(req=request("health"), client=Hub())
    assert response.status_code == 200
    assert body_of(response) == {
        "status": "healthy",
        "version": VERSION,
        "rules": 0,
        "policy_problem": None,
        "identity": "ok",
        "last_sweep": None,
        "last_event": None,
    }


async def test_the_app_is_degraded_while_the_newest_policy_has_errors() -> None:
    """The last good one stays in force."""
    policies = FakePolicies(policy())
    with working_with(FakeCompute(), policies=policies):
        response = await get_health(req=request("health"), client=Hub())
    assert response.status_code == 200
    health = body_of(response)
    assert (health["status"], health["policy_problem"]) == ("degraded", policies.problem)


@pytest.mark.parametrize(
    "error",
    [
        ArmError(0, "IdentityUnavailable", "no token"),
        ArmError(400, "IdentityFailed", "no such identity"),
        ArmError(401, "ExpiredAuthenticationToken", "expired"),
        ArmError(401, "InvalidAuthenticationToken", "of another tenant"),
        ArmError(403, "AuthorizationFailed", "refused"),
    ],
)
async def test_the_app_is_not_healthy_without_a_token(error: ArmError) -> None:
    """It cannot work, so the status is the one that is watched for, whether or not the reason passes by itself."""
    compute = FakeCompute()
    compute.error = error
    with working_with(compute):
        response = await get_health(req=request("health"), client=Hub())
    problem = problem_of(response, 503)
    assert problem["code"] == error.code
    assert problem["fix"]
    assert response.headers["Retry-After"] == "30"


class SilentHub(Hub):
    """A task hub that does not answer."""

    async def get_status(self, instance_id: str) -> NoReturn:
        raise OSError(f"no answer about {instance_id}")


async def test_the_app_is_not_healthy_without_its_task_hub() -> None:
    with working_with(FakeCompute()):
        response = await get_health(req=request("health"), client=SilentHub())
    assert problem_of(response, 503)["detail"].startswith("the task hub does not answer: no answer about")


async def test_the_health_says_when_the_sweep_was_last_at_work() -> None:
    hub = Hub()
    hub.add(SWEEP_BATCH_ID, "Completed")
    with working_with(FakeCompute()):
        health = body_of(await get_health(req=request("health"), client=hub))
    assert (health["identity"], health["last_sweep"], health["last_event"]) == (
        "ok",
        "2026-01-15T08:31:00Z",
        None,
    )


async def test_the_doctor_answers_with_the_worst_verdict() -> None:
    get_doctor = code("get_doctor")
    with working_with(FakeCompute(images=[image()])):
        body = body_of(await get_doctor(request("doctor"), Hub()))
    assert body["verdict"] == "failed"
    assert [one["name"] for one in body["findings"]][:2] == ["identity", "policy"]
