"""The routes of retirements: begin, look, decide; and their certificates."""

import json

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.links import Addresses
from api.requests import Acknowledge, Approve, Explain, RetirementsQuery, StartRetirement
from domain.migration.status import UnreadableInstance
from domain.records.evidence import digest_of
from services import retirements
from services.view_retirements import (
    RetirementRecord,
    certificate_text,
    deletion_text,
    existing_retirement,
    list_retirements,
)
from triggers.http.answers import POLL, accepted, answer
from triggers.http.callers import caller, operator
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body, parse_query

blueprint = df.Blueprint()

PAGE = 100


@blueprint.route(route="retirements", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retirement(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Begins a retirement by hand."""
    body = parse_body(req, StartRetirement)
    by = operator(req)
    return _accepted(req, (await retirements.start_by_hand(client, body.image, by)).id)


@blueprint.route(route="retirements", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_retirements(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists retirements, a page at a time."""
    query = parse_query(req, RetirementsQuery)
    links = addresses(req)
    rows: list[answers.Retirement] = []
    unreadable: list[answers.UnreadableInstance] = []
    read, following = query.page or "", None
    async for record, place in list_retirements(client, read):
        if len(rows) + len(unreadable) == PAGE:
            following = links.retirements(**{**req.params, "page": read})
            break
        read = place
        if isinstance(record, UnreadableInstance):
            unreadable.append(answers.UnreadableInstance.of(record))
        elif query.state in (None, record.retirement.state):
            rows.append(_answer(record, links))
    return answer(answers.Retirements(retirements=rows, unreadable=unreadable, next=following))


@blueprint.route(route="retirements/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_retirement(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns one retirement with its obligations."""
    record = await existing_retirement(client, req.route_params["id"])
    return answer(_answer(record, addresses(req)), headers=POLL)


@blueprint.route(route="retirements/{id}/approve", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retirement_approve(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Approves the deletion of the image with this fingerprint."""
    body, by = parse_body(req, Approve), operator(req)
    await retirements.approve(client, req.route_params["id"], body.fingerprint, by, body.reason)
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="retirements/{id}/reject", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retirement_reject(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Ends a retirement; the image is kept."""
    body, by = parse_body(req, Explain), operator(req)
    await retirements.reject(client, req.route_params["id"], by, body.reason)
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="retirements/{id}/acknowledge", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retirement_acknowledge(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Accepts one unknown consumer as it is now."""
    body, by = parse_body(req, Acknowledge), operator(req)
    await retirements.acknowledge(
        client, req.route_params["id"], by, body.reason, consumer=body.consumer, digest=body.digest
    )
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="retirements/{id}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_retirement_cancel(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Cancels a retirement."""
    body = parse_body(req, Explain)
    await retirements.cancel(client, req.route_params["id"], caller(req), body.reason)
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="retirements/{id}/certificate", methods=["GET"])
@answers_problems
async def get_certificate(req: func.HttpRequest) -> func.HttpResponse:
    """Returns the newest certificate of a retirement, and what completes it."""
    text = await certificate_text(req.route_params["id"])
    deletion = await deletion_text(req.route_params["id"])
    body = answers.RetirementCertificate(
        certificate=json.loads(text),
        digest=digest_of(text),
        deletion=json.loads(deletion) if deletion else None,
    )
    return answer(body)


def _answer(record: RetirementRecord, links: Addresses) -> answers.Retirement:
    return answers.Retirement.of(record.id, record.retirement, record.created, record.updated, links)


def _accepted(req: func.HttpRequest, retirement_id: str) -> func.HttpResponse:
    links = addresses(req)
    return accepted(answers.Accepted.of(retirement_id, links), links.retirement(retirement_id))
