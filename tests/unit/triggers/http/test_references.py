"""The routes of references: who uses an image, and who may re-point what."""

import json
from typing import Any

import pytest

from adapters.settings import ALLOW_KEYS, SUBSCRIPTIONS, Settings
from domain.errors import ArmError
from domain.references.expected import record_text, seen_record
from domain.references.repoint import Repoint, RepointedConsumer, repoint_id
from tests.unit.app import code
from tests.unit.builders import GALLERY, PROVIDER, SUBSCRIPTION, definition, image, version
from tests.unit.fake_references import FakeConsumers, FakeGraph
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with
from tests.unit.triggers.http.requesting import Hub, body_of, fields_of, problem_of, request

get_references = code("get_references")
post_repoint = code("post_repoint")
post_repoint_plan = code("post_repoint_plan")
get_repoint = code("get_repoint")
LISTS = f"/subscriptions/{SUBSCRIPTION}/providers"
SCALE_SETS = f"{LISTS}/microsoft.compute/virtualmachinescalesets"
ID = f"{PROVIDER}/virtualMachineScaleSets/web"
BODY = {"version": str(GALLERY.definition("web").version("1.0.0")), "consumers": [ID]}
OPEN = Settings.from_environment({SUBSCRIPTIONS: SUBSCRIPTION, ALLOW_KEYS: "true"})


def scale_set(image_id: str) -> dict[str, Any]:
    storage = {"imageReference": {"id": image_id}}
    return {
        "id": ID,
        "location": "westeurope",
        "properties": {"virtualMachineProfile": {"storageProfile": storage}},
    }


async def references(azure: FakeConsumers, graph: FakeGraph | None = None, **params: str) -> Any:
    with working_with(FakeCompute(), consumers=azure, graph=graph):
        return await get_references(req=request("references", **params), client=Hub())


def test_the_id_of_a_request_has_its_own_address() -> None:
    assert repoint_id(GALLERY.definition("web").version("1.0.0"), [ID]).startswith("repoint-")


async def test_consumers_are_listed_with_what_has_to_be_done() -> None:
    built = str(image("used").id)
    response = await references(FakeConsumers({SCALE_SETS: [scale_set(built)]}), image=built)
    body = body_of(response)
    (one,) = body["references"]
    assert {name: one[name] for name in ("id", "kind", "part", "form", "relation", "blocks", "remedy")} == {
        "id": ID,
        "kind": "scale set",
        "part": "model",
        "form": "managed image",
        "relation": "uses",
        "blocks": True,
        "remedy": "in place",
    }
    assert (one["repoint"], len(one["digest"])) == (None, 16)
    assert (body["id"], body["complete"], body["blocking"], body["unread"]) == (built, True, 1, None)
    assert body["subscriptions"] == [SUBSCRIPTION]
    assert "Retry-After" not in response.headers


async def test_what_cannot_be_read_is_named() -> None:
    azure = FakeConsumers()
    azure.errors[SCALE_SETS] = ArmError(403, "AuthorizationFailed", "no")
    body = body_of(await references(azure, image=str(image("denied").id)))
    assert (body["complete"], body["subscriptions"]) == (False, [])
    assert {one["kind"] for one in body["unreadable"]} == {"scale set", "scale set instance"}


async def test_an_answer_that_is_not_whole_says_when_to_read_on_and_the_next_one_does() -> None:
    built = str(image("slow").id)
    azure = FakeConsumers({f"{LISTS}/microsoft.compute/virtualmachines": [], SCALE_SETS: [scale_set(built)]})
    pools = f"{LISTS}/microsoft.batch/batchaccounts"
    azure.errors[pools] = ArmError(429, "TooManyRequests", "slow", 17)
    response = await references(azure, image=built)
    assert (response.status_code, response.headers["Retry-After"]) == (200, "17")
    body = body_of(response)
    assert (body["complete"], body["blocking"], body["subscriptions"]) == (False, 1, [])
    assert body["unread"]["parts"] == 1

    azure.errors.clear()
    azure.paths.clear()
    again = body_of(await references(azure, image=built))
    assert (again["complete"], again["blocking"]) == (True, 1)
    assert azure.paths[0] == pools
    assert SCALE_SETS not in azure.paths


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, [""]),
        ({"image": "web"}, ["image"]),
        ({"version": "1.0.0"}, ["version"]),
    ],
)
async def test_a_query_without_one_id_answers_400(params: dict[str, str], fields: list[str]) -> None:
    problem = problem_of(await references(FakeConsumers(), **params), 400)
    assert len(fields_of(problem)) == len(fields)


async def test_only_operators_may_repoint() -> None:
    client = FakeDurableClient()
    with working_with(FakeCompute()):
        response = await post_repoint(req=request("references/repoint", BODY, "POST"), client=client)
    assert "GALLERIST_ALLOW_KEYS_TO_APPROVE" in problem_of(response, 403)["detail"]
    assert client.started == []


async def test_a_version_that_does_not_exist_answers_404() -> None:
    for path, route in (("references/repoint", post_repoint), ("references/repoint/plan", post_repoint_plan)):
        clients = {"client": FakeDurableClient()} if route is post_repoint else {}
        with working_with(FakeCompute(), settings=OPEN):
            response = await route(req=request(path, BODY, "POST"), **clients)
        assert "does not exist" in problem_of(response, 404)["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"consumers": []},
        {"consumers": ["web"]},
        {"consumers": [ID] * 21},
        {"version": "1.0.0"},
        {"dryrun": True},
    ],
)
async def test_an_invalid_request_answers_400(change: dict[str, Any]) -> None:
    with working_with(FakeCompute(), settings=OPEN):
        response = await post_repoint(
            req=request("references/repoint", BODY | change, "POST"), client=FakeDurableClient()
        )
    assert fields_of(problem_of(response, 400))


async def test_a_plan_says_why_not_and_writes_nothing() -> None:
    web = definition("web")
    azure = FakeConsumers()
    azure.documents[ID.lower()] = scale_set(str(image().id))
    compute = FakeCompute(images=[image()], definitions=[web], versions=[version(id=web.id.version("1.0.0"))])
    with working_with(compute, consumers=azure):
        response = await post_repoint_plan(req=request("references/repoint/plan", BODY, "POST"))
    (plan,) = body_of(response)["plans"]
    assert (plan["possible"], plan["old"]) == (False, str(image().id))
    assert "the version is not replicated to westeurope" in plan["reasons"][0]
    assert azure.patches == []


async def test_an_unknown_request_answers_404() -> None:
    for id_ in ("repoint-none", "migration-1"):
        req = request("references/repoint/{id}", id=id_)
        assert problem_of(await get_repoint(req=req, client=Hub()), 404)


def test_a_request_shows_its_outcomes() -> None:
    new = GALLERY.definition("web").version("1.0.0")
    found = Repoint(version_id=new, consumers=[RepointedConsumer(id=ID, outcome="repointed")])
    assert found.ended
    assert not Repoint(version_id=new, consumers=[RepointedConsumer(id=ID)]).ended


async def test_only_operators_declare_a_subscription_gone_and_their_word_is_kept() -> None:
    gone = SUBSCRIPTION.replace("1", "9")
    evidence = FakeEvidence()
    await evidence.put(seen_record(gone), record_text(gone))
    post = code("post_gone_subscription")
    body = {"subscription": gone.upper(), "reason": "cancelled in March"}
    with working_with(FakeCompute(), consumers=FakeConsumers(), evidence=evidence):
        problem_of(await post(req=request("references/gone", body, "POST")), 403)
    with working_with(FakeCompute(), consumers=FakeConsumers(), evidence=evidence, settings=OPEN):
        answered = body_of(await post(req=request("references/gone", body, "POST")))
    assert (answered["subscription"], answered["reason"]) == (gone, "cancelled in March")
    assert answered["by"]
    (name,) = set(evidence.texts) - {seen_record(gone)}
    assert json.loads(evidence.texts[name])["by"] == answered["by"]
