"""The routes of the freeze: whether deletions are stopped."""

from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import SetFreeze
from domain.records.freeze import Freeze
from services.freeze import frozen_because, set_freeze
from triggers.http.answers import answer
from triggers.http.callers import operator
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_body

blueprint = df.Blueprint()


@blueprint.route(route="freeze", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_freeze(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:  # noqa: ARG001 # the binding's name
    """Returns whether deletions are stopped, and why."""
    return answer(answers.Freeze.of(await frozen_because(client)))


@blueprint.route(route="freeze", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_freeze(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Stops all deletions, or allows them again."""
    body, by = parse_body(req, SetFreeze), operator(req)
    freeze = Freeze(frozen=body.frozen, by=by, reason=body.reason, at=datetime.now(UTC))
    await set_freeze(client, freeze)
    return answer(answers.Freeze.set_to(freeze))
