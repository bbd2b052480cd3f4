"""The HTTP API: what is answered, and that a request at fault starts nothing."""

import dataclasses
import json
from typing import Any

import azure.functions as func
import pytest

from domain.errors import ArmError, NotYetError
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.provenance import migration_id
from tests.unit.app import code
from tests.unit.builders import (
    CREATED,
    GALLERY,
    OTHER_GALLERY,
    PROVIDER,
    SUBSCRIPTION,
    definition,
    definition_id,
    disk,
    gallery,
    image,
    image_id,
    version,
)
from tests.unit.fakes import SETTINGS, FakeCompute, FakeDurableClient, working_with

post_migration = code("post_migration")
get_migrations = code("get_migrations")
get_migration = code("get_migration")
get_images = code("get_images")
get_galleries = code("get_galleries")
get_health = code("get_health")

HOST = "https://gallerist.example/api"
INSTANCE = migration_id(image_id())
BODY = {"image": str(image_id())}


def request(
    path: str, body: Any = b"", method: str = "GET", headers: dict[str, str] | None = None, **params: str
) -> func.HttpRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = "&".join(f"{key}={value}" for key, value in params.items())
    return func.HttpRequest(
        method=method,
        url=f"{HOST}/{path}" + (f"?{query}" if query else ""),
        headers=headers or {},
        params=params,
        route_params={"id": path.rpartition("/")[2]},
        body=content,
    )


def told(response: func.HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.get_body())
    return body


def problem(response: func.HttpResponse, status: int) -> dict[str, Any]:
    """The body of a problem, as RFC 9457 wants it."""
    body = told(response)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["title"]
    return body


async def start(
    body: Any,
    compute: FakeCompute | None = None,
    client: FakeDurableClient | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[func.HttpResponse, FakeDurableClient]:
    hub = client or FakeDurableClient()
    with working_with(compute or FakeCompute(images=[image()])):
        response = await post_migration(req=request("migrations", body, "POST", headers), client=hub)
    return response, hub


async def test_a_migration_is_accepted_with_the_address_to_look_at() -> None:
    response, client = await start(BODY)
    assert response.status_code == 202
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"
    assert response.headers["Retry-After"] == "10"
    body = told(response)
    assert (body["id"], body["image"]) == (INSTANCE, str(image_id()))
    assert body["links"]["self"] == response.headers["Location"]
    assert body["links"]["statusQueryGetUri"]
    assert len(client.started) == 1


@pytest.mark.parametrize(
    ("headers", "started_by"),
    [({}, "http"), ({"x-ms-client-principal-name": "ana@example.com"}, "ana@example.com")],
)
async def test_who_asked_is_carried_along(headers: dict[str, str], started_by: str) -> None:
    _, client = await start(BODY, headers=headers)
    assert MigrationRequest.model_validate(client.started[0][2]).started_by == started_by


async def test_a_second_start_is_refused_with_the_running_ones_address() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Running", {"image": str(image_id()), "started_by": "test"})
    response, _ = await start(
        {"image": str(image_id()).upper().replace("MICROSOFT", "Microsoft")}, client=client
    )
    body = problem(response, 409)
    assert body["id"] == INSTANCE
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"
    assert "runs already" in body["detail"]
    assert client.started == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"{", ["body"]),
        (b"", ["body"]),
        (b"\xff", ["body"]),
        ([], ["body"]),
        ("web", ["body"]),
        ({}, ["image"]),
        ({"image": "web"}, ["image"]),
        ({"image": f"{PROVIDER}/disks/web"}, ["image"]),
        ({**BODY, "colour": "red", "version": "1"}, ["version", "colour"]),
        (
            {**BODY, "regions": [{"name": ""}, "eastus2", {"replicas": 0}]},
            ["regions[0].name", "regions[2].name"],
        ),
        ({**BODY, "regions": ["eastus2", "moonbase"]}, ["regions[1].name"]),
    ],
    ids=[
        "not JSON",
        "nothing",
        "not text",
        "a list",
        "a string",
        "no image",
        "malformed id",
        "another type",
        "unknown field and version",
        "regions",
        "region that does not exist",
    ],
)
async def test_a_body_at_fault_is_refused_and_starts_nothing(body: Any, fields: list[str]) -> None:
    response, client = await start(body)
    refused = problem(response, 400)
    named = [error["field"] for error in refused["errors"]]
    assert set(fields) <= set(named)
    assert all(error["message"] for error in refused["errors"])
    assert all(field in refused["detail"] for field in fields)
    assert client.started == []


async def test_an_image_that_is_not_there_is_not_found() -> None:
    response, client = await start(BODY, FakeCompute())
    refused = problem(response, 404)
    assert [error["field"] for error in refused["errors"]] == ["image"]
    assert str(image_id()) in refused["detail"]
    assert client.started == []


async def test_a_missing_image_and_a_missing_region_are_told_together() -> None:
    response, _ = await start({**BODY, "regions": ["moonbase"]}, FakeCompute())
    assert {error["field"] for error in problem(response, 400)["errors"]} == {"image", "regions[0].name"}


async def test_an_image_that_is_still_being_made_is_accepted() -> None:
    """The migration itself waits for it."""

    class Making(FakeCompute):
        async def get_managed_image(self, image: Any) -> Any:
            raise NotYetError(f"{image} is being made")

    response, client = await start(BODY, Making())
    assert (response.status_code, len(client.started)) == (202, 1)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (ArmError(429, "TooManyRequests", "slow down", 17), 503, "17"),
        (ArmError(503, "HTTP503", "the service gave no reason"), 503, "30"),
        (ArmError(0, "ServiceRequestError", "no route"), 503, "30"),
        (ArmError(403, "AuthorizationFailed", "no"), 502, None),
    ],
)
async def test_azure_that_refuses_is_told_with_cause_and_fix(
    error: ArmError, status: int, retry_after: str | None
) -> None:
    compute = FakeCompute()
    compute.error = error
    response, client = await start(BODY, compute)
    refused = problem(response, status)
    assert (refused["code"], bool(refused["cause"]), bool(refused["fix"])) == (error.code, True, True)
    assert response.headers.get("Retry-After") == retry_after
    assert client.started == []


async def find(instance_id: str, client: FakeDurableClient) -> func.HttpResponse:
    response: func.HttpResponse = await get_migration(req=request(f"migrations/{instance_id}"), client=client)
    return response


async def test_a_migration_is_shown_with_its_own_address() -> None:
    client = FakeDurableClient()
    client.add(INSTANCE, "Running", {"image": str(image_id()), "started_by": "test"})
    response = await find(INSTANCE, client)
    assert (response.status_code, response.headers["Retry-After"]) == (200, "10")
    assert told(response)["links"] == {"self": f"{HOST}/migrations/{INSTANCE}"}
    assert told(response)["state"] == "planned"


@pytest.mark.parametrize("instance_id", ["migration-0", "watch-1"])
async def test_what_is_no_migration_is_not_found(instance_id: str) -> None:
    client = FakeDurableClient()
    client.add("watch-1", "Running")
    assert instance_id in problem(await find(instance_id, client), 404)["detail"]


def hub_of(*rows: tuple[str, MigrationState, GalleryId]) -> FakeDurableClient:
    """A task hub with a migration for each name."""
    client = FakeDurableClient()
    for name, state, within in rows:
        target = TargetStatus(definition=within.definition(name), state=state)
        status = MigrationStatus(image=image_id(name), state=state, targets=[target])
        started = MigrationRequest(image=image_id(name), started_by="test").model_dump(mode="json")
        client.add(
            migration_id(image_id(name)), "Completed", started, customStatus=status.model_dump(mode="json")
        )
    return client


THREE = (
    ("one", MigrationState.COMPLETED, GALLERY),
    ("two", MigrationState.FAILED, GALLERY),
    ("three", MigrationState.COMPLETED, OTHER_GALLERY),
)


async def rows(client: FakeDurableClient, **params: str) -> tuple[list[str], str | None]:
    response = await get_migrations(req=request("migrations", **params), client=client)
    assert response.status_code == 200
    body = told(response)
    return [row["image"].rpartition("/")[2] for row in body["migrations"]], body["next"]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, {"one", "two", "three"}),
        ({"state": "completed"}, {"one", "three"}),
        ({"gallery": "GOLDEN"}, {"one", "two"}),
        ({"state": "completed", "gallery": "golden"}, {"one"}),
        ({"state": "replicating"}, set()),
    ],
)
async def test_migrations_are_listed_by_state_and_gallery(params: dict[str, str], names: set[str]) -> None:
    found, following = await rows(hub_of(*THREE), **params)
    assert (set(found), following) == (names, None)


@pytest.mark.parametrize(("field", "text"), [("state", "done"), ("since", "yesterday")])
async def test_a_filter_that_means_nothing_is_refused(field: str, text: str) -> None:
    response = await get_migrations(req=request("migrations", **{field: text}), client=FakeDurableClient())
    refused = problem(response, 400)
    assert [error["field"] for error in refused["errors"]] == [field]
    assert f"'{text}'" in refused["detail"]


async def pages(client: FakeDurableClient, **params: str) -> list[list[str]]:
    """Every page, following `next` as it is."""
    found = []
    while True:
        names, following = await rows(client, **params)
        found.append(names)
        if following is None:
            return found
        assert following.startswith(f"{HOST}/migrations?")
        params = dict(pair.split("=") for pair in following.partition("?")[2].split("&"))


async def test_a_long_list_comes_in_pages_that_lead_to_the_next() -> None:
    names = [f"image-{number}" for number in range(230)]
    found = await pages(hub_of(*((name, MigrationState.COMPLETED, GALLERY) for name in names)))
    assert [len(page) for page in found] == [100, 100, 30]
    assert sorted(name for page in found for name in page) == sorted(names)


async def test_a_page_that_is_just_full_leads_nowhere() -> None:
    names = [f"image-{number}" for number in range(100)]
    found = await pages(hub_of(*((name, MigrationState.COMPLETED, GALLERY) for name in names)))
    assert [len(page) for page in found] == [100]


async def test_the_next_page_is_filtered_as_the_first_one() -> None:
    wanted = [(f"image-{number}", MigrationState.COMPLETED, GALLERY) for number in range(150)]
    others = [(f"other-{number}", MigrationState.FAILED, GALLERY) for number in range(150)]
    found = await pages(hub_of(*wanted, *others), state="completed")
    assert sorted(name for page in found for name in page) == sorted(name for name, *_ in wanted)


async def test_a_moment_is_handed_to_the_sdk_in_utc() -> None:
    """Two in the morning at +02:00 is midnight; printed with a Z it would be two hours later."""
    client = FakeDurableClient()
    await rows(client, since="2026-01-01T02:00:00+02:00")
    assert client.since is not None
    assert client.since.strftime("%Y-%m-%dT%H:%M:%SZ") == "2026-01-01T00:00:00Z"


async def test_images_are_listed_with_the_address_of_their_migration() -> None:
    built = image("web", data_disks=[disk("data", 64, lun=0)], tags={"team": "web"})
    with working_with(FakeCompute(images=[image("zebra"), built])):
        response = await get_images(req=request("images"))
    first, second = told(response)["images"]
    assert (first["name"], second["name"]) == ("web", "zebra")
    assert first == {
        "id": str(built.id),
        "name": "web",
        "resource_group": "builds",
        "subscription": SUBSCRIPTION,
        "location": "westeurope",
        "os_type": "Linux",
        "hyper_v_generation": "V2",
        "os_disk_gb": 30,
        "data_disks_gb": [64],
        "provisioning_state": "Succeeded",
        "created": CREATED.isoformat(),
        "tags": {"team": "web"},
        "migration": f"{HOST}/migrations/{migration_id(built.id)}",
    }


async def test_galleries_are_listed_as_the_manual_procedure_lists_them() -> None:
    home = TargetRegion(name="westeurope")
    compute = FakeCompute(
        galleries=[gallery(), gallery(OTHER_GALLERY)],
        definitions=[definition("web"), definition("empty", OTHER_GALLERY)],
        versions=[version("1.0.0", id=definition_id("web").version("1.0.0"), target_regions=[home])],
    )
    with working_with(compute):
        response = await get_galleries(req=request("galleries"))
    listed = told(response)["galleries"]
    assert [row["name"] for row in listed] == ["golden\\web\\1.0.0", "mirror\\empty"]
    assert (listed[0]["regions"], listed[0]["source"]) == (["westeurope"], str(image_id()))
    assert (listed[0]["provisioning_state"], listed[0]["exclude_from_latest"]) == ("Succeeded", False)
    assert (listed[1]["regions"], listed[1]["provisioning_state"]) == ([], None)


@pytest.mark.parametrize("function", [get_images, get_galleries], ids=["images", "galleries"])
async def test_lists_need_a_subscription(function: Any) -> None:
    with working_with(FakeCompute(), settings=dataclasses.replace(SETTINGS, subscriptions=())):
        response = await function(req=request("images"))
    refused = problem(response, 400)
    assert [error["field"] for error in refused["errors"]] == ["subscription"]


@pytest.mark.parametrize(("asked", "count"), [(SUBSCRIPTION, 1), ("99999999-2222-3333-4444-555555555555", 0)])
async def test_a_subscription_that_is_asked_for_goes_before_the_settings(asked: str, count: int) -> None:
    with working_with(FakeCompute(images=[image()])):
        response = await get_images(req=request("images", subscription=asked))
    assert len(told(response)["images"]) == count


async def test_a_subscription_that_is_none_is_refused() -> None:
    with working_with(FakeCompute()):
        response = await get_images(req=request("images", subscription="../tenants"))
    assert [error["field"] for error in problem(response, 400)["errors"]] == ["subscription"]


async def test_the_app_is_healthy_when_it_gets_a_token() -> None:
    with working_with(FakeCompute()):
        response = await get_health(req=request("health"))
    assert (response.status_code, told(response)["status"]) == (200, "healthy")


async def test_the_app_is_not_healthy_without_a_token() -> None:
    compute = FakeCompute()
    compute.error = ArmError(401, "AuthenticationFailed", "no token")
    with working_with(compute):
        response = await get_health(req=request("health"))
    assert problem(response, 502)["code"] == "AuthenticationFailed"
