"""Whatever a route raises becomes a problem with a body."""

import inspect
import json
import typing

import azure.functions as func
import pytest

from domain.errors import GalleristError
from services.refusals import ConflictError
from tests.unit.triggers.http.requesting import HOST, problem_of, request
from triggers.http.problems import answers_problems


@answers_problems
async def succeeds(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(req.method))


def fails_with(error: Exception) -> typing.Callable[..., typing.Any]:
    @answers_problems
    async def fails(req: func.HttpRequest) -> func.HttpResponse:
        raise error

    return fails


async def test_an_answer_passes_unchanged_however_the_worker_passes_the_request() -> None:
    assert (await succeeds(request("health"))).get_body() == b'"GET"'
    assert (await succeeds(req=request("health"))).get_body() == b'"GET"'


def test_a_route_keeps_the_signature_that_the_worker_reads() -> None:
    """The worker matches parameters with bindings, and compares their annotations."""
    assert list(inspect.signature(succeeds).parameters) == ["req"]
    hints = typing.get_type_hints(succeeds)
    assert hints == {"req": func.HttpRequest, "return": func.HttpResponse}
    assert inspect.iscoroutinefunction(succeeds)


@pytest.mark.parametrize("error", [RuntimeError("secret"), GalleristError("secret")], ids=["any", "own"])
async def test_an_unexpected_error_answers_500_with_a_body_and_is_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller is not shown the error; the log has it with its traceback."""
    response = await fails_with(error)(req=request("health", code="key"))
    assert "secret" not in json.dumps(problem_of(response, 500))
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", f"GET {HOST}/health failed")
    assert record.exc_info is not None
    assert record.exc_info[1] is error


@pytest.mark.parametrize(
    ("instance_id", "location"),
    [("migration-1", f"{HOST}/migrations/migration-1"), ("batch-1", f"{HOST}/batches/batch-1")],
)
async def test_a_conflict_answers_with_the_address_of_what_is_in_the_way(
    instance_id: str, location: str
) -> None:
    response = await fails_with(ConflictError("it is running", instance_id))(req=request("health"))
    problem = problem_of(response, 409)
    assert (problem["id"], problem["detail"]) == (instance_id, f"it is running: {location}")
    assert (response.headers["Location"], response.headers["Retry-After"]) == (location, "10")


async def test_a_conflict_without_an_id_has_no_address() -> None:
    response = await fails_with(ConflictError("it made no version"))(req=request("health"))
    assert "id" not in problem_of(response, 409)
    assert "Location" not in response.headers
