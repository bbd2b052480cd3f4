"""The page about the HTTP API shows what the app answers now, and its answers fit the OpenAPI document."""

import json
from typing import Any

import jsonschema
import pytest

from api.openapi import document
from api.operations import OPERATIONS
from scripts.export_api import DOCUMENT, Exchange, Page, render


@pytest.fixture(scope="module")
def page() -> Page:
    """The page, made by calling every operation of the running app."""
    return render()


def test_the_page_is_current(page: Page) -> None:
    """`python -m scripts.export_api` writes docs/api.md."""
    assert DOCUMENT.read_text(encoding="utf-8") == page.text


def test_the_page_calls_every_operation(page: Page) -> None:
    assert {exchange.operation.name for exchange in page.exchanges} == {
        operation.name for operation in OPERATIONS
    }


def check(schema: dict[str, Any], content: bytes) -> None:
    """Validates JSON against a schema that may refer to the components of the document."""
    whole = {**schema, "components": document()["components"]}
    jsonschema.Draft202012Validator(
        whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(json.loads(content))


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or the component that it refers to."""
    if "$ref" not in part:
        return part
    _, section, kind, name = part["$ref"].split("/")
    found: dict[str, Any] = document()[section][kind][name]
    return found


def described(exchange: Exchange) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the document says of the operation, and of an answer of this status."""
    operation = exchange.operation
    description = document()["paths"][f"/{operation.path}"][operation.method.lower()]
    return description, resolved(description["responses"][str(exchange.response.status_code)])


def test_every_answer_of_the_running_app_fits_the_openapi_document(page: Page) -> None:
    for exchange in page.exchanges:
        _, answer = described(exchange)
        media_type = exchange.response.headers["Content-Type"].partition(";")[0]
        check(answer["content"][media_type]["schema"], exchange.response.content)


def test_every_successful_answer_has_the_headers_that_the_document_promises(page: Page) -> None:
    for exchange in page.exchanges:
        if exchange.response.is_success:
            _, answer = described(exchange)
            assert set(answer.get("headers", {})) <= {
                "-".join(part.capitalize() for part in name.split("-")) for name in exchange.response.headers
            }


def test_every_request_that_succeeded_fits_the_openapi_document(page: Page) -> None:
    bodies = [
        exchange for exchange in page.exchanges if exchange.request.content and exchange.response.is_success
    ]
    assert bodies
    for exchange in bodies:
        description, _ = described(exchange)
        schema = description["requestBody"]["content"]["application/json"]["schema"]
        check(schema, exchange.request.content)


@pytest.mark.parametrize("change", [{"state": "done"}, {"created": 7}, {"targets": [{}]}, {"links": {}}])
def test_an_answer_that_does_not_fit_is_noticed(page: Page, change: dict[str, Any]) -> None:
    """The checks above can fail."""
    exchange = next(one for one in page.exchanges if one.operation.name == "get_migration")
    _, answer = described(exchange)
    wrong = json.dumps(exchange.response.json() | change).encode()
    with pytest.raises(jsonschema.ValidationError):
        check(answer["content"]["application/json"]["schema"], wrong)
