"""The routes of migrations: what they answer, and that an invalid request starts nothing."""

from typing import Any

import azure.functions as func
import pytest

from domain.errors import ArmError, NotYetError
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.ids import GalleryId
from domain.resources.provenance import migration_id
from tests.unit.app import code
from tests.unit.builders import (
    GALLERY,
    OTHER_GALLERY,
    PROVIDER,
    definition_id,
    gallery,
    image,
    image_id,
    in_regions,
    policy,
)
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with
from tests.unit.triggers.http.requesting import HOST, Hub, body_of, fields_of, problem_of, request

post_migration = code("post_migration")
post_plan = code("post_plan")
get_migrations = code("get_migrations")
get_migration = code("get_migration")
post_regions = code("post_regions")

INSTANCE = migration_id(image_id())
BODY = {"image": str(image_id())}


async def start(
    body: Any,
    compute: FakeCompute | None = None,
    client: FakeDurableClient | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[func.HttpResponse, FakeDurableClient]:
    hub = client or Hub()
    with working_with(compute or FakeCompute(images=[image()])):
        response = await post_migration(req=request("migrations", body, "POST", headers=headers), client=hub)
    return response, hub


async def test_a_start_answers_202_with_the_address_to_poll() -> None:
    response, client = await start(BODY)
    assert response.status_code == 202
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"
    assert response.headers["Retry-After"] == "10"
    body = body_of(response)
    assert (body["id"], body["image"]) == (INSTANCE, str(image_id()))
    # the addresses of Durable Functions' management API hold a key that may do everything: none is handed out
    assert body["links"] == {"self": response.headers["Location"]}
    assert len(client.started) == 1


async def test_a_migration_records_who_started_it() -> None:
    """Whom the platform names; without its authentication a header names nobody, see test_callers.py."""
    _, client = await start(BODY, headers={"x-ms-client-principal-name": "ana@example.com"})
    assert MigrationRequest.model_validate(client.started[0][2]).started_by == "http"


async def test_a_second_start_answers_409_with_the_address_of_the_running_migration() -> None:
    client = Hub()
    client.add(INSTANCE, "Running", {"image": str(image_id()), "started_by": "test"})
    response, _ = await start(
        {"image": str(image_id()).upper().replace("MICROSOFT", "Microsoft")}, client=client
    )
    problem = problem_of(response, 409)
    assert problem["id"] == INSTANCE
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"
    assert response.headers["Retry-After"] == "10"
    assert "is already running" in problem["detail"]
    assert client.started == []


INVALID_BODIES: dict[str, tuple[Any, list[str]]] = {
    "not JSON": (b"{", ["body"]),
    "no body": (b"", ["body"]),
    "not UTF-8": (b"\xff", ["body"]),
    "nested too deeply": (b"[" * 100_000, ["body"]),
    "a list": ([], ["body"]),
    "a string": ("web", ["body"]),
    "no image": ({}, ["image"]),
    "a malformed id": ({"image": "web"}, ["image"]),
    "an id of another type": ({"image": f"{PROVIDER}/disks/web"}, ["image"]),
    "an unknown field and a malformed version": (
        {**BODY, "colour": "red", "version": "1"},
        ["version", "colour"],
    ),
    "malformed regions": (
        {**BODY, "regions": [{"name": ""}, "eastus2", {"replicas": 0}]},
        ["regions[0].name", "regions[2].name", "regions[2].replicas"],
    ),
    "a region that does not exist": ({**BODY, "regions": ["eastus2", "moonbase"]}, ["regions[1].name"]),
    "malformed and missing": (
        {**BODY, "version": "1", "regions": ["moonbase"]},
        ["version", "regions[0].name"],
    ),
}


@pytest.mark.parametrize("case", INVALID_BODIES)
async def test_an_invalid_body_answers_400_names_every_field_and_starts_nothing(case: str) -> None:
    body, fields = INVALID_BODIES[case]
    response, client = await start(body)
    problem = problem_of(response, 400)
    assert fields_of(problem) == fields
    assert all(error["message"] for error in problem["errors"])
    assert all(field in problem["detail"] for field in fields)
    assert client.started == []


async def test_an_image_that_does_not_exist_answers_404() -> None:
    response, client = await start(BODY, FakeCompute())
    problem = problem_of(response, 404)
    assert fields_of(problem) == ["image"]
    assert problem["detail"] == f"the managed image {image_id()} does not exist"
    assert client.started == []


@pytest.mark.parametrize(
    "others", [{"regions": ["moonbase"]}, {"version": "1"}], ids=["missing", "malformed"]
)
async def test_a_missing_image_beside_another_fault_answers_400_with_both(others: dict[str, Any]) -> None:
    response, _ = await start({**BODY, **others}, FakeCompute())
    assert len(fields_of(problem_of(response, 400))) == 2


async def test_an_image_that_is_still_being_created_is_accepted() -> None:
    """The migration waits for it."""

    class Creating(FakeCompute):
        async def get_managed_image(self, image: Any) -> Any:
            raise NotYetError(f"{image} is being created")

    response, client = await start(BODY, Creating())
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
async def test_an_error_of_azure_answers_503_if_it_passes_and_502_otherwise(
    error: ArmError, status: int, retry_after: str | None
) -> None:
    compute = FakeCompute()
    compute.error = error
    response, client = await start(BODY, compute)
    problem = problem_of(response, status)
    assert (problem["code"], bool(problem["cause"]), bool(problem["fix"])) == (error.code, True, True)
    assert response.headers.get("Retry-After") == retry_after
    assert client.started == []


async def find(instance_id: str, client: FakeDurableClient) -> func.HttpResponse:
    response: func.HttpResponse = await get_migration(
        req=request("migrations/{id}", id=instance_id), client=client
    )
    return response


async def test_a_migration_is_answered_with_its_own_address_and_when_to_poll() -> None:
    client = Hub()
    client.add(INSTANCE, "Running", {"image": str(image_id()), "started_by": "test"})
    response = await find(INSTANCE, client)
    assert (response.status_code, response.headers["Retry-After"]) == (200, "10")
    assert body_of(response)["links"] == {"self": f"{HOST}/migrations/{INSTANCE}"}
    assert body_of(response)["state"] == "planned"


@pytest.mark.parametrize("instance_id", ["migration-0", "watch-1", "batch-1"])
async def test_an_id_that_is_not_a_migrations_answers_404(instance_id: str) -> None:
    client = Hub()
    client.add("watch-1", "Running")
    client.add("batch-1", "Running")
    assert (
        problem_of(await find(instance_id, client), 404)["detail"] == f"there is no migration '{instance_id}'"
    )


def hub_of(*rows: tuple[str, MigrationState, GalleryId]) -> Hub:
    """A task hub with a migration for each name."""
    client = Hub()
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
    body = body_of(response)
    return [row["image"].rpartition("/")[2] for row in body["migrations"]], body["next"]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, {"one", "two", "three"}),
        ({"state": ""}, {"one", "two", "three"}),
        ({"state": "completed"}, {"one", "three"}),
        ({"gallery": "GOLDEN"}, {"one", "two"}),
        ({"state": "completed", "gallery": "golden"}, {"one"}),
        ({"state": "replicating"}, set()),
    ],
)
async def test_migrations_are_filtered_by_state_and_gallery(params: dict[str, str], names: set[str]) -> None:
    found, following = await rows(hub_of(*THREE), **params)
    assert (set(found), following) == (names, None)


async def test_a_listed_migration_is_answered_as_it_is_by_itself() -> None:
    client = hub_of(THREE[0])
    listed = body_of(await get_migrations(req=request("migrations"), client=client))["migrations"]
    assert listed == [body_of(await find(listed[0]["id"], client))]


@pytest.mark.parametrize(("field", "text"), [("state", "done"), ("since", "yesterday")])
async def test_an_invalid_filter_answers_400_and_repeats_it(field: str, text: str) -> None:
    response = await get_migrations(req=request("migrations", **{field: text}), client=Hub())
    problem = problem_of(response, 400)
    assert fields_of(problem) == [field]
    assert f"'{text}'" in problem["detail"]


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


async def test_a_long_list_is_split_into_pages_that_lead_to_the_next() -> None:
    names = [f"image-{number}" for number in range(230)]
    found = await pages(hub_of(*((name, MigrationState.COMPLETED, GALLERY) for name in names)))
    assert [len(page) for page in found] == [100, 100, 30]
    assert sorted(name for page in found for name in page) == sorted(names)


async def test_the_last_page_has_no_next_one_even_if_it_is_full() -> None:
    names = [f"image-{number}" for number in range(100)]
    found = await pages(hub_of(*((name, MigrationState.COMPLETED, GALLERY) for name in names)))
    assert [len(page) for page in found] == [100]


async def test_the_next_page_has_the_filter_of_the_first_one() -> None:
    wanted = [(f"image-{number}", MigrationState.COMPLETED, GALLERY) for number in range(150)]
    others = [(f"other-{number}", MigrationState.FAILED, GALLERY) for number in range(150)]
    found = await pages(hub_of(*wanted, *others), state="completed")
    assert sorted(name for page in found for name in page) == sorted(name for name, *_ in wanted)


@pytest.mark.parametrize(
    ("since", "in_utc"),
    [
        ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T02:00:00", "2026-01-01T02:00:00+00:00"),
        ("2026-01-01", "2026-01-01T00:00:00+00:00"),
    ],
)
async def test_since_reaches_the_task_hub_in_utc(since: str, in_utc: str) -> None:
    client = Hub()
    await rows(client, since=since)
    (query,) = client.queries
    assert query["createdTimeFrom"] == in_utc


def replicated(state: str = "Completed") -> Hub:
    """A task hub with one migration that made a version in West Europe."""
    target = TargetStatus(
        definition=definition_id(),
        version_id=definition_id().version("1.0.0"),
        state=MigrationState.COMPLETED,
        regions=in_regions(westeurope="Completed"),
    )
    status = MigrationStatus(
        image=image_id(), state=MigrationState.COMPLETED, targets=[target], rule="defaults"
    )
    started = MigrationRequest(image=image_id(), started_by="test").model_dump(mode="json")
    client = Hub()
    client.add(INSTANCE, state, started, output=status.model_dump(mode="json"))
    return client


async def widen(body: Any, client: FakeDurableClient) -> func.HttpResponse:
    with working_with(FakeCompute(images=[image()])):
        response: func.HttpResponse = await post_regions(
            req=request("migrations/{id}/regions", body, "POST", id=INSTANCE), client=client
        )
    return response


async def test_adding_regions_answers_202_with_the_address_of_the_migration() -> None:
    client = replicated()
    response = await widen({"regions": ["eastus2"]}, client)
    assert (response.status_code, response.headers["Retry-After"]) == (202, "10")
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"
    assert body_of(response) == {"id": INSTANCE, "links": {"self": f"{HOST}/migrations/{INSTANCE}"}}
    assert [(name, instance) for name, instance, _ in client.started] == [("add_regions", INSTANCE)]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", ["body"]),
        ({"region": "eastus2"}, ["region"]),
        ({"regions": ["eastus2", "East US 2"]}, ["regions"]),
        ({"regions": ["moonbase"]}, ["regions[0].name"]),
    ],
)
async def test_invalid_regions_answer_400_and_change_nothing(body: Any, fields: list[str]) -> None:
    client = replicated()
    assert fields_of(problem_of(await widen(body, client), 400)) == fields
    assert client.started == []


async def test_regions_are_not_added_while_the_migration_is_running() -> None:
    client = replicated("Running")
    response = await widen({"regions": ["eastus2"]}, client)
    assert problem_of(response, 409)["id"] == INSTANCE
    assert response.headers["Location"] == f"{HOST}/migrations/{INSTANCE}"


async def test_regions_cannot_be_added_without_a_version() -> None:
    client = hub_of((image_id().name, MigrationState.BLOCKED, GALLERY))
    assert "blocked" in problem_of(await widen({"regions": ["eastus2"]}, client), 409)["detail"]


async def test_regions_cannot_be_added_to_a_migration_that_does_not_exist() -> None:
    problem_of(await widen({"regions": ["eastus2"]}, Hub()), 404)


async def facts_under(compute: FakeCompute, **defaults: Any) -> dict[str, str]:
    """The facts of a plan that was made under this policy."""
    with working_with(compute, policy(**defaults)):
        response = await post_plan(req=request("migrations/plan", BODY, "POST"), client=Hub())
    return body_of(response)["facts"]


async def start_under(facts: Any, compute: FakeCompute, **defaults: Any) -> tuple[func.HttpResponse, Hub]:
    hub = Hub()
    with working_with(compute, policy(**defaults)):
        response = await post_migration(
            req=request("migrations", {**BODY, "facts": facts}, "POST"), client=hub
        )
    return response, hub


async def test_a_plan_whose_facts_are_true_is_started_with_them() -> None:
    compute = FakeCompute(images=[image()], galleries=[gallery()])
    facts = await facts_under(compute)
    response, hub = await start_under(facts, compute)
    assert response.status_code == 202
    assert MigrationRequest.model_validate(hub.started[0][2]).overrides.facts == facts


async def test_a_plan_that_is_no_longer_true_answers_409_with_every_difference() -> None:
    compute = FakeCompute(images=[image()], galleries=[gallery()])
    facts = await facts_under(compute)
    response, hub = await start_under(facts, compute, regions=["eastus2"], end_of_life_after_days=30)
    problem = problem_of(response, 409)
    assert fields_of(problem) == ["facts.regions", "facts.end of life"]
    assert problem["errors"][1]["message"] == "was nothing, is 30 days after its creation"
    assert "regions was westeurope 1 Standard_LRS, is westeurope 1 Standard_LRS, eastus2" in problem["detail"]
    assert "plan the image again" in problem["fix"]
    assert hub.started == []


@pytest.mark.parametrize("facts", [{}, {"outcome": 1}, {"outcome": "x" * 601}, [], "migrate"])
async def test_malformed_facts_start_nothing(facts: Any) -> None:
    response, hub = await start_under(facts, FakeCompute(images=[image()], galleries=[gallery()]))
    assert all(name.startswith("facts") for name in fields_of(problem_of(response, 400)))
    assert hub.started == []
