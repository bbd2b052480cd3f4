"""The route that tries a policy before it is put in force."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.problems import Problem
from api.requests import CheckPolicy
from domain.errors import PolicyError
from services.preview import preview
from triggers.http.answers import answer
from triggers.http.problems import ProblemError, answers_problems
from triggers.http.requests import parse_body

blueprint = df.Blueprint()


@blueprint.route(route="policy/check", methods=["POST"])
@answers_problems
async def post_policy_check(req: func.HttpRequest) -> func.HttpResponse:
    """Reports what a policy, or the one in force, gives each image of a scope. Starts nothing."""
    body = parse_body(req, CheckPolicy)
    try:
        previews = await preview(body.policy, body.scope)
    except PolicyError as error:
        if body.policy is None:
            raise
        raise ProblemError(Problem.of_policy(HTTPStatus.BAD_REQUEST, error)) from error
    return answer(answers.PolicyCheck.of(previews, limit=body.limit, given=body.policy is not None))
