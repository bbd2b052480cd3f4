"""The route of the coverage."""

import pytest

from domain.errors import ArmError
from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, definition, definition_id, image, version
from tests.unit.fakes import FakeCompute, working_with
from tests.unit.triggers.http.requesting import Hub, body_of, fields_of, problem_of, request

get_coverage = code("get_coverage")


async def test_every_image_is_counted_in_one_category() -> None:
    with working_with(FakeCompute(images=[image("a"), image("b")])):
        response = await get_coverage(req=request("coverage"), client=Hub())
    assert body_of(response) == {
        "images": 2,
        "migrated": 0,
        "running": 0,
        "blocked": 0,
        "ignored": 0,
        "untouched": 2,
        "unknown": 0,
        "blocked_why": {},
        "ignored_by": {},
        "unreadable": [],
        "unread": None,
    }
    assert "Retry-After" not in response.headers


async def test_the_limits_of_the_target_galleries_are_forecast_where_they_are_known() -> None:
    made = version(of=image("a"), id=definition_id("a").version("1.0.0"))
    compute = FakeCompute(images=[image("a")], versions=[made], definitions=[definition("a")])
    with working_with(compute):
        forecast = body_of(await get_coverage(req=request("coverage"), client=Hub()))["forecast"]
    found = {one["limit"]: (one["subscription"], one["region"], one["used"]) for one in forecast}
    assert found == {
        "image versions": (SUBSCRIPTION, "westeurope", 1),
        "image definitions": (SUBSCRIPTION, "northeurope", 1),
        "replicas of a version": (SUBSCRIPTION, "1.0.0", 1),
    }
    compute.errors[f"counts of {SUBSCRIPTION}"] = ArmError(403, "AuthorizationFailed", "no read")
    with working_with(compute):
        body = body_of(await get_coverage(req=request("coverage"), client=Hub()))
    assert [one["limit"] for one in body["forecast"]] == ["replicas of a version"]
    assert body["unread"] is None


@pytest.mark.parametrize(("category", "count"), [("untouched", 2), ("blocked", 0)])
async def test_the_images_of_the_querys_category_are_listed(category: str, count: int) -> None:
    with working_with(FakeCompute(images=[image("a"), image("b")])):
        response = await get_coverage(req=request("coverage", category=category), client=Hub())
    listed = body_of(response)["listed"]
    assert [row["category"] for row in listed] == [category] * count


@pytest.mark.parametrize("params", [{"category": "done"}, {"category": "", "subscription": "production"}])
async def test_an_invalid_query_answers_400(params: dict[str, str]) -> None:
    with working_with(FakeCompute()):
        response = await get_coverage(req=request("coverage", **params), client=Hub())
    assert fields_of(problem_of(response, 400)) == [name for name, value in params.items() if value]


async def test_another_subscription_is_read_if_the_query_names_it() -> None:
    other = SUBSCRIPTION.replace("1", "9")
    with working_with(FakeCompute(images=[image()])):
        response = await get_coverage(req=request("coverage", subscription=other), client=Hub())
    assert body_of(response)["images"] == 0


async def test_what_is_not_known_is_counted_apart_and_says_when_to_read_on() -> None:
    compute = FakeCompute(images=[image("a"), image("b")])
    compute.errors[str(definition_id("a"))] = ArmError(429, "TooManyRequests", "later")
    with working_with(compute):
        response = await get_coverage(req=request("coverage", category="unknown"), client=Hub())
    body = body_of(response)
    assert (body["images"], body["unknown"], body["untouched"]) == (2, 1, 1)
    (listed,) = body["listed"]
    assert listed["why"] == f"the versions of {definition_id('a')} are not read yet"
    assert body["unread"]["retry_after_seconds"] == 10
    assert response.headers["Retry-After"] == "10"
