"""The route that tries a policy, and what every route answers without one."""

import json
from typing import Any

import azure.functions as func
import pytest

from tests.unit.app import code
from tests.unit.builders import GALLERY, SUBSCRIPTION, image, policy
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakePolicies, working_with

get_health = code("get_health")
post_policy_check = code("post_policy_check")
SCOPE = {"subscription": SUBSCRIPTION}
PROBLEM = "policy policy.yaml, line 3: rulez: Extra inputs are not permitted"


def request(body: Any = None) -> func.HttpRequest:
    method = "GET" if body is None else "POST"
    return func.HttpRequest(method, "https://gallerist.example/api", body=json.dumps(body).encode())


def body_of(response: func.HttpResponse) -> Any:
    return json.loads(response.get_body())


async def test_every_image_of_the_scope_is_counted_and_as_many_listed_as_requested() -> None:
    compute = FakeCompute(images=[image("b"), image("a"), image("c")])
    with working_with(compute, under=policy(version="date")):
        response = await post_policy_check(req=request({"scope": SCOPE, "limit": 2}))
    answer = body_of(response)
    assert (response.status_code, answer["policy"], answer["total"]) == (200, "in force", 3)
    assert answer["counts"] == {"actions": {"migrate": 3}, "rules": {"defaults": 3}}
    assert [row["definition"] for row in answer["images"]] == ["a", "b"]
    assert compute.writes == []


async def test_the_policy_of_the_request_is_tried_instead_of_the_one_in_force() -> None:
    given = f"defaults:\n  galleries: [{GALLERY}]\n  action: ignore\n"
    with working_with(FakeCompute(images=[image()])):
        response = await post_policy_check(req=request({"scope": SCOPE, "policy": given}))
    assert body_of(response)["counts"]["actions"] == {"ignore": 1}


@pytest.mark.parametrize(
    ("given", "line", "field"),
    [
        ("defaults: {action: ignore}\nrulez: []\n", 2, "rulez"),
        ("defaults: [\n", 2, ""),
        ("defaults: {}\nrules: [{}]\n", 2, "rules[0].name"),
    ],
)
async def test_an_invalid_policy_answers_400_with_the_line_of_every_error(
    given: str, line: int, field: str
) -> None:
    with working_with(FakeCompute()):
        response = await post_policy_check(req=request({"scope": SCOPE, "policy": given}))
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert {"line": line, "field": field}.items() <= body_of(response)["errors"][-1].items()


async def test_the_last_good_policy_is_tried_while_the_newest_one_has_errors() -> None:
    with working_with(FakeCompute(images=[image()]), policies=FakePolicies(policy())):
        response = await post_policy_check(req=request({"scope": SCOPE}))
    assert body_of(response)["total"] == 1


@pytest.mark.parametrize(("function", "body"), [(get_health, None), (post_policy_check, {"scope": SCOPE})])
async def test_without_any_policy_the_answer_is_503_with_its_errors(function: Any, body: Any) -> None:
    with working_with(FakeCompute(), policies=FakePolicies(None)):
        hub = {"client": FakeDurableClient()} if function is get_health else {}
        response = await function(req=request(body), **hub)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert body_of(response)["detail"] == PROBLEM
    assert body_of(response)["errors"] == [
        {"line": 3, "field": "rulez", "message": "Extra inputs are not permitted"}
    ]
