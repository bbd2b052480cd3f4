"""The routes that compare what is wanted with what is there."""

from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, definition, gallery, image, policy
from tests.unit.fakes import FakeCompute, working_with
from tests.unit.triggers.http.requesting import HOST, body_of, problem_of, request

get_diff = code("get_diff")
get_check = code("get_check")


async def test_a_page_names_the_next_one_with_the_same_filter() -> None:
    images = [image(f"web-{number:03}") for number in range(51)]
    with working_with(FakeCompute(images=images, galleries=[gallery()]), policy()):
        first = body_of(await get_diff(request("diff", resource_group="builds", subscription=SUBSCRIPTION)))
        place = first["images"][-1]["image"].lower()
        rest = body_of(await get_diff(request("diff", resource_group="builds", page=place)))
    assert (len(first["images"]), first["total"], first["counts"]["out-of-sync"]) == (50, 51, 50)
    assert first["next"].startswith(f"{HOST}/diff?resource_group=builds&subscription={SUBSCRIPTION}&page=")
    assert ([row["image"].rpartition("/")[2] for row in rest["images"]], rest["next"]) == (["web-050"], None)


async def test_a_malformed_subscription_is_named() -> None:
    with working_with(FakeCompute(), policy()):
        response = await get_diff(request("diff", subscription="x"))
    assert problem_of(response, 400)["errors"][0]["field"] == "subscription"


async def test_a_check_has_a_verdict() -> None:
    with working_with(FakeCompute(galleries=[gallery()], definitions=[definition()]), policy()):
        body = body_of(await get_check(request("definitions/check", definition=str(definition().id))))
    assert (body["verdict"], body["newest"]) == ("failed", None)
