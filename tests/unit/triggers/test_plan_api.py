"""The preflight over HTTP: the plan of what would be started, and the problems of a request at fault."""

import json
from typing import Any

import azure.functions as func
import pytest

from domain.errors import ArmError, NotYetError
from domain.resources.provenance import STARTED_BY_TAG, migration_id
from tests.unit.app import code
from tests.unit.builders import GALLERY, definition, gallery, image, image_id, policy, version
from tests.unit.fakes import FakeCompute, working_with

post_plan = code("post_plan")


async def asked(compute: FakeCompute, body: Any, **policy_changes: Any) -> tuple[func.HttpResponse, Any]:
    request = func.HttpRequest(
        method="POST",
        url="https://gallerist.example/api/migrations/plan",
        headers={"x-ms-client-principal-name": "ada"},
        body=json.dumps(body).encode(),
    )
    with working_with(compute, policy(**policy_changes)):
        response = await post_plan(request)
    assert compute.writes == []
    return response, json.loads(response.get_body())


def world(**changes: Any) -> FakeCompute:
    return FakeCompute(**{"images": [image()], "galleries": [gallery()], **changes})


async def test_a_plan_is_answered_with_everything_that_would_be_made() -> None:
    response, plan = await asked(world(), {"image": str(image_id())}, regions=["eastus2"])
    assert (response.status_code, plan["outcome"], plan["image"]) == (200, "migrate", str(image_id()))
    (target,) = plan["targets"]
    assert (target["gallery"], target["definition"]["name"]) == (str(GALLERY), "web-20260115")
    assert [region["name"] for region in target["version"]["regions"]] == ["westeurope", "eastus2"]
    assert (target["version"]["number"], target["version"]["exists"]) == ("1.0.0", False)
    assert target["version"]["tags"][STARTED_BY_TAG] == "ada"
    assert plan["estimate"].keys() == {"storage"}


async def test_the_waves_are_told() -> None:
    _, plan = await asked(
        world(), {"image": str(image_id())}, regions=["eastus2"], replication={"waves": "home-first"}
    )
    assert plan["targets"][0]["version"]["waves"] == [["westeurope"], ["eastus2"]]


async def test_a_request_decides_over_the_policy_as_it_does_for_a_start() -> None:
    compute = world(definitions=[definition("mine")], versions=[])
    _, plan = await asked(
        compute, {"image": str(image_id()), "definition": "mine", "version": "9.0.0", "regions": []}
    )
    (target,) = plan["targets"]
    assert (target["definition"]["name"], target["definition"]["exists"]) == ("mine", True)
    assert target["version"]["number"] == "9.0.0"


async def test_a_blocked_plan_is_an_answer_not_a_problem() -> None:
    compute = world(definitions=[definition(hyper_v_generation="V1")], versions=[version()])
    response, plan = await asked(compute, {"image": str(image_id())})
    assert (response.status_code, plan["outcome"], plan["targets"]) == (200, "blocked", [])
    assert "web-20260115-gen2" in plan["fix"]


@pytest.mark.parametrize(
    ("compute", "body", "status"),
    [
        (world(), {"image": "x"}, 400),
        (world(), {"image": str(image_id()), "verzion": "1"}, 400),
        (world(images=[]), {"image": str(image_id())}, 404),
    ],
)
async def test_a_request_at_fault_is_a_problem(compute: FakeCompute, body: Any, status: int) -> None:
    response, problem = await asked(compute, body)
    assert (response.status_code, problem["status"], bool(problem["errors"])) == (status, status, True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotYetError("the managed image is in provisioning state Creating"), 409),
        (ArmError(429, "TooManyRequests", "slow down", 7), 503),
        (ArmError(403, "AuthorizationFailed", "no"), 502),
    ],
)
async def test_what_azure_refuses_is_told(error: Exception, status: int) -> None:
    compute = world()
    compute.error = error
    response, _ = await asked(compute, {"image": str(image_id())})
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status in (409, 503))


async def test_a_plan_is_of_the_migration_that_would_run() -> None:
    _, plan = await asked(world(), {"image": str(image_id())})
    assert plan["targets"][0]["version"]["tags"]["gallerist-migration"] == migration_id(image_id())
