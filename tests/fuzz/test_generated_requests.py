"""Generated requests to every operation of the OpenAPI document get an answer that the document describes.

`make test` sends a few, the same each time. `make fuzz` sends FUZZ_EXAMPLES of each kind to each operation; FUZZ_SEEDS
choose them.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.operations import OPERATIONS, Operation
from tests.fuzz.figures import leave
from tests.fuzz.fuzzed_app import Call, FuzzedApp, Kind
from tests.fuzz.hostile import hostile_body, hostile_query

EXAMPLES = "GALLERIST_FUZZ_EXAMPLES"
SEED = int(os.environ.get("GALLERIST_FUZZ_SEED", "7"))
GENERATED = settings(
    max_examples=int(os.environ.get(EXAMPLES, "6")),
    derandomize=EXAMPLES not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # a failure is reported as it was found: to shrink it would send hundreds of requests more
    phases=[Phase.generate],
)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def schema(app: FuzzedApp) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{app.stack.api}/openapi.json")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value
)
@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if one.answer is not None], ids=lambda operation: operation.name
)
def test_an_answer_is_one_that_the_document_describes(
    app: FuzzedApp, schema: schemathesis.BaseSchema, operation: Operation, mode: GenerationMode
) -> None:
    """No error of the app is unforeseen."""
    described = schema[f"/{operation.path}"][operation.method]
    if mode is GenerationMode.NEGATIVE and not (
        operation.body or operation.query or operation.path_parameters
    ):
        pytest.skip("there is nothing in this request that could be wrong")
    # the first request of each kind
    unforeseen: dict[Kind, Call] = {}
    sent: list[int] = []

    @GENERATED
    @given(case=described.as_strategy(generation_mode=mode), data=st.data())
    def send(case: schemathesis.Case, data: st.DataObject) -> None:
        body = None if isinstance(case.body, NotSet) else hostile_body(data.draw, operation.name, case.body)
        call = Call(
            case.method, case.formatted_path.lstrip("/"), body, hostile_query(data.draw, case.query or {})
        )
        app.kind()
        response = app.send(call)
        sent.append(response.status_code)
        if response.status_code == 500:
            unforeseen.setdefault(app.kind(), call)
        else:
            case.validate_response(response, checks=CHECKS)

    try:
        send()
    finally:
        name = f"the OpenAPI document, {mode.value} examples"
        leave(name, SEED, len(sent), len(unforeseen), part=operation.name)
    assert unforeseen == {}
