"""Whatever a request holds, the host answers it soon, with an answer that somebody foresaw, and lives on."""

import logging
import time
from urllib.parse import urlsplit

import pytest
from functions_testhost.clock import Clock
from functions_testhost.problems import UNFORESEEN
from hostile_requests import Request, is_foreseen, requests, send
from testhost_client import Serve

LONGEST_ANSWER_SECONDS = 5.0


def problem_with(address: tuple[str, int], request: Request, caplog: pytest.LogCaptureFixture) -> str:
    """Returns what is wrong with the answer, or nothing."""
    caplog.clear()
    began = time.monotonic()
    status, body = send(address, request)
    took = time.monotonic() - began
    if took > LONGEST_ANSWER_SECONDS:
        return f"took {took:.1f} seconds"
    unforeseen = [record for record in caplog.records if record.getMessage().startswith(UNFORESEEN)]
    if unforeseen or ("Error handling request" in caplog.text and status >= 500):
        return f"{status}: {caplog.text[-1500:]}"
    if status >= 500 and not is_foreseen(request, body):
        return f"{status}: {body[:300]!r}"
    return "" if 0 < status < 600 else f"no answer: {status}"


@pytest.mark.parametrize(
    ("seed", "count"),
    [(1, 700), pytest.param(2, 20_000, marks=pytest.mark.slow)],
)
@pytest.mark.timeout(1200)
def test_every_hostile_request_gets_a_foreseen_answer(
    serve: Serve, caplog: pytest.LogCaptureFixture, seed: int, count: int
) -> None:
    caplog.set_level(logging.ERROR)
    client = serve(clock=Clock("manual"))
    parts = urlsplit(client.host.url)
    address = (str(parts.hostname), int(parts.port or 0))
    problems = []
    for number, request in enumerate(requests(seed, count)):
        problem = problem_with(address, request, caplog)
        if problem:
            problems.append(f"seed {seed}, request {number}: {request}\n    {problem}")
    assert not problems, f"{len(problems)} of {count}:\n" + "\n".join(problems[:10])
    assert client.http.get("/_host/health").json()["state"] == "healthy"
    assert client.http.get("/_host/health").json()["abandoned"] == 0
    # every list can still be read, and work still runs
    assert (
        client.http.get("/runtime/webhooks/durabletask/instances?top=100000&showHistory=true").status_code
        == 200
    )
    assert (
        client.http.get("/runtime/webhooks/durabletask/entities?top=100000&fetchState=true").status_code
        == 200
    )
    assert client.run("one", instance_id="afterwards")["output"] == 42


def test_no_hostile_request_is_let_in_without_its_key(serve: Serve) -> None:
    client = serve(clock=Clock("manual"), keys=True)
    parts = urlsplit(client.host.url)
    address = (str(parts.hostname), int(parts.port or 0))
    for request in requests(5, 300):
        if request.path.startswith("/runtime/"):
            assert send(address, request)[0] in (400, 401, 404, 405, 417), str(request)
    assert client.http.get("/_host/status").json()["instances"] == {}
