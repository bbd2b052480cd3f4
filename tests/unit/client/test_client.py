"""The typed client: what it sends, what it makes of the answers, and how long it waits."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest

from api.operations import OPERATIONS, Operation, operation_of
from client import AsyncGallerist, Gallerist, ProblemError, StillRunningError, UnexpectedAnswerError
from tests.unit.builders import SUBSCRIPTION, definition_id, image_id
from tests.unit.client.transports import Script, answer, problem

URL = "https://gallerist.example/api"
LINKS = {"self": f"{URL}/migrations/migration-1"}


def migration(state: str, name: str = "migration-1") -> dict[str, Any]:
    return {
        "id": name,
        "image": str(image_id()),
        "state": state,
        "started_by": "http",
        "rule": None,
        "fingerprint": None,
        "reason": None,
        "fix": None,
        "waiting_for": None,
        "warnings": [],
        "failure": None,
        "targets": [],
        "followed_by": [],
        "created": "2026-01-15T08:30:00Z",
        "updated": "2026-01-15T08:31:00Z",
        "links": LINKS,
    }


def batch(state: str) -> dict[str, Any]:
    return {
        "id": "batch-1",
        "state": state,
        "request": {"scope": [{"subscription": SUBSCRIPTION}]},
        "started_by": "http",
        "selected": 0,
        "waiting": 0,
        "running": 0,
        "counts": {},
        "left_alone": {},
        "unread": 0,
        "unreadable": [],
        "migrations": [],
        "images": [],
        "failure": None,
        "created": "2026-01-15T08:30:00Z",
        "updated": "2026-01-15T08:31:00Z",
        "links": LINKS,
    }


def retirement(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "image": str(image_id()),
        "fingerprint": "f1",
        "state": "soaking",
        "started_by": "http",
        "by_hand": True,
        "replaced_by": [VERSION],
        "obligations": [],
        "soak_since": None,
        "soak_ends": None,
        "noticed_at": None,
        "expires": None,
        "approval": None,
        "strict": False,
        "refusal": None,
        "certificate": None,
        "reason": None,
        "waiting_for": None,
        "created": "2026-01-15T08:30:00Z",
        "updated": "2026-01-15T08:31:00Z",
        "links": LINKS,
    }


VERSION = str(definition_id("web").version("1.0.0"))
SCOPE = {"subscription": SUBSCRIPTION}
# one call of every method, with every argument
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "start_migration": ((image_id(),), {"version": "1.0.0", "regions": ["eastus2", {"name": "westus2"}]}),
    "plan": ((str(image_id()),), {"definition": "web"}),
    "migration": (("migration-1",), {}),
    "migrations": ((), {"state": "completed", "gallery": "golden", "since": "2026-01-01"}),
    "cancel_migration": (("migration-1",), {}),
    "retry_migration": (("migration-1",), {}),
    "add_regions": (("migration-1", ["eastus2"]), {}),
    "images": ((SUBSCRIPTION,), {}),
    "galleries": ((SUBSCRIPTION,), {}),
    "explain": ((image_id(),), {}),
    "why": ((VERSION, "eastus2"), {"subscription": SUBSCRIPTION}),
    "diff": ((SUBSCRIPTION,), {"resource_group": "builds"}),
    "check": ((definition_id(), "eastus2"), {}),
    "history": ((definition_id(),), {}),
    "start_batch": (([SCOPE],), {"limit": 3, "dry_run": True}),
    "batch": (("batch-1",), {}),
    "batches": ((), {}),
    "cancel_batch": (("batch-1",), {}),
    "resume_batch": (("batch-1",), {}),
    "plan_promotion": ((VERSION,), {"rings": [["eastus2"]]}),
    "start_promotion": ((VERSION,), {"action": "elect", "bake_hours": 1}),
    "promotions": ((), {}),
    "promotion": (("promotion-1",), {}),
    "pause_promotion": (("promotion-1",), {}),
    "resume_promotion": (("promotion-1",), {}),
    "abort_promotion": (("promotion-1",), {}),
    "roll_back_promotion": (("promotion-1",), {}),
    "adoption": ((VERSION.rpartition("/versions/")[0],), {}),
    "coverage": ((SUBSCRIPTION,), {"category": "blocked"}),
    "check_policy": ((SCOPE,), {"policy": "rules: []", "limit": 5}),
    "references": ((image_id(),), {}),
    "plan_repoint": ((VERSION, [str(image_id())]), {}),
    "declare_gone": ((SUBSCRIPTION,), {"reason": "cancelled in March"}),
    "repoint": ((VERSION, [str(image_id())]), {}),
    "repointing": (("repoint-1",), {}),
    "retention": ((definition_id(),), {}),
    "apply_retention": ((str(definition_id()),), {"dry_run": True}),
    "retention_run": (("retention-1",), {}),
    "cancel_retention": (("retention-1",), {}),
    "restore": ((VERSION,), {}),
    "restoration": (("restore-1",), {}),
    "lineage": ((str(VERSION),), {}),
    "start_retirement": ((image_id(),), {}),
    "retirement": (("retirement-1",), {}),
    "retirements": ((), {"state": "soaking"}),
    "approve_retirement": (("retirement-1",), {"fingerprint": "f1", "reason": "checked"}),
    "reject_retirement": (("retirement-1",), {"reason": "still needed"}),
    "acknowledge_consumer": (
        ("retirement-1", str(image_id("x"))),
        {"digest": "d1", "reason": "only a dashboard"},
    ),
    "cancel_retirement": (("retirement-1",), {"reason": "not now"}),
    "certificate": (("retirement-1",), {}),
    "freeze": ((), {}),
    "set_freeze": ((), {"frozen": True, "reason": "an audit"}),
    "health": ((), {}),
    "doctor": ((), {}),
    "openapi": ((), {}),
}
HELPERS = {"wait_for_migration", "wait_for_batch", "close", "aclose"}


def methods(client: type) -> dict[str, Any]:
    return {name: value for name, value in vars(client).items() if not name.startswith("_")}


def blocking(name: str, transport: Script) -> Any:
    arguments, choices = CALLS[name]
    with Gallerist(URL, "secret", transport=transport) as gallerist:
        result = getattr(gallerist, name)(*arguments, **choices)
        return list(result) if isinstance(result, Iterator) else result


def awaited(name: str, transport: Script) -> Any:
    arguments, choices = CALLS[name]

    async def call() -> Any:
        async with AsyncGallerist(URL, "secret", transport=transport) as gallerist:
            result = getattr(gallerist, name)(*arguments, **choices)
            return [one async for one in result] if isinstance(result, AsyncIterator) else await result

    return asyncio.run(call())


def sent(call: Callable[[str, Script], Any], name: str) -> httpx.Request:
    """The request that a method sends."""
    transport = Script([problem(400, "no")])
    with pytest.raises(ProblemError):
        call(name, transport)
    (request,) = transport.requests
    return request


def operation_sent(request: httpx.Request) -> Operation:
    return operation_of(request.method, str(request.url).partition("?")[0])


@pytest.mark.parametrize("call", [blocking, awaited])
def test_every_operation_has_exactly_one_method(call: Callable[[str, Script], Any]) -> None:
    operations = [operation_sent(sent(call, name)).name for name in CALLS]
    assert sorted(operations) == sorted(operation.name for operation in OPERATIONS)


def test_both_clients_have_the_same_methods_with_the_same_arguments_and_answers() -> None:
    both, other = methods(Gallerist), methods(AsyncGallerist)
    assert {*both, "aclose"} == {*other, "close"} == {*CALLS, *HELPERS}
    for name in {*CALLS, "wait_for_migration", "wait_for_batch"}:
        one, two = inspect.signature(both[name]), inspect.signature(other[name])
        assert one.parameters == two.parameters
        if name not in {"migrations", "retirements", "diff"}:
            assert one.return_annotation == two.return_annotation


@pytest.mark.parametrize("name", CALLS)
def test_both_clients_send_the_same_request(name: str) -> None:
    one, two = sent(blocking, name), sent(awaited, name)
    assert (one.method, one.url, one.content) == (two.method, two.url, two.content)
    assert one.headers["x-functions-key"] == two.headers["x-functions-key"] == "secret"


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_is_sent_and_fits_the_operation(name: str) -> None:
    request = sent(blocking, name)
    operation = operation_sent(request)
    arguments, choices = CALLS[name]
    if operation.body is not None:
        body = json.loads(request.content)
        operation.body.model_validate(body)
        assert choices.items() <= body.items()
    else:
        assert request.content == b""
    if operation.query is not None:
        query = dict(request.url.params)
        operation.query.model_validate(query)
        assert len(query) == len(arguments) + len(choices)


def test_an_image_may_be_given_as_an_id() -> None:
    assert json.loads(sent(blocking, "start_migration").content)["image"] == str(image_id())


def test_an_id_cannot_change_the_path() -> None:
    transport = Script([problem(404, "no")])
    with Gallerist(URL, transport=transport) as gallerist, pytest.raises(ProblemError):
        gallerist.migration("../batches?x=1")
    assert transport.requests[0].url.raw_path == b"/api/migrations/..%2Fbatches%3Fx%3D1"


def test_without_a_key_no_key_is_sent() -> None:
    transport = Script([problem(401, "no")])
    with Gallerist(URL, transport=transport) as gallerist, pytest.raises(ProblemError):
        gallerist.health()
    assert "x-functions-key" not in transport.requests[0].headers


def test_an_answer_becomes_its_model() -> None:
    with Gallerist(URL, transport=Script([answer(migration("completed"))])) as gallerist:
        found = gallerist.migration("migration-1")
    assert (found.id, found.state, found.image) == ("migration-1", "completed", image_id())


def test_a_field_that_the_client_does_not_know_is_ignored() -> None:
    """A newer app answers an older client."""
    with Gallerist(URL, transport=Script([answer({**migration("completed"), "new": 1})])) as gallerist:
        assert gallerist.migration("migration-1").state == "completed"


def test_a_problem_is_raised_with_all_its_members() -> None:
    refused = problem(
        400,
        "image: no",
        errors=[{"field": "image", "message": "no"}, {"field": "", "message": "x", "line": 3}],
    )
    with Gallerist(URL, transport=Script([refused])) as gallerist, pytest.raises(ProblemError) as raised:
        gallerist.plan(image="x")
    assert str(raised.value) == "400 Title: image: no"
    assert (raised.value.status, raised.value.problem.detail) == (400, "image: no")
    assert [(error.field, error.line) for error in raised.value.errors] == [("image", None), ("", 3)]


@pytest.mark.parametrize(
    "unexpected",
    [
        httpx.Response(401, text="Unauthorized"),
        httpx.Response(502, text="<html>"),
        httpx.Response(204),
        httpx.Response(200, text="not JSON"),
        answer({"state": "completed"}),
    ],
    ids=["platform", "proxy", "another status", "not JSON", "another body"],
)
def test_whatever_else_answers_is_an_error_that_shows_its_status(unexpected: httpx.Response) -> None:
    with (
        Gallerist(URL, transport=Script([unexpected])) as gallerist,
        pytest.raises(UnexpectedAnswerError, match=f"HTTP {unexpected.status_code}: ") as raised,
    ):
        gallerist.migration("migration-1")
    assert raised.value.status == unexpected.status_code


def page(names: list[str], following: str | None) -> httpx.Response:
    migrations = [migration("completed", name) for name in names]
    return answer({"migrations": migrations, "unreadable": [], "next": following})


def retirements(names: list[str], following: str | None) -> httpx.Response:
    found = [retirement(name) for name in names]
    return answer({"retirements": found, "unreadable": [], "next": following})


@pytest.mark.parametrize("call", [blocking, awaited])
def test_migrations_are_read_page_after_page_from_the_same_address(
    call: Callable[[str, Script], Any],
) -> None:
    """`next` may name the app as a proxy sees it, and holds the key if the caller put it into the query."""
    following = "http://inside.example/api/migrations?state=completed&code=key&page=b"
    transport = Script([page(["a", "b"], following), page(["c"], None)])
    assert [found.id for found in call("migrations", transport)] == ["a", "b", "c"]
    _, second = transport.requests
    assert str(second.url) == f"{URL}/migrations?state=completed&page=b"


@pytest.mark.parametrize("call", [blocking, awaited])
def test_retirements_are_read_page_after_page(call: Callable[[str, Script], Any]) -> None:
    following = f"{URL}/retirements?state=soaking&page=b"
    transport = Script([retirements(["a"], following), retirements(["b"], None)])
    assert [found.id for found in call("retirements", transport)] == ["a", "b"]
    _, second = transport.requests
    assert str(second.url) == following


class Clock:
    """Keeps the pauses instead of sleeping."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def wait_blocking(what: str, transport: Script, clock: Clock, **limits: float) -> Any:
    with Gallerist(URL, transport=transport, sleep=clock.sleep) as gallerist:
        return getattr(gallerist, f"wait_for_{what}")(f"{what}-1", **limits)


def wait_awaited(what: str, transport: Script, clock: Clock, **limits: float) -> Any:
    async def wait() -> Any:
        async with AsyncGallerist(URL, transport=transport, sleep=clock.asleep) as gallerist:
            coroutine: Coroutine[Any, Any, Any] = getattr(gallerist, f"wait_for_{what}")(
                f"{what}-1", **limits
            )
            return await coroutine

    return asyncio.run(wait())


BOTH = pytest.mark.parametrize("wait", [wait_blocking, wait_awaited])


@BOTH
@pytest.mark.parametrize("state", ["completed", "skipped", "blocked", "partial", "failed", "cancelled"])
def test_a_migration_is_polled_until_it_ends_as_often_as_retry_after_says(wait: Any, state: str) -> None:
    clock = Clock()
    script = Script(
        [
            answer(migration("planned"), retry_after="7"),
            answer(migration("replicating")),
            answer(migration(state), retry_after="9"),
        ]
    )
    assert wait("migration", script, clock).state == state
    assert clock.pauses == [7, 10]


@BOTH
@pytest.mark.parametrize("state", ["completed", "cancelled", "failed"])
def test_a_batch_is_polled_until_it_ends(wait: Any, state: str) -> None:
    clock = Clock()
    script = Script([answer(batch("running"), retry_after="3"), answer(batch(state))])
    assert wait("batch", script, clock).state == state
    assert clock.pauses == [3]


@BOTH
def test_an_answer_of_503_is_waited_out(wait: Any) -> None:
    clock = Clock()
    script = Script([problem(503, "throttled", retry_after="17"), answer(migration("completed"))])
    assert wait("migration", script, clock).state == "completed"
    assert clock.pauses == [17]


@BOTH
def test_any_other_problem_ends_the_wait(wait: Any) -> None:
    with pytest.raises(ProblemError, match="there is no migration"):
        wait("migration", Script([problem(404, "there is no migration 'migration-1'")]), Clock())


@BOTH
def test_a_wait_ends_when_its_time_is_up(wait: Any) -> None:
    clock = Clock()
    script = Script([answer(migration("replicating"), retry_after="10")])
    with pytest.raises(StillRunningError, match="migration-1 is still running after 30 seconds"):
        wait("migration", script, clock, within_seconds=25)
    assert clock.pauses == [10, 10, 10]
