"""Reads requests: bodies, query strings, the caller."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from math import isfinite
from typing import Any, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from api.problems import Problem
from api.requests import Query, SubscriptionQuery
from domain.field_errors import FieldError, field_errors, field_path, shortened
from services.container import services
from services.refusals import InvalidRequestError
from triggers.http.problems import ProblemError

LONGEST_BODY = 1024 * 1024
DEEPEST_BODY = 32
# four times the longest list of a body
MOST_VALUES = 20_000
MOST_DIGITS = 30
# it matches from each quote on, also where none ends the text, so that nothing is looked at twice
_IN_QUOTES = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SURROGATE = re.compile(r"[\ud800-\udfff]")

Body = TypeVar("Body", bound=BaseModel)
Parameters = TypeVar("Parameters", bound=Query)


def parse_json(req: func.HttpRequest) -> dict[str, Any]:
    """Returns the body.

    Raises:
        InvalidRequestError: the body is not a JSON object, or not one that JSON and UTF-8 can hold.
        ProblemError: the body is too long or compressed.
    """
    try:
        text = _text(_content(req))
        _check_values(text)
        body = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except RecursionError as error:
        raise InvalidRequestError(
            [FieldError("body", f"not JSON: nested too deeply; at most {DEEPEST_BODY} levels are read")]
        ) from error
    except ValueError as error:
        raise InvalidRequestError([FieldError("body", shortened(f"not JSON: {error}"))]) from error
    if not isinstance(body, dict):
        raise InvalidRequestError([FieldError("body", "must be a JSON object")])
    fault = next(_unreadable_parts(body), None)
    if fault is not None:
        raise InvalidRequestError([fault])
    return body


def _content(req: func.HttpRequest) -> bytes:
    content: bytes = req.get_body()
    encoding = req.headers.get("content-encoding") or "identity"
    if encoding.lower() != "identity":
        detail = f"the body has the Content-Encoding '{encoding}'; send it uncompressed"
        raise ProblemError(Problem.of(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail))
    if len(content) > LONGEST_BODY:
        detail = (
            f"the body has {len(content)} bytes; at most {LONGEST_BODY} are read; send less in one request"
        )
        raise ProblemError(Problem.of(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail))
    if not content:
        # the Functions host passes on no body that is sent in chunks
        reason = "is empty; send a JSON object, with its Content-Length"
        raise InvalidRequestError([FieldError("body", reason)])
    return content


def _text(content: bytes) -> str:
    """The body as text, decoded as `json.loads` decodes bytes."""
    return content.decode(json.detect_encoding(content), "surrogatepass")


def _check_values(text: str) -> None:
    """Refuses too many values before they are read: a mebibyte can hold half a million, which takes a second."""
    outside = _IN_QUOTES.sub("", text)
    if 1 + sum(outside.count(char) for char in ",[{") > MOST_VALUES:
        reason = f"more than {MOST_VALUES} values; send less in one request"
        raise InvalidRequestError([FieldError("body", reason)])


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"the number {shortened(text, MOST_DIGITS)} is too large")
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"the key '{name}' is given twice")
        values[name] = value
    return values


def _unreadable_parts(body: dict[str, Any]) -> Iterator[FieldError]:
    """Yields the texts that are no Unicode, and what is nested too deeply to be looked at."""
    rest: list[tuple[tuple[int | str, ...], Any]] = [((), body)]
    while rest:
        location, value = rest.pop()
        if len(location) > DEEPEST_BODY:
            yield FieldError("body", f"nested more than {DEEPEST_BODY} levels deep; nest less")
        elif isinstance(value, str) and _SURROGATE.search(value):
            yield FieldError(field_path(location), "half a surrogate pair is not a character")
        elif isinstance(value, list):
            rest += [((*location, index), item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            if any(_SURROGATE.search(name) for name in value):
                yield FieldError(field_path(location), "a key has half a surrogate pair")
            rest += [((*location, name), item) for name, item in value.items()]


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
