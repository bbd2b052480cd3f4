"""The routes that say whether the app can work, and what it lacks."""

from functools import partial
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.problems import Problem
from domain.errors import ArmError
from services.doctor import examine
from services.health import check_health
from triggers.http.answers import answer
from triggers.http.problems import ProblemError, answers_problems, azure_retry

blueprint = df.Blueprint()


@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.durable_client_input(client_name="client")
@partial(answers_problems, for_everybody=True)
async def get_health(
    req: func.HttpRequest,  # noqa: ARG001 # the binding's name
    client: df.DurableOrchestrationClient,
) -> func.HttpResponse:
    """Checks that the app can work: it has a policy, its identity a token, and the task hub answers.

    If it cannot, the status is always 503, also for a reason that does not pass by itself: monitors look at one status.
    """
    try:
        health = await check_health(client)
    except ArmError as error:
        problem = Problem.of_azure(error, HTTPStatus.SERVICE_UNAVAILABLE)
        raise ProblemError(problem, azure_retry(error)) from error
    return answer(answers.Health.of(*health))


@blueprint.route(route="doctor", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_doctor(
    req: func.HttpRequest,  # noqa: ARG001 # the binding's name
    client: df.DurableOrchestrationClient,
) -> func.HttpResponse:
    """Looks whether everything is there that the app needs."""
    return answer(answers.Diagnosis.of(await examine(client)))
