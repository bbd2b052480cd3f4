"""The routes of promotions: who may, what is answered, what is refused."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from domain.promotion.messages import promotion_id
from tests.unit.app import code
from tests.unit.domain.promotion.estates import DEFINITION, a_version, version_id
from tests.unit.fakes import SETTINGS, FakeCompute, working_with
from tests.unit.triggers.http.requesting import HOST, Hub, body_of, fields_of, problem_of, request

post_promotion = code("post_promotion")
post_promotion_plan = code("post_promotion_plan")
get_promotions = code("get_promotions")
get_promotion = code("get_promotion")
post_promotion_pause = code("post_promotion_pause")
post_promotion_resume = code("post_promotion_resume")
post_promotion_abort = code("post_promotion_abort")
post_promotion_rollback = code("post_promotion_rollback")
get_adoption = code("get_adoption")

ID = promotion_id(DEFINITION)
BODY = {"version": str(version_id("2.0.0"))}


@pytest.fixture(autouse=True)
def azure() -> Iterator[FakeCompute]:
    compute = FakeCompute(versions=[a_version("1.0.0"), a_version("2.0.0", excluded=True)])
    with working_with(compute, settings=dataclasses.replace(SETTINGS, keys_may_approve=True)):
        yield compute


async def started() -> Hub:
    hub = Hub()
    await post_promotion(req=request("promotions", BODY, "POST"), client=hub)
    return hub


async def test_a_start_answers_202_with_the_policys_choices() -> None:
    hub = Hub()
    response = await post_promotion(req=request("promotions", BODY, "POST"), client=hub)
    assert (response.status_code, response.headers["Location"]) == (202, f"{HOST}/promotions/{ID}")
    ((name, instance_id, asked),) = hub.started
    assert (name, instance_id, asked["bake_hours"], asked["rings"]) == ("promote_version", ID, 24, [])


async def test_the_same_start_again_is_a_conflict_and_another_one_supersedes() -> None:
    hub = await started()
    again = await post_promotion(req=request("promotions", BODY, "POST"), client=hub)
    assert problem_of(again, 409)["id"] == ID
    other = await post_promotion(req=request("promotions", {**BODY, "bake_hours": 1}, "POST"), client=hub)
    assert other.status_code == 202
    assert hub.events == [(ID, "supersede")]


async def test_a_plan_shows_what_forbids_it_and_a_start_refuses(azure: FakeCompute) -> None:
    azure.versions[version_id("3.0.0")] = a_version("3.0.0")
    planned = await post_promotion_plan(req=request("promotions/plan", BODY, "POST"))
    assert body_of(planned)["obstacle"]["code"] == "NotTheHighest"
    refused = await post_promotion(req=request("promotions", BODY, "POST"), client=Hub())
    assert "elect it" in problem_of(refused, 409)["detail"]


async def test_a_missing_version_is_404() -> None:
    body = {"version": str(version_id("9.0.0"))}
    problem_of(await post_promotion(req=request("promotions", body, "POST"), client=Hub()), 404)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["version"]),
        ({**BODY, "rings": [["eastus2"], ["East US 2"]]}, ["rings"]),
        ({**BODY, "action": "rollback"}, ["action"]),
        ({**BODY, "bake_hours": -1}, ["bake_hours"]),
        ({**BODY, "when": "never"}, ["when"]),
    ],
)
async def test_a_bad_body_names_its_fields(body: Any, fields: list[str]) -> None:
    response = await post_promotion(req=request("promotions", body, "POST"), client=Hub())
    assert fields_of(problem_of(response, 400)) == fields


@pytest.mark.parametrize("route", [post_promotion, post_promotion_resume, post_promotion_rollback])
async def test_a_key_alone_may_not_decide(route: Any) -> None:
    with working_with(FakeCompute()):
        response = await route(req=request("promotions", BODY, "POST", id=ID), client=Hub())
    assert "a function key names nobody" in problem_of(response, 403)["detail"]


async def test_a_promotion_is_looked_at_and_listed() -> None:
    hub = await started()
    found = body_of(await get_promotion(req=request("promotions/{id}", id=ID), client=hub))
    assert (found["state"], found["action"], found["can_roll_back"]) == ("planned", "promote", False)
    hub.add("promotion-odd", "Running", {"odd": True})
    listed = body_of(await get_promotions(req=request("promotions"), client=hub))
    assert [one["id"] for one in listed["promotions"]] == [ID]
    assert [one["id"] for one in listed["unreadable"]] == ["promotion-odd"]
    problem_of(await get_promotion(req=request("promotions/{id}", id="promotion-x"), client=hub), 404)


async def test_orders_reach_a_promotion_that_runs() -> None:
    hub = await started()
    for route in (post_promotion_pause, post_promotion_abort, post_promotion_rollback):
        response = await route(req=request("promotions/{id}/pause", method="POST", id=ID), client=hub)
        assert response.status_code == 202
    assert [event for _, event in hub.events] == ["pause", "abort", "rollback"]
    refused = await post_promotion_resume(
        req=request("promotions/{id}/pause", method="POST", id=ID), client=hub
    )
    problem_of(refused, 409)


async def test_the_adoption_needs_a_definition() -> None:
    assert fields_of(problem_of(await get_adoption(req=request("adoption")), 400)) == ["definition"]
    problem_of(await get_adoption(req=request("adoption", definition=str(DEFINITION))), 404)
