"""The route of the coverage."""

import pytest

from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, image
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
        "blocked_why": {},
        "ignored_by": {},
    }


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
