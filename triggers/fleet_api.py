"""The HTTP API of the fleet: batches, coverage, and regions for what is migrated already."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from api.requests import AddRegions, StartBatch
from domain.field_errors import FieldError
from domain.fleet.batches import BatchRecord, Scope
from domain.fleet.coverage import CATEGORIES, summarize
from domain.policy.sections import Match
from services import batches
from services.add_regions import add_regions
from services.refusals import NotFoundError
from services.view_fleet import view_fleet
from triggers.http import POLL_SECONDS, address, caller, json_response, parse_body, respond, subscriptions
from triggers.problems import invalid

blueprint = df.Blueprint()


@blueprint.route(route="batches", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def post_batch(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start a batch, or plan it with `dry_run`: 202 with its address."""
    return await respond(_start(req, client))


@blueprint.route(route="batches", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def get_batches(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List the batches."""
    return await respond(_list(req, client))


@blueprint.route(route="batches/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def get_batch(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """One batch: counts per state, and the images that did not complete."""
    return await respond(_find(req, client))


@blueprint.route(route="batches/{id}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def post_batch_cancel(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Start nothing more of a batch; what Azure was asked for runs on, and is told."""
    return await respond(_cancel(req, client))


@blueprint.route(route="batches/{id}/resume", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def post_batch_resume(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Start a batch that has ended once more: what is migrated by now is left alone."""
    return await respond(_resume(req, client))


@blueprint.route(route="coverage", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def get_coverage(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """How many managed images there are, and where they stand; `category` lists those of one category."""
    return await respond(_coverage(req, client))


@blueprint.route(route="migrations/{id}/regions", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def post_regions(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Bring a version that exists to more regions; none is ever dropped."""
    return await respond(_add_regions(req, client))


async def _start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    return _accepted(req, await batches.start_batch(client, parse_body(req, StartBatch), caller(req)))


async def _list(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    rows = [
        {
            "id": record.id,
            "state": record.batch.state,
            "created": record.created.isoformat(),
            "progress": record.progress.model_dump(mode="json"),
            "links": {"self": address(req, f"batches/{record.id}")},
        }
        async for record in batches.list_batches(client)
    ]
    return json_response({"batches": rows})


async def _find(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    record = await batches.find_batch(client, req.route_params["id"])
    if record is None:
        raise NotFoundError(f"there is no batch '{req.route_params['id']}'")
    return json_response(_view(req, record), headers={"Retry-After": str(POLL_SECONDS)})


async def _cancel(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    await batches.cancel_batch(client, req.route_params["id"])
    return _accepted(req, req.route_params["id"])


async def _resume(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    await batches.resume_batch(client, req.route_params["id"], caller(req))
    return _accepted(req, req.route_params["id"])


async def _coverage(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    category = req.params.get("category")
    if category is not None and category not in CATEGORIES:
        raise invalid([FieldError("category", f"'{category}' is none of {', '.join(CATEGORIES)}")])
    scopes = [Scope(subscription=name) for name in subscriptions(req)]
    coverage = await view_fleet(client, scopes, Match())
    listed = [place.model_dump(mode="json") for place in coverage if place.category == category]
    told = summarize(coverage)
    body: dict[str, Any] = {
        "images": told.images,
        "blocked_why": told.blocked_why,
        "ignored_by": told.ignored_by,
    }
    body |= {str(name): count for name, count in told.counts.items()}
    return json_response({**body, **({"listed": listed} if category else {})})


async def _add_regions(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = req.route_params["id"]
    location = address(req, f"migrations/{instance_id}")
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    await add_regions(client, instance_id, parse_body(req, AddRegions).regions, caller(req))
    return json_response({"id": instance_id, "links": {"self": location}}, 202, headers)


def _accepted(req: func.HttpRequest, batch_id: str) -> func.HttpResponse:
    location = address(req, f"batches/{batch_id}")
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    return json_response({"id": batch_id, "links": {"self": location}}, 202, headers)


def _view(req: func.HttpRequest, record: BatchRecord) -> dict[str, Any]:
    batch, progress = record.batch, record.progress
    return {
        "id": record.id,
        "state": batch.state,
        "request": batch.request.model_dump(mode="json", exclude_none=True),
        "started_by": batch.started_by,
        **progress.model_dump(mode="json", exclude={"running_migrations"}),
        "migrations": [address(req, f"migrations/{name}") for name in progress.running_migrations],
        "images": [result.model_dump(mode="json") for result in batch.shown],
        "failure": batch.failure.model_dump(mode="json") if batch.failure else None,
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
        "links": {"self": address(req, f"batches/{record.id}")},
    }
