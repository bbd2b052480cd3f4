"""The routes of retention, restorations and the lineage: what they answer, and who may start what."""

from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from domain.retention.restore import RestoreRequest, RestoreStatus, restore_id
from domain.retention.run import retention_id
from services.container import services, using
from tests.unit.app import code
from tests.unit.builders import definition_id
from tests.unit.fakes import FakeDurableClient
from tests.unit.services.test_retention import DEFINITION, FOUR, Azure
from tests.unit.triggers.http.requesting import HOST, Hub, body_of, fields_of, problem_of, request

VERSION = DEFINITION.version("1.0.0")


async def call(
    name: str,
    path: str,
    body: Any = None,
    *,
    hub: FakeDurableClient | None = None,
    operators: bool = True,
    query: dict[str, str] | None = None,
    id: str = "",  # noqa: A002 # the route's parameter
) -> func.HttpResponse:
    azure = Azure(*FOUR)
    method = "GET" if body is None else "POST"
    req = request(path, b"" if body is None else body, method, id=id, **(query or {}))
    bindings = {} if name == "get_retention" else {"client": hub or Hub()}
    with azure.working():
        settings = replace(services().settings, keys_may_approve=operators)
        with using(replace(services(), settings=settings)):
            return await code(name)(req=req, **bindings)


async def test_the_preview_says_what_is_kept_and_why() -> None:
    response = await call("get_retention", "retention", query={"definition": str(DEFINITION)})
    body = body_of(response)
    assert [step["version"].rpartition("/")[2] for step in body["steps"]] == ["1.0.0", "1.0.1"]
    assert body["shown"][-1]["kept"] == "it is one of the last 2 good versions"
    assert {one["limit"] for one in body["forecast"]} == {
        "image versions",
        "image definitions",
        "replicas of a version",
    }


async def test_a_definition_that_does_not_exist_is_404_and_one_that_is_none_400() -> None:
    missing = await call("get_retention", "retention", query={"definition": str(definition_id("other"))})
    assert missing.status_code == 404
    for query in ({}, {"definition": "web"}):
        response = await call("get_retention", "retention", query=query)
        assert fields_of(problem_of(response, 400)) == ["definition"]


async def test_an_operator_starts_a_run() -> None:
    hub = Hub()
    response = await call("post_retention_apply", "retention/apply", {"definition": str(DEFINITION)}, hub=hub)
    assert response.status_code == 202
    assert response.headers["Location"] == f"{HOST}/retention/{retention_id(DEFINITION)}"
    again = await call("post_retention_apply", "retention/apply", {"definition": str(DEFINITION)}, hub=hub)
    assert problem_of(again, 409)["id"] == retention_id(DEFINITION)


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("post_retention_apply", "retention/apply", {"definition": str(DEFINITION)}),
        ("post_restore", "versions/restore", {"version": str(VERSION)}),
    ],
)
async def test_who_is_no_operator_starts_nothing(name: str, path: str, body: dict[str, str]) -> None:
    hub = Hub()
    assert (await call(name, path, body, hub=hub, operators=False)).status_code == 403
    assert hub.started == []


async def test_everybody_may_make_a_dry_run() -> None:
    body = {"definition": str(DEFINITION), "dry_run": True}
    assert (await call("post_retention_apply", "retention/apply", body, operators=False)).status_code == 202


async def test_a_run_is_shown_and_cancelled() -> None:
    hub, instance_id = Hub(), retention_id(DEFINITION)
    await call("post_retention_apply", "retention/apply", {"definition": str(DEFINITION)}, hub=hub)
    shown = body_of(await call("get_retention_run", f"retention/{instance_id}", hub=hub, id=instance_id))
    assert (shown["state"], shown["definition"], shown["steps"]) == ("reading", str(DEFINITION), [])
    cancelled = await call(
        "post_retention_cancel", f"retention/{instance_id}/cancel", {}, hub=hub, id=instance_id
    )
    assert cancelled.status_code == 202
    for name, path in (("get_retention_run", "retention/x"), ("get_restore", "restores/x")):
        assert (await call(name, path, id="x")).status_code == 404


async def test_a_restoration_is_started_and_shown() -> None:
    hub, instance_id = Hub(), restore_id(VERSION)
    response = await call("post_restore", "versions/restore", {"version": str(VERSION)}, hub=hub)
    assert response.headers["Location"] == f"{HOST}/restores/{instance_id}"
    started = RestoreRequest.model_validate(hub.started[0][2])
    assert (started.version, started.by) == (VERSION, "http")
    assert (
        await call("post_restore", "versions/restore", {"version": str(VERSION)}, hub=hub)
    ).status_code == 409
    done = RestoreStatus(version=VERSION, by="anna", state="restored")
    hub.add(instance_id, "Completed", {}, output=done.model_dump(mode="json"))
    shown = body_of(await call("get_restore", f"restores/{instance_id}", hub=hub, id=instance_id))
    assert (shown["state"], shown["by"]) == ("restored", "anna")


async def test_the_lineage_is_answered_or_404() -> None:
    found = body_of(await call("get_lineage", "lineage", query={"version": str(VERSION)}))
    assert {line["place"] for line in found["lines"]} == {"tags", "gallery"}
    unknown = await call("get_lineage", "lineage", query={"version": str(DEFINITION.version("9.9.9"))})
    assert unknown.status_code == 404
