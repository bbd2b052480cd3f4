"""The routes of promotions: plan, start, look, pause, resume, abort, roll back; and the adoption."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import AdoptionQuery, StartPromotion
from domain.migration.status import UnreadableInstance
from domain.promotion.messages import Order, PromotionRequest
from services.adoption import read_adoption
from services.promotion_policy import promotion_request
from services.promotions import plan
from services.refusals import ConflictError, NotFoundError
from services.start_promotion import checked_plan, give_order, roll_back, start_promotion
from services.view_promotions import find_promotion, list_promotions
from triggers.http.answers import POLL, accepted, answer
from triggers.http.callers import caller, operator
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body, parse_query

blueprint = df.Blueprint()


@blueprint.route(route="promotions/plan", methods=["POST"])
@answers_problems
async def post_promotion_plan(req: func.HttpRequest) -> func.HttpResponse:
    """Plans what `POST promotions` would start with the same body. Writes nothing."""
    request = await _request(parse_body(req, StartPromotion), caller(req))
    return answer(answers.PlannedPromotion.of(await plan(request)))


@blueprint.route(route="promotions", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_promotion(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Starts a promotion or an election, after checking that the version may be promoted."""
    body = parse_body(req, StartPromotion)
    request = await _request(body, operator(req))
    await checked_plan(request)
    started = await start_promotion(client, request)
    if not started.fresh:
        raise ConflictError(f"the promotion of {request.version_id.name} is already running", started.id)
    return _accepted(req, started.id)


@blueprint.route(route="promotions", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_promotions(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists the promotions."""
    links = addresses(req)
    rows: list[answers.Promotion] = []
    unreadable: list[answers.UnreadableInstance] = []
    async for record in list_promotions(client):
        if isinstance(record, UnreadableInstance):
            unreadable.append(answers.UnreadableInstance.of(record))
        else:
            rows.append(answers.Promotion.of(record, links))
    return answer(answers.Promotions(promotions=rows, unreadable=unreadable))


@blueprint.route(route="promotions/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_promotion(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns one promotion."""
    record = await find_promotion(client, req.route_params["id"])
    if record is None:
        raise NotFoundError(f"there is no promotion '{req.route_params['id']}'")
    return answer(answers.Promotion.of(record, addresses(req)), headers=POLL)


@blueprint.route(route="promotions/{id}/pause", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_promotion_pause(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Keeps a promotion from going on."""
    return await _ordered(req, client, "pause", caller(req))


@blueprint.route(route="promotions/{id}/resume", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_promotion_resume(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Lets a paused promotion go on."""
    return await _ordered(req, client, "resume", operator(req))


@blueprint.route(route="promotions/{id}/abort", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_promotion_abort(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Ends a promotion; what is promoted stays."""
    return await _ordered(req, client, "abort", caller(req))


@blueprint.route(route="promotions/{id}/rollback", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_promotion_rollback(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Restores what was before a promotion."""
    by = operator(req)
    await roll_back(client, req.route_params["id"], by)
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="adoption", methods=["GET"])
@answers_problems
async def get_adoption(req: func.HttpRequest) -> func.HttpResponse:
    """Returns what `latest` of a definition resolves to, and which versions run."""
    query = parse_query(req, AdoptionQuery)
    return answer(answers.Adoption.of(await read_adoption(query.definition)))


async def _request(body: StartPromotion, by: str) -> PromotionRequest:
    return await promotion_request(
        body.version,
        by,
        action=body.action,
        rings=body.rings,
        regions=body.regions,
        bake_hours=body.bake_hours,
    )


async def _ordered(
    req: func.HttpRequest, client: df.DurableOrchestrationClient, order: Order, by: str
) -> func.HttpResponse:
    await give_order(client, req.route_params["id"], order, by)
    return _accepted(req, req.route_params["id"])


def _accepted(req: func.HttpRequest, promotion_id: str) -> func.HttpResponse:
    links = addresses(req)
    return accepted(answers.Accepted.of(promotion_id, links), links.promotion(promotion_id))
