"""The OpenAPI document, made from the table of operations and the models."""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from api.operations import OPERATIONS, Operation
from api.problems import MEDIA_TYPE, Problem
from domain.about import VERSION

_JSON = "application/json"
_POLL_HINT = "How many seconds to wait before the next request."
_HEADERS = {
    "Location": {"description": "The address to poll.", "schema": {"type": "string", "format": "uri"}},
    "Retry-After": {"description": _POLL_HINT, "schema": {"type": "integer", "minimum": 0}},
}
# of each problem: what it means, and the headers that it may carry
_PROBLEMS = {
    400: ("The request is invalid. `errors` names every invalid field.", ()),
    401: ("Nobody is signed in. Without Microsoft Entra the host refuses a key, without a body.", ()),
    403: (
        "The caller may not do this: only operators may, or the request comes from a page of another site.",
        (),
    ),
    404: ("There is no such image, migration or batch.", ()),
    409: (
        "The present state does not allow it: a migration or batch is running, has ended, or an image is not ready.",
        ("Location", "Retry-After"),
    ),
    413: ("The body is too long.", ()),
    415: ("The body is compressed.", ()),
    500: ("Gallerist failed unexpectedly. The log has the error by its `error_id`.", ()),
    502: ("Azure refused a request of the app. `code`, `cause` and `fix` say why.", ()),
    503: (
        "Azure is throttling or unavailable, does not answer in time, or the policy cannot be used. Try again later.",
        ("Retry-After",),
    ),
}
_DESCRIPTION = """\
Moves Azure managed images into Azure Compute Gallery.

An operation that starts something answers 202 with `Location` and `Retry-After`: request that address, waiting as many
seconds in between, until `state` is an end state. Every error is a problem (RFC 9457); `errors` names every invalid
field. Resource ids are compared without regard to case.
"""


class _Schemas(GenerateJsonSchema):
    """Schemas without titles: they only repeat the names of the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 # pydantic's signature
        return False


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    names, schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/{operation.path}", {})[operation.method.lower()] = _operation(operation, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gallerist", "version": VERSION, "description": _DESCRIPTION},
        "servers": [
            {
                "url": "https://{app}.azurewebsites.net/api",
                "variables": {
                    "app": {"default": "gallerist", "description": "The name of the function app."}
                },
            }
        ],
        "security": [{"key": []}, {"code": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": _HEADERS,
            "responses": {str(status): _problem(status) for status in _PROBLEMS},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "code": {"type": "apiKey", "in": "query", "name": "code"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _schemas() -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    """The reference to each model's schema, and the schemas by name.

    All of them are schemas of what is read, not of what is written: an answer is described as the client reads it.
    """
    bodies = [operation.body for operation in OPERATIONS]
    answers = [operation.answer for operation in OPERATIONS]
    models = dict.fromkeys(model for model in (*bodies, *answers, Problem) if model is not None)
    names, definitions = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    return {model: names[model, "validation"] for model in models}, definitions["$defs"]


def _operation(operation: Operation, names: dict[type[BaseModel], dict[str, Any]]) -> dict[str, Any]:
    schema = names[operation.answer] if operation.answer else {"type": "object"}
    success: dict[str, Any] = {
        "description": operation.status.phrase,
        "content": {_JSON: {"schema": schema}},
    }
    if operation.headers:
        success["headers"] = _header_references(operation.headers)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.title,
        "description": operation.text,
    }
    parameters = [*_path_parameters(operation), *_query_parameters(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": names[operation.body]}},
        }
    problems = {
        str(status.value): {"$ref": f"#/components/responses/{status.value}"}
        for status in operation.all_problems
    }
    described["responses"] = {str(operation.status.value): success, **problems}
    if not operation.key:
        described["security"] = []
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    kind = "batch" if operation.path.startswith("batches") else "migration"
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"The {kind}'s id.",
            "schema": {"type": "string"},
        }
        for name in operation.path_parameters
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(schema_generator=_Schemas)
    definitions, required = schema.get("$defs", {}), schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            **({"required": True} if name in schema.get("required", []) else {}),
            "description": field.pop("description"),
            **({"required": True} if name in required else {}),
            "schema": _without_null(field, definitions),
        }
        for name, field in schema["properties"].items()
    ]


def _without_null(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A parameter is given or left out; a query string has no null. References are replaced by what they refer to."""
    choices: list[dict[str, Any]] = field.get("anyOf") or [
        {name: value for name, value in field.items() if name != "title"}
    ]
    given = next(choice for choice in choices if choice.get("type") != "null")
    if "$ref" in given:
        return dict(definitions[re.sub(r".*/", "", given["$ref"])])
    return given


def _header_references(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem(status: int) -> dict[str, Any]:
    description, headers = _PROBLEMS[status]
    problem: dict[str, Any] = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if headers:
        problem["headers"] = _header_references(headers)
    return problem
