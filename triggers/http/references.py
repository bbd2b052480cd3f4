"""The routes of references: who uses an image, re-pointing them, and subscriptions that are gone."""

from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import DeclareGone, ReferencesQuery, RepointConsumers
from domain.references.expected import GoneSubscription
from domain.resources.ids import does_not_exist
from services.gone_subscriptions import declare_gone
from services.refusals import NotFoundError
from services.repoint import find_repoint, plan_for, read_target, start_repoint
from services.view_references import view_references
from triggers.http.answers import POLL, accepted, answer, continue_after
from triggers.http.callers import operator
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body, parse_query

blueprint = df.Blueprint()


@blueprint.route(route="references", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_references(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists who uses a managed image or a version."""
    query = parse_query(req, ReferencesQuery)
    view = await view_references(client, query.subject)
    body = answers.References.of(str(query.subject), view.scan, view.gaps.unread, view.plans)
    return answer(body, headers=continue_after(view.gaps))


@blueprint.route(route="references/repoint/plan", methods=["POST"])
@answers_problems
async def post_repoint_plan(req: func.HttpRequest) -> func.HttpResponse:
    """Says what re-pointing these consumers would do. Writes nothing."""
    body = parse_body(req, RepointConsumers)
    target = await read_target(body.version)
    if target is None:
        raise NotFoundError(does_not_exist(body.version))
    plans = [await plan_for(one, target) for one in dict.fromkeys(body.consumers)]
    return answer(answers.RepointPlans.of(body.version, plans))


@blueprint.route(route="references/repoint", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_repoint(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Re-points the consumers named, one update each. They are read back."""
    body = parse_body(req, RepointConsumers)
    caller = operator(req)
    instance_id = await start_repoint(client, body.version, list(dict.fromkeys(body.consumers)), caller)
    return await _found(req, client, instance_id, started=True)


@blueprint.route(route="references/repoint/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_repoint(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns how far a request to re-point consumers is."""
    return await _found(req, client, req.route_params["id"], started=False)


@blueprint.route(route="references/gone", methods=["POST"])
@answers_problems
async def post_gone_subscription(req: func.HttpRequest) -> func.HttpResponse:
    """Records that a subscription exists no more."""
    body, by = parse_body(req, DeclareGone), operator(req)
    gone = GoneSubscription(
        subscription=body.subscription.lower(), by=by, reason=body.reason, at=datetime.now(UTC)
    )
    await declare_gone(gone)
    return answer(answers.GoneSubscription.of(gone))


async def _found(
    req: func.HttpRequest, client: df.DurableOrchestrationClient, instance_id: str, *, started: bool
) -> func.HttpResponse:
    request = await find_repoint(client, instance_id)
    if request is None:
        raise NotFoundError(f"there is no request to re-point '{instance_id}'")
    links = addresses(req)
    body = answers.Repointing.of(request, instance_id, links)
    return accepted(body, links.of(instance_id)) if started else answer(body, headers=POLL)
