"""Whatever a route raises becomes a problem with a body."""

import asyncio
import inspect
import json
import typing

import azure.functions as func
import pytest

from api.operations import OPERATIONS
from domain.errors import GalleristError
from services.refusals import ConflictError
from tests.unit.app import code
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


@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_every_route_answers_problems(name: str) -> None:
    """Otherwise the host answers 500 without a body."""
    assert code(name).__code__ is succeeds.__code__  # type: ignore[attr-defined] # of a function


@pytest.mark.parametrize("error", [RuntimeError("secret"), GalleristError("secret")], ids=["any", "own"])
async def test_an_unexpected_error_answers_500_with_a_body_and_is_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller is not shown the error; the log has it with its traceback."""
    response = await fails_with(error)(req=request("health", code="key"))
    problem = problem_of(response, 500)
    assert "secret" not in json.dumps(problem)
    (record,) = caplog.records
    message = f"GET {HOST}/health failed with the error {problem['error_id']}"
    assert (record.levelname, record.getMessage()) == ("ERROR", message)
    assert problem["error_id"] in problem["detail"]
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


class NoAnswer:
    """What a route waits for in vain; it notes whether the wait was ended."""

    def __init__(self) -> None:
        self.ended = False

    async def __call__(self, req: func.HttpRequest) -> func.HttpResponse:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True
        raise AssertionError("nobody sets the event")


async def test_an_answer_that_does_not_come_in_time_is_503_and_its_work_is_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    route = NoAnswer()
    response = await answers_problems(route, within_seconds=0.01)(req=request("galleries", code="key"))
    problem = problem_of(response, 503)
    assert problem["detail"].startswith("Azure or the task hub did not answer within 0.01 seconds. Try again")
    assert response.headers["Retry-After"] == "30"
    assert route.ended
    assert caplog.messages == [f"GET {HOST}/galleries: no answer within 0.01 seconds"]


async def test_a_timeout_of_something_else_is_an_unexpected_error() -> None:
    """Only the answer's own time limit is one that a later request may keep."""
    problem_of(await fails_with(TimeoutError())(req=request("health")), 500)


async def test_an_error_that_cannot_be_described_is_still_answered() -> None:
    """Here: the address of what is in the way follows from the request's own, which is none of the API."""
    response = await fails_with(ConflictError("it is running", "batch-1"))(req=request("nowhere"))
    assert problem_of(response, 500)["error_id"]


async def test_a_text_that_utf_8_cannot_hold_is_answered_as_far_as_it_can() -> None:
    response = await fails_with(ConflictError("\ud800" + "x" * 10_000))(req=request("health"))
    detail = problem_of(response, 409)["detail"]
    assert detail.startswith("?xxx")
    assert len(detail) <= 4000
