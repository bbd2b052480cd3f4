"""The table of operations, the routes of the app, the pages and the client's arguments are of one mind."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from api import requests
from api.openapi import document
from api.operations import BY_NAME, OPERATIONS
from client import calls
from domain.fleet.scopes import Scope
from domain.resources.galleries import TargetRegion
from scripts import export_openapi
from tests.unit.app import ROOT, functions

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


# serves files for people, and is no operation of the API
PAGE_FUNCTION = "get_dashboard"


def routes() -> dict[str, tuple[str, str, bool]]:
    """Method, path, and whether a key is needed, of every HTTP function as it is registered."""
    found = {}
    for name, function in functions().items():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] == "httpTrigger":
            (method,) = trigger["methods"]
            needs_key = not str(trigger["authLevel"]).upper().endswith("ANONYMOUS")
            found[name] = (str(method.value), trigger["route"], needs_key)
    return found


def test_the_routes_of_the_app_are_exactly_the_operations() -> None:
    """A route that is not in the table would not be documented, and its links would be wrong."""
    page = routes().pop(PAGE_FUNCTION)
    assert page == ("GET", "dashboard/{*path}", False)
    assert {name: route for name, route in routes().items() if name != PAGE_FUNCTION} == {
        operation.name: (operation.method, operation.path, operation.key) for operation in OPERATIONS
    }


def test_the_openapi_document_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_the_openapi_file_is_current() -> None:
    """`python -m scripts.export_openapi` writes docs/openapi.json."""
    assert export_openapi.FILE.read_text(encoding="utf-8") == export_openapi.text()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_has_a_section_in_the_page_and_an_entry_in_its_index(operation: Any) -> None:
    assert f"\n## {operation.title}\n" in PAGE
    assert re.search(rf"^\| `{operation.method} /api/{re.escape(operation.path)}` \|", PAGE, re.MULTILINE)


def test_the_page_describes_no_operation_that_does_not_exist() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings == [operation.title for operation in OPERATIONS]


@pytest.mark.parametrize(
    ("choices", "model", "others"),
    [
        (calls.MigrationChoices, requests.StartMigration, {"image"}),
        (calls.PlanChoices, requests.PlanMigration, {"image"}),
        (calls.BatchChoices, requests.StartBatch, {"scope"}),
        (calls.MigrationFilters, requests.MigrationsQuery, {"page"}),
        (calls.PromotionChoices, requests.StartPromotion, {"version"}),
        (calls.ScopeChoice, Scope, set()),
        (calls.RegionChoice, TargetRegion, set()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_clients_arguments_are_the_fields_of_the_request(
    choices: Any, model: type[BaseModel], others: set[str]
) -> None:
    assert set(choices.__annotations__) | others == set(model.model_fields)


def test_every_schema_that_is_described_is_used() -> None:
    text = json.dumps(document())
    unused = [
        name for name in document()["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text
    ]
    assert unused == []


def test_every_operation_is_described_under_its_functions_name() -> None:
    described = {
        operation["operationId"] for methods in document()["paths"].values() for operation in methods.values()
    }
    assert described == set(BY_NAME)
