"""No answer hands out a key: whoever has that of Durable Functions' management API may rewrite every migration."""

import re

import pytest
from azure.durable_functions import DurableOrchestrationClient

from api.openapi import document
from scripts.package import packaged_files
from tests.unit.app import ROOT

# what the SDK calls its two ways to put the management addresses, with their key, into an answer
_HELPERS = re.compile(
    r"get_client_response_links|create_check_status_response|create_http_management_payload"
)


@pytest.mark.parametrize("helper", ["get_client_response_links", "create_http_management_payload"])
def test_the_pattern_knows_the_helpers_of_the_sdk(helper: str) -> None:
    assert hasattr(DurableOrchestrationClient, helper)
    assert _HELPERS.search(f"client.{helper}(req, id)")


def test_no_module_puts_the_management_addresses_into_an_answer() -> None:
    modules = [file for file in packaged_files(ROOT) if file.suffix == ".py"]
    assert modules
    named = [str(file) for file in modules if _HELPERS.search((ROOT / file).read_text(encoding="utf-8"))]
    assert named == []


def test_no_documented_answer_has_an_address_with_a_key() -> None:
    for text in (str(document()), (ROOT / "docs/api.md").read_text(encoding="utf-8")):
        assert "webhooks/durabletask" not in text
        assert "?code=<" not in text
        assert "&code=" not in text


def test_every_operation_that_answers_202_describes_the_links_of_this_api_alone() -> None:
    answers = document()["components"]["schemas"]
    bodies = [
        operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path in document()["paths"].values()
        for operation in path.values()
        if "202" in operation.get("responses", {})
    ]
    assert len(bodies) > 10
    for name in set(bodies):
        assert answers[name]["properties"]["links"]["$ref"].endswith("/Links"), name
