"""Turns what a route raises into a problem (RFC 9457)."""

import functools
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import ParamSpec

import azure.functions as func

from api.problems import MEDIA_TYPE, Problem
from domain.errors import ArmError, GalleristError, NotYetError, PolicyError, TaskHubError
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from triggers.http.answers import POLL
from triggers.http.links import addresses

logger = logging.getLogger(__name__)

_AZURE_RETRY_SECONDS = 30
# a policy in a blob is read once a minute
_POLICY_RETRY_SECONDS = 60
_UNEXPECTED = "Gallerist failed unexpectedly; the log of the function app has the error"

Bindings = ParamSpec("Bindings")
Route = Callable[Bindings, Awaitable[func.HttpResponse]]


class ProblemError(GalleristError):
    """A request that gets a problem for an answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def answers_problems(route: Route[Bindings]) -> Route[Bindings]:
    """Decorates a route so that it answers with a problem where it raises.

    Goes next to the function, below the decorators of the SDK: `durable_client_input` wraps what it finds. The function
    keeps its signature, which the Functions worker reads.
    """

    @functools.wraps(route)
    async def respond(*args: Bindings.args, **kwargs: Bindings.kwargs) -> func.HttpResponse:
        req = next(value for value in (*args, *kwargs.values()) if isinstance(value, func.HttpRequest))
        try:
            return await route(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 # the host would answer 500 without a body
            problem, headers = _problem(error, req)
        return func.HttpResponse(
            problem.model_dump_json(), status_code=problem.status, mimetype=MEDIA_TYPE, headers=headers
        )

    return respond


def _problem(error: Exception, req: func.HttpRequest) -> tuple[Problem, dict[str, str]]:  # noqa: C901 # a table
    """The problem for an error, and the headers that go with it."""
    headers = {}
    match error:
        case ProblemError():
            problem = error.problem
        case InvalidRequestError():
            problem = Problem.of_fields(error.errors)
        case NotFoundError():
            problem = Problem.of(HTTPStatus.NOT_FOUND, str(error))
        case ConflictError(id=str(instance_id)):
            location = addresses(req).of(instance_id)
            problem = Problem.of(HTTPStatus.CONFLICT, f"{error}: {location}", id=instance_id)
            headers = {"Location": location, **POLL}
        case ConflictError():
            problem = Problem.of(HTTPStatus.CONFLICT, str(error))
        case NotYetError():
            problem = Problem.of(HTTPStatus.CONFLICT, str(error))
            headers = POLL
        case ArmError():
            problem = Problem.of_azure(error)
            if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
                headers = {"Retry-After": str(error.retry_after_seconds or _AZURE_RETRY_SECONDS)}
        case PolicyError():
            problem = Problem.of_policy(HTTPStatus.SERVICE_UNAVAILABLE, error)
            headers = {"Retry-After": str(_POLICY_RETRY_SECONDS)}
        case TaskHubError():
            problem = Problem.of(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            headers = {"Retry-After": str(_AZURE_RETRY_SECONDS)}
        case _:
            logger.error("%s %s failed", req.method, req.url.partition("?")[0], exc_info=error)
            problem = Problem.of(HTTPStatus.INTERNAL_SERVER_ERROR, _UNEXPECTED)
    return problem, headers
