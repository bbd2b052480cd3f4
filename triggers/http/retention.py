"""The routes of retention: preview, apply, look, cancel; of restorations, and of the lineage."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import ApplyRetention, LineageQuery, RestoreVersion, RetentionQuery
from services.refusals import NotFoundError
from services.retention import cancel_run, find_restore, find_run, start_restore, start_retention
from services.view_lineage import view_lineage
from services.view_retention import view_retention
from triggers.http.answers import POLL, accepted, answer
from triggers.http.callers import caller, operator
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body, parse_query

blueprint = df.Blueprint()


@blueprint.route(route="retention", methods=["GET"])
@answers_problems
async def get_retention(req: func.HttpRequest) -> func.HttpResponse:
    """Previews the retention of a definition. Writes nothing."""
    plan, forecast = await view_retention(parse_query(req, RetentionQuery).definition)
    return answer(answers.Retention.of(plan, forecast))


@blueprint.route(route="retention/apply", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retention_apply(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Starts a run over a definition; who has no right to delete may look what it would do."""
    body = parse_body(req, ApplyRetention)
    by = caller(req) if body.dry_run else operator(req)
    return _accepted(req, await start_retention(client, body.definition, by, dry_run=body.dry_run))


@blueprint.route(route="retention/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_retention_run(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Returns the last run over a definition."""
    instance_id = req.route_params["id"]
    run = await find_run(client, instance_id)
    if run is None:
        raise NotFoundError(f"there is no run of retention '{instance_id}'")
    return answer(answers.RetentionResult.of(instance_id, run, addresses(req)), headers=POLL)


@blueprint.route(route="retention/{id}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retention_cancel(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Ends a run before its next version."""
    await cancel_run(client, req.route_params["id"])
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="versions/restore", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_restore(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Starts to bring a version back."""
    body = parse_body(req, RestoreVersion)
    return _accepted(req, await start_restore(client, body.version, operator(req)))


@blueprint.route(route="restores/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_restore(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns a restoration."""
    instance_id = req.route_params["id"]
    status = await find_restore(client, instance_id)
    if status is None:
        raise NotFoundError(f"there is no restoration '{instance_id}'")
    return answer(answers.Restoration.of(instance_id, status, addresses(req)), headers=POLL)


@blueprint.route(route="lineage", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_lineage(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns the lineage of a version, whether or not it still exists."""
    return answer(answers.Lineage.of(await view_lineage(client, parse_query(req, LineageQuery).version)))


def _accepted(req: func.HttpRequest, instance_id: str) -> func.HttpResponse:
    links = addresses(req)
    return accepted(answers.Accepted.of(instance_id, links), links.of(instance_id))
