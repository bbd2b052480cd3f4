"""Reads requests: bodies, query strings, the caller."""

import json
from typing import Any, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from api.requests import Query, SubscriptionQuery
from domain.field_errors import FieldError, field_errors
from services.container import services
from services.refusals import InvalidRequestError

Body = TypeVar("Body", bound=BaseModel)
Parameters = TypeVar("Parameters", bound=Query)


def parse_json(req: func.HttpRequest) -> dict[str, Any]:
    """Returns the body.

    Raises:
        InvalidRequestError: the body is not a JSON object.
    """
    try:
        body = json.loads(req.get_body())
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError([FieldError("body", f"not JSON: {error}")]) from error
    if not isinstance(body, dict):
        raise InvalidRequestError([FieldError("body", "must be a JSON object")])
    return body


def parse_body(req: func.HttpRequest, model: type[Body]) -> Body:
    """Returns the body as a model.

    Raises:
        InvalidRequestError: the body is invalid; the error names every field.
    """
    try:
        return model.model_validate(parse_json(req))
    except ValidationError as error:
        raise InvalidRequestError(field_errors(error)) from error


def parse_query(req: func.HttpRequest, model: type[Parameters]) -> Parameters:
    """Returns the query string as a model; an empty parameter counts as absent.

    Raises:
        InvalidRequestError: a parameter is invalid; the error names every one.
    """
    try:
        return model.model_validate({name: value for name, value in req.params.items() if value})
    except ValidationError as error:
        raise InvalidRequestError(field_errors(error)) from error


def caller(req: func.HttpRequest) -> str:
    """Who sent the request, as the platform's authentication says; a function key names nobody."""
    return req.headers.get("x-ms-client-principal-name") or "http"


def subscriptions(query: SubscriptionQuery) -> list[str]:
    """Returns the subscription of the query, or those of the settings.

    Raises:
        InvalidRequestError: there is neither.
    """
    named = [query.subscription] if query.subscription else list(services().settings.subscriptions)
    if not named:
        raise InvalidRequestError(
            [FieldError("subscription", "add this parameter, or set GALLERIST_SUBSCRIPTIONS for the app")]
        )
    return named
