"""The routes of batches: start, look, cancel, resume."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import StartBatch
from domain.migration.status import UnreadableInstance
from services.batches import cancel_batch, find_batch, list_batches, resume_batch, start_batch
from services.refusals import NotFoundError
from triggers.http.answers import POLL, accepted, answer
from triggers.http.callers import caller
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body

blueprint = df.Blueprint()


@blueprint.route(route="batches", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_batch(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Starts a batch, or its plan with `dry_run`."""
    body = parse_body(req, StartBatch)
    return _accepted(req, await start_batch(client, body, caller(req)))


@blueprint.route(route="batches", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_batches(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists the batches."""
    links = addresses(req)
    rows: list[answers.ListedBatch] = []
    unreadable: list[answers.UnreadableInstance] = []
    async for record in list_batches(client):
        if isinstance(record, UnreadableInstance):
            unreadable.append(answers.UnreadableInstance.of(record))
        else:
            rows.append(answers.ListedBatch.of(record, links))
    return answer(answers.Batches(batches=rows, unreadable=unreadable))


@blueprint.route(route="batches/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_batch(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns one batch: counts per state, and the images that did not complete."""
    record = await find_batch(client, req.route_params["id"])
    if record is None:
        raise NotFoundError(f"there is no batch '{req.route_params['id']}'")
    return answer(answers.Batch.of(record, addresses(req)), headers=POLL)


@blueprint.route(route="batches/{id}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_batch_cancel(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Stops a batch from starting more migrations. Those already running continue."""
    await cancel_batch(client, req.route_params["id"])
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="batches/{id}/resume", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_batch_resume(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Restarts a batch that has ended. It skips images that are already migrated."""
    await resume_batch(client, req.route_params["id"], caller(req))
    return _accepted(req, req.route_params["id"])


def _accepted(req: func.HttpRequest, batch_id: str) -> func.HttpResponse:
    links = addresses(req)
    return accepted(answers.Accepted.of(batch_id, links), links.batch(batch_id))
