"""Turns what a route raises, and an answer that does not come, into a problem (RFC 9457)."""

import asyncio
import functools
import logging
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import ParamSpec

import azure.functions as func

from api.problems import MEDIA_TYPE, Problem
from domain.errors import ArmError, GalleristError, NotYetError, PolicyError, TaskHubError, TooLargeError
from domain.field_errors import shortened
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from triggers.http.answers import POLL
from triggers.http.authentication import CHALLENGE, refusal
from triggers.http.links import addresses

logger = logging.getLogger(__name__)

_AZURE_RETRY_SECONDS = 30
# a policy in a blob is read once a minute
_POLICY_RETRY_SECONDS = 60
# a caller has its answer within 20 seconds, the way included; the platform would end the call after 230
ANSWER_SECONDS = 18.0

Bindings = ParamSpec("Bindings")
Route = Callable[Bindings, Awaitable[func.HttpResponse]]


class ProblemError(GalleristError):
    """A request that gets a problem for an answer."""

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers or {}


def answers_problems(
    route: Route[Bindings], *, within_seconds: float = ANSWER_SECONDS, for_everybody: bool = False
) -> Route[Bindings]:
    """Decorates a route so that it answers with a problem where it raises, and where it takes too long.

    Nobody reaches the route whom the platform does not vouch for where it has to, unless it is `for_everybody`.

    Goes next to the function, below the decorators of the SDK: `durable_client_input` wraps what it finds. The function
    keeps its signature, which the Functions worker reads.
    """

    @functools.wraps(route)
    async def respond(*args: Bindings.args, **kwargs: Bindings.kwargs) -> func.HttpResponse:
        req = next(value for value in (*args, *kwargs.values()) if isinstance(value, func.HttpRequest))
        limit = asyncio.timeout(within_seconds)
        try:
            if not for_everybody:
                _check_caller(req)
            async with limit:
                return await route(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 # the host would answer 500 without a body
            return _response(_out_of_time(within_seconds, req) if limit.expired() else error, req)

    return respond


def _check_caller(req: func.HttpRequest) -> None:
    refused = refusal(req)
    if refused is not None:
        raise ProblemError(refused, CHALLENGE if refused.status == HTTPStatus.UNAUTHORIZED else None)


def _response(error: Exception, req: func.HttpRequest) -> func.HttpResponse:
    headers: dict[str, str] = {}
    try:
        problem, headers = _problem(error, req)
    except Exception as other:  # noqa: BLE001 # such as an address that is none
        problem = _unforeseen(other, req)
    return func.HttpResponse(
        problem.model_dump_json(), status_code=problem.status, mimetype=MEDIA_TYPE, headers=headers
    )


def _problem(error: Exception, req: func.HttpRequest) -> tuple[Problem, dict[str, str]]:  # noqa: C901 # a table
    """The problem for an error, and the headers that go with it."""
    headers = {}
    match error:
        case ProblemError():
            problem, headers = error.problem, error.headers
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
                headers = azure_retry(error)
        case PolicyError():
            problem = Problem.of_policy(HTTPStatus.SERVICE_UNAVAILABLE, error)
            headers = {"Retry-After": str(_POLICY_RETRY_SECONDS)}
        case TooLargeError():
            problem = Problem.of(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        case TaskHubError():
            problem = Problem.of(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            headers = {"Retry-After": str(_AZURE_RETRY_SECONDS)}
        case _:
            problem = _unforeseen(error, req)
    return problem, headers


def azure_retry(error: ArmError) -> dict[str, str]:
    """The header that says when to ask again: as Azure said, or in half a minute."""
    return {"Retry-After": str(error.retry_after_seconds or _AZURE_RETRY_SECONDS)}


def _out_of_time(seconds: float, req: func.HttpRequest) -> ProblemError:
    """An answer that does not come in time, whatever it waits for: Azure, the identity, the task hub."""
    logger.warning("%s %s: no answer within %g seconds", req.method, _address(req), seconds)
    detail = (
        f"Azure or the task hub did not answer within {seconds:g} seconds. Try again later: a request that was carried "
        "out nevertheless can be repeated, because no image is migrated twice. With many images, ask for one "
        "'subscription' at a time"
    )
    headers = {"Retry-After": str(_AZURE_RETRY_SECONDS)}
    return ProblemError(Problem.of(HTTPStatus.SERVICE_UNAVAILABLE, detail), headers)


def _unforeseen(error: Exception, req: func.HttpRequest) -> Problem:
    error_id = uuid.uuid4().hex
    logger.error("%s %s failed with the error %s", req.method, _address(req), error_id, exc_info=error)
    return Problem.of_unforeseen(error_id)


def _address(req: func.HttpRequest) -> str:
    """The address without its query, which may hold a key."""
    return shortened(req.url.partition("?")[0])
