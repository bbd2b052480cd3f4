"""The routes of batches: what they answer, and what they do in the task hub."""

from typing import Any

import azure.functions as func
import pytest

from domain.fleet.batch_records import BatchProgress
from domain.fleet.batch_results import ImageResult
from domain.fleet.batches import Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.gaps import Unreadable
from domain.fleet.scopes import Scope
from domain.fleet.states import BatchState
from domain.fleet.walk import Walk
from domain.resources.provenance import migration_id
from tests.unit.app import code
from tests.unit.builders import SUBSCRIPTION, image_id
from tests.unit.triggers.http.requesting import HOST, Hub, body_of, fields_of, problem_of, request

post_batch = code("post_batch")
get_batches = code("get_batches")
get_batch = code("get_batch")
post_batch_cancel = code("post_batch_cancel")
post_batch_resume = code("post_batch_resume")

SCOPE = {"subscription": SUBSCRIPTION}
BATCH = "batch-1"
ADDRESS = f"{HOST}/batches/{BATCH}"


def hub(runtime_status: str = "Completed", state: BatchState = BatchState.COMPLETED, **fields: Any) -> Hub:
    """A task hub with one batch of one image that is blocked."""
    batch = Batch(
        request=BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)], limit=5),
        started_by="ada, batch-1",
        state=state,
        selected=1,
        counts={"blocked": 1},
        shown=[ImageResult(image=image_id(), outcome="blocked", reason="too large", fix="shrink it")],
    )
    stored = batch.model_dump(mode="json")
    client = Hub()
    client.add(BATCH, runtime_status, stored, output=stored, **fields)
    return client


async def test_a_start_answers_202_with_the_address_to_poll() -> None:
    client = Hub()
    response = await post_batch(req=request("batches", {"scope": [SCOPE]}, "POST"), client=client)
    ((name, batch_id, batch),) = client.started
    assert (response.status_code, response.headers["Retry-After"]) == (202, "10")
    assert response.headers["Location"] == f"{HOST}/batches/{batch_id}"
    assert body_of(response) == {"id": batch_id, "links": {"self": f"{HOST}/batches/{batch_id}"}}
    assert (name, batch["started_by"]) == ("migrate_batch", f"http, {batch_id}")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", ["body"]),
        ({}, ["scope"]),
        ({"scope": []}, ["scope"]),
        ({"scope": [{"subscription": "production"}]}, ["scope[0].subscription"]),
        ({"scope": [SCOPE], "filter": {"name": "x"}, "limit": 0}, ["filter.name", "limit"]),
    ],
)
async def test_an_invalid_body_answers_400_and_starts_nothing(body: Any, fields: list[str]) -> None:
    client = Hub()
    response = await post_batch(req=request("batches", body, "POST"), client=client)
    assert fields_of(problem_of(response, 400)) == fields
    assert client.started == []


async def find(client: Hub, batch_id: str = BATCH) -> func.HttpResponse:
    response: func.HttpResponse = await get_batch(req=request("batches/{id}", id=batch_id), client=client)
    return response


async def test_a_batch_is_answered_with_its_counts_and_the_images_that_did_not_complete() -> None:
    response = await find(hub())
    assert (response.status_code, response.headers["Retry-After"]) == (200, "10")
    batch = body_of(response)
    assert (batch["id"], batch["state"], batch["started_by"]) == (BATCH, "completed", "ada, batch-1")
    assert (batch["selected"], batch["waiting"], batch["running"]) == (1, 0, 0)
    assert (batch["counts"], batch["left_alone"], batch["failure"]) == ({"blocked": 1}, {}, None)
    (blocked,) = batch["images"]
    assert (blocked["image"], blocked["reason"], blocked["fix"]) == (
        str(image_id()),
        "too large",
        "shrink it",
    )
    assert batch["links"] == {"self": ADDRESS}


async def test_the_request_of_a_batch_is_answered_without_what_it_left_out() -> None:
    batch = body_of(await find(hub()))
    assert batch["request"] == {
        "scope": [SCOPE],
        "filter": {},
        "limit": 5,
        "dry_run": False,
    }


async def test_a_running_batch_is_answered_with_its_latest_progress() -> None:
    """The custom status is newer than the input with which the execution began."""
    progress = BatchProgress(selected=3, waiting=1, running=2, running_migrations=[migration_id(image_id())])
    client = hub("Running", BatchState.RUNNING, customStatus=progress.model_dump(mode="json"))
    batch = body_of(await find(client))
    assert (batch["state"], batch["selected"], batch["waiting"], batch["running"]) == ("running", 3, 1, 2)
    assert batch["migrations"] == [f"{HOST}/migrations/{migration_id(image_id())}"]


@pytest.mark.parametrize("batch_id", ["batch-2", "migration-1"])
async def test_an_id_that_is_not_a_batchs_answers_404(batch_id: str) -> None:
    client = hub()
    client.add("migration-1", "Running")
    assert problem_of(await find(client, batch_id), 404)["detail"] == f"there is no batch '{batch_id}'"


async def test_a_batch_names_what_it_cannot_read() -> None:
    gone = Unreadable(id="/subscriptions/2", reason="it is gone", fix="check it")
    batch = Batch(
        request=BatchRequest(scope=[Scope(subscription=SUBSCRIPTION)]),
        started_by="ada",
        walk=Walk(unreadable=[gone], unread=[image_id()]),
    )
    client = Hub()
    client.add(BATCH, "Running", batch.model_dump(mode="json"))
    answer = body_of(await find(client))
    assert answer["unreadable"] == [gone.model_dump()]
    assert answer["unread"] == 1


async def test_batches_are_listed_with_their_progress_and_addresses() -> None:
    progress = BatchProgress(selected=1).model_dump(mode="json")
    response = await get_batches(req=request("batches"), client=hub(customStatus=progress))
    (row,) = body_of(response)["batches"]
    assert (row["id"], row["state"], row["links"]) == (BATCH, "completed", {"self": ADDRESS})
    assert row["progress"]["selected"] == 1


async def cancel(client: Hub) -> func.HttpResponse:
    response: func.HttpResponse = await post_batch_cancel(
        req=request("batches/{id}/cancel", method="POST", id=BATCH), client=client
    )
    return response


async def resume(client: Hub) -> func.HttpResponse:
    response: func.HttpResponse = await post_batch_resume(
        req=request("batches/{id}/resume", method="POST", id=BATCH), client=client
    )
    return response


async def test_a_running_batch_is_cancelled() -> None:
    client = hub("Running", BatchState.RUNNING)
    response = await cancel(client)
    assert (response.status_code, response.headers["Location"]) == (202, ADDRESS)
    assert client.events == [(BATCH, "cancel")]


async def test_a_batch_that_has_ended_cannot_be_cancelled() -> None:
    client = hub()
    assert "completed" in problem_of(await cancel(client), 409)["detail"]
    assert client.events == []


async def test_a_batch_that_has_ended_is_resumed_with_its_own_request() -> None:
    client = hub()
    response = await resume(client)
    assert (response.status_code, response.headers["Location"]) == (202, ADDRESS)
    ((name, batch_id, batch),) = client.started
    assert (name, batch_id, batch["started_by"]) == ("migrate_batch", BATCH, f"http, {BATCH}")
    assert (batch["request"]["limit"], batch["selected"]) == (5, 0)


async def test_a_running_batch_cannot_be_resumed() -> None:
    client = hub("Running", BatchState.RUNNING)
    problem_of(await resume(client), 409)
    assert client.started == []


@pytest.mark.parametrize("act", [cancel, resume])
async def test_a_batch_that_does_not_exist_is_neither_cancelled_nor_resumed(act: Any) -> None:
    problem_of(await act(Hub()), 404)
