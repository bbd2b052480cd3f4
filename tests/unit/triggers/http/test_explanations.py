"""The routes that say why."""

from typing import Any

import azure.functions as func

from tests.unit.app import code
from tests.unit.builders import (
    GALLERY,
    definition,
    gallery,
    image,
    image_id,
    in_regions,
    policy,
    version,
)
from tests.unit.fakes import FakeCompute, working_with
from tests.unit.triggers.http.requesting import body_of, problem_of, request

get_explanation = code("get_explanation")
get_why = code("get_why")


async def explain(compute: FakeCompute, **defaults: Any) -> func.HttpResponse:
    with working_with(compute, policy(**defaults)):
        return await get_explanation(request("images/explain", image=str(image_id())))


async def test_an_explanation_has_the_names_that_follow() -> None:
    body = body_of(await explain(FakeCompute(images=[image()]), version="date"))
    assert (body["image"], body["rule"], body["rules"]) == (str(image_id()), "defaults", [])
    assert body["names"]["galleries"] == [str(GALLERY)]
    assert (body["names"]["definition"], body["names"]["numbering"]) == ("web-20260115", "date")
    assert body["names"]["number"] == "2026.115.83000"
    assert [region["name"] for region in body["names"]["regions"]] == ["westeurope"]


async def test_an_image_that_gets_no_name_has_the_reason_instead() -> None:
    body = body_of(await explain(FakeCompute(images=[image()]), name_pattern="sql-.*"))
    assert body["names"] is None
    assert [check["verdict"] for check in body["checks"]] == ["failed"]


async def test_an_image_that_does_not_exist_is_not_explained() -> None:
    assert "does not exist" in problem_of(await explain(FakeCompute()), 404)["detail"]


async def test_a_malformed_id_is_named() -> None:
    with working_with(FakeCompute(), policy()):
        response = await get_explanation(request("images/explain", image="web"))
    assert problem_of(response, 400)["errors"][0]["field"] == "image"


async def test_why_answers_with_findings_in_their_order() -> None:
    held = version(replication=in_regions(westeurope="Completed"))
    compute = FakeCompute(galleries=[gallery()], definitions=[definition()], versions=[held])
    with working_with(compute, policy()):
        response = await get_why(request("versions/why", version=str(held.id), region="West Europe"))
    body = body_of(response)
    assert (body["usable"], body["region"], body["subscription"]) == ("yes", "westeurope", None)
    assert [one["name"] for one in body["findings"]][:3] == ["gallery", "image definition", "image version"]
    assert body["latest"]["version"] == "1.0.0"


async def test_why_needs_a_version_and_a_region() -> None:
    with working_with(FakeCompute(), policy()):
        response = await get_why(request("versions/why", version="1.0.0", subscription="x"))
    fields = [error["field"] for error in problem_of(response, 400)["errors"]]
    assert fields == ["version", "region", "subscription"]
