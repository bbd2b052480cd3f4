"""The route that plans a migration without starting it."""

import json
from typing import Any

import azure.functions as func
import pytest

from domain.errors import ArmError, NotYetError
from domain.resources.provenance import STARTED_BY_TAG, migration_id
from tests.unit.app import code
from tests.unit.builders import GALLERY, definition, gallery, image, image_id, policy, version
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

post_plan = code("post_plan")


async def plan_for(compute: FakeCompute, body: Any, **policy_changes: Any) -> tuple[func.HttpResponse, Any]:
    request = func.HttpRequest(
        method="POST",
        url="https://gallerist.example/api/migrations/plan",
        headers={"x-ms-client-principal-name": "ada"},
        body=json.dumps(body).encode(),
    )
    with working_with(compute, policy(**policy_changes)):
        response = await post_plan(request, FakeDurableClient())
    assert compute.writes == []
    return response, json.loads(response.get_body())


def azure(**changes: Any) -> FakeCompute:
    """An image, and a gallery for it."""
    return FakeCompute(**{"images": [image()], "galleries": [gallery()], **changes})


async def test_a_plan_holds_everything_that_would_be_created() -> None:
    response, plan = await plan_for(azure(), {"image": str(image_id())}, regions=["eastus2"])
    assert (response.status_code, plan["outcome"], plan["image"]) == (200, "migrate", str(image_id()))
    (target,) = plan["targets"]
    assert (target["gallery"], target["definition"]["name"]) == (str(GALLERY), "web-20260115")
    assert [region["name"] for region in target["version"]["regions"]] == ["westeurope", "eastus2"]
    assert (target["version"]["number"], target["version"]["exists"]) == ("1.0.0", False)
    assert target["version"]["tags"][STARTED_BY_TAG] == "http"
    how = "no version like it, in 2 regions, has been measured yet"
    assert plan["estimate"]["replication"] == {"seconds": None, "how": how}


async def test_a_plan_shows_the_waves_of_its_regions() -> None:
    _, plan = await plan_for(
        azure(), {"image": str(image_id())}, regions=["eastus2"], replication={"waves": "home-first"}
    )
    assert plan["targets"][0]["version"]["waves"] == [["westeurope"], ["eastus2"]]


async def test_the_request_overrides_the_policy_as_it_does_for_a_start() -> None:
    compute = azure(definitions=[definition("mine")], versions=[])
    _, plan = await plan_for(
        compute, {"image": str(image_id()), "definition": "mine", "version": "9.0.0", "regions": []}
    )
    (target,) = plan["targets"]
    assert (target["definition"]["name"], target["definition"]["exists"]) == ("mine", True)
    assert target["version"]["number"] == "9.0.0"


async def test_a_blocked_plan_is_an_answer_and_not_a_problem() -> None:
    compute = azure(definitions=[definition(hyper_v_generation="V1")], versions=[version()])
    response, plan = await plan_for(compute, {"image": str(image_id())})
    assert (response.status_code, plan["outcome"], plan["targets"]) == (200, "blocked", [])
    assert "web-20260115-gen2" in plan["fix"]


@pytest.mark.parametrize(
    ("compute", "body", "status"),
    [
        (azure(), {"image": "x"}, 400),
        (azure(), {"image": str(image_id()), "verzion": "1"}, 400),
        (azure(images=[]), {"image": str(image_id())}, 404),
    ],
)
async def test_an_invalid_request_is_a_problem_that_names_the_field(
    compute: FakeCompute, body: Any, status: int
) -> None:
    response, problem = await plan_for(compute, body)
    assert (response.status_code, problem["status"], bool(problem["errors"])) == (status, status, True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotYetError("the managed image is in provisioning state Creating"), 409),
        (ArmError(429, "TooManyRequests", "slow down", 7), 503),
        (ArmError(403, "AuthorizationFailed", "no"), 502),
    ],
)
async def test_an_error_of_azure_is_a_problem(error: Exception, status: int) -> None:
    compute = azure()
    compute.error = error
    response, _ = await plan_for(compute, {"image": str(image_id())})
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status in (409, 503))


async def test_a_plan_names_the_migration_that_would_run() -> None:
    _, plan = await plan_for(azure(), {"image": str(image_id())})
    assert plan["targets"][0]["version"]["tags"]["gallerist-migration"] == migration_id(image_id())


async def test_plans_beside_each_other_get_numbers_of_their_own() -> None:
    """Those of other definitions do not count."""
    besides = [str(definition().id.version(number)) for number in ("1.0.0", "1.0.1")]
    other = str(definition("other").id.version("1.0.2"))
    _, plan = await plan_for(azure(), {"image": str(image_id()), "besides": [*besides, other]})
    assert plan["targets"][0]["version"]["number"] == "1.0.2"
    facts = plan["facts"]
    _, again = await plan_for(azure(), {"image": str(image_id()), "facts": facts})
    assert (again["outcome"], again["facts"]) == ("migrate", facts)
