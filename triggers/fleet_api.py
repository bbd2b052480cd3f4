"""The HTTP API of the fleet: batches, coverage, and regions for what is migrated already."""

import uuid
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from adapters.task_hub import (
    Instance,
    cancel_batch,
    find_batch,
    list_batches,
    migration_of_id,
    start_adding_regions,
    start_batch,
)
from api.requests import AddRegions, unknown_regions
from domain.field_errors import FieldError
from domain.fleet.batches import BATCH_ID_PREFIX, BatchProgress, BatchState, Scope, StartBatch
from domain.fleet.coverage import CATEGORIES, summary
from domain.migration.messages import AddRegionsRequest
from domain.policy.sections import Match
from domain.resources.galleries import TargetRegion
from domain.resources.ids import ImageId
from services.container import services
from services.plan_migration import policy_regions
from services.view_fleet import view_fleet
from triggers.http import POLL_SECONDS, address, caller, json_response, parse_body, respond, subscriptions
from triggers.problems import ProblemError, invalid

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
    request = parse_body(req, StartBatch)
    batch_id = f"{BATCH_ID_PREFIX}{uuid.uuid4().hex}"
    await start_batch(client, batch_id, BatchState(request=request, started_by=f"{caller(req)}, {batch_id}"))
    return _accepted(req, batch_id)


async def _list(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    rows = [
        {
            "id": instance.id,
            "state": instance.runtime_status.lower(),
            "created": instance.created.isoformat(),
            "progress": instance.custom_status,
            "links": {"self": address(req, f"batches/{instance.id}")},
        }
        async for instance in list_batches(client)
    ]
    return json_response({"batches": rows})


async def _find(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance, state = await _existing(req, client)
    return json_response(_view(req, instance, state), headers={"Retry-After": str(POLL_SECONDS)})


async def _cancel(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance, state = await _existing(req, client)
    if state.state != "running":
        raise ProblemError(HTTPStatus.CONFLICT, f"the batch {instance.id} has ended: {state.state}")
    await cancel_batch(client, instance.id)
    return _accepted(req, instance.id)


async def _resume(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance, state = await _existing(req, client)
    again = BatchState(request=state.request, started_by=f"{caller(req)}, {instance.id}")
    if state.state == "running" or not await start_batch(client, instance.id, again):
        raise ProblemError(HTTPStatus.CONFLICT, f"the batch {instance.id} runs")
    return _accepted(req, instance.id)


async def _coverage(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    category = req.params.get("category")
    if category is not None and category not in CATEGORIES:
        raise invalid([FieldError("category", f"'{category}' is none of {', '.join(CATEGORIES)}")])
    scopes = [Scope(subscription=name) for name in subscriptions(req)]
    standings = await view_fleet(client, scopes, Match())
    listed = [place.model_dump(mode="json") for place in standings if place.category == category]
    return json_response({**summary(standings), **({"listed": listed} if category else {})})


async def _add_regions(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = parse_body(req, AddRegions)
    instance_id = req.route_params["id"]
    known = await migration_of_id(client, instance_id)
    if known is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no migration '{instance_id}'")
    targets = [target for target in known.status.targets if target.version_id and target.regions]
    if not known.running and not targets:
        raise ProblemError(HTTPStatus.CONFLICT, f"the migration has made no version: {known.status.state}")
    request = AddRegionsRequest(
        image=known.status.image,
        started_by=caller(req),
        rule=known.status.rule,
        fingerprint=known.status.fingerprint,
        targets=targets,
        regions=await _regions_to_add(body, known.status.image),
    )
    location = address(req, f"migrations/{instance_id}")
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    if known.running or not await start_adding_regions(client, request):
        detail = f"the migration runs; add the regions when it has ended: {location}"
        raise ProblemError(HTTPStatus.CONFLICT, detail, headers=headers)
    return json_response({"id": instance_id, "links": {"self": location}}, 202, headers)


async def _regions_to_add(body: AddRegions, image: ImageId) -> list[TargetRegion]:
    """The regions that the body names, or those of the policy, which needs the image to decide."""
    compute = services().compute
    if body.regions is None:
        found = await compute.get_managed_image(image)
        if found is None:
            fault = "the managed image is gone, so the policy cannot tell them: name the regions"
            raise invalid([FieldError("regions", fault)])
        return await policy_regions(found)
    faults = unknown_regions(body.regions, await compute.list_regions(image.subscription))
    if faults:
        raise invalid(faults)
    return body.regions


async def _existing(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> tuple[Instance, BatchState]:
    found = await find_batch(client, req.route_params["id"])
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no batch '{req.route_params['id']}'")
    return found


def _accepted(req: func.HttpRequest, batch_id: str) -> func.HttpResponse:
    location = address(req, f"batches/{batch_id}")
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    return json_response({"id": batch_id, "links": {"self": location}}, 202, headers)


def _view(req: func.HttpRequest, instance: Instance, state: BatchState) -> dict[str, Any]:
    progress = BatchProgress.of(state)
    if state.state == "running" and instance.custom_status:
        # newer than the state that the execution began with
        progress = BatchProgress.model_validate(instance.custom_status)
    told = progress.model_dump(mode="json", exclude={"running_migrations"})
    return {
        "id": instance.id,
        "state": state.state,
        "request": state.request.model_dump(mode="json", exclude_none=True),
        "started_by": state.started_by,
        **told,
        "migrations": [address(req, f"migrations/{name}") for name in progress.running_migrations],
        "images": [result.model_dump(mode="json") for result in state.shown],
        "failure": state.failure.model_dump(mode="json") if state.failure else None,
        "created": instance.created.isoformat(),
        "updated": instance.updated.isoformat(),
        "links": {"self": address(req, f"batches/{instance.id}")},
    }
