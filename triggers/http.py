"""What the HTTP triggers share: bodies in, JSON and problems out, addresses of this API."""

import json
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from domain.errors import ArmError, PolicyError
from domain.field_errors import FieldError, field_errors
from domain.resources.ids import SUBSCRIPTION
from services.container import services
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from triggers.problems import ProblemError, azure_refused, invalid, policy_unusable

# how often a caller should look again
POLL_SECONDS = 10

Body = TypeVar("Body", bound=BaseModel)


async def respond(work: Awaitable[func.HttpResponse]) -> func.HttpResponse:  # noqa: PLR0911
    """The work's response, or the problem that it raised."""
    try:
        return await work
    except ProblemError as problem:
        return problem.response()
    except ArmError as error:
        return azure_refused(error).response()
    except PolicyError as error:
        return policy_unusable(error).response()
    except NotFoundError as error:
        return ProblemError(HTTPStatus.NOT_FOUND, str(error)).response()
    except ConflictError as error:
        return ProblemError(HTTPStatus.CONFLICT, str(error), id=error.id).response()
    except InvalidRequestError as error:
        return invalid(error.errors).response()


def parse_json(req: func.HttpRequest) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        ProblemError: 400, it is none.
    """
    try:
        body = json.loads(req.get_body())
    except ValueError as error:
        raise invalid([FieldError("body", f"not JSON: {error}")]) from error
    if not isinstance(body, dict):
        raise invalid([FieldError("body", "has to be a JSON object")])
    return body


def parse_body(req: func.HttpRequest, model: type[Body]) -> Body:
    """The body as a model.

    Raises:
        ProblemError: 400 with every field at fault.
    """
    try:
        return model.model_validate(parse_json(req))
    except ValidationError as error:
        raise invalid(field_errors(error)) from error


def json_response(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    """A response with a JSON body."""
    return func.HttpResponse(
        json.dumps(body), status_code=status, mimetype="application/json", headers=headers or {}
    )


def address(req: func.HttpRequest, path: str) -> str:
    """An address of this API, on the host and under the prefix that the caller used."""
    base = req.url.partition("?")[0]
    for route in ("/migrations", "/images", "/galleries", "/batches", "/coverage", "/policy"):
        if route in base:
            base = base[: base.rindex(route)]
    return f"{base}/{path}"


def caller(req: func.HttpRequest) -> str:
    """Who asks, as the platform's authentication says it; a function key names nobody."""
    return req.headers.get("x-ms-client-principal-name") or "http"


def subscriptions(req: func.HttpRequest) -> list[str]:
    """The subscription that the query names, or those of the settings.

    Raises:
        ProblemError: 400 where there is neither.
    """
    asked = req.params.get("subscription")
    if asked and not SUBSCRIPTION.fullmatch(asked):
        raise invalid([FieldError("subscription", f"'{asked}' is not a subscription id")])
    named = [asked] if asked else list(services().settings.subscriptions)
    if not named:
        raise invalid([FieldError("subscription", "name one, or set GALLERIST_SUBSCRIPTIONS")])
    return named
