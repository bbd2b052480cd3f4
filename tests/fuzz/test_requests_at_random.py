"""Requests of the project's own generator: none ends in an unforeseen error, and no answer grows with what was sent.

`make test` sends a few, the same each time. `make fuzz` sends FUZZ_REQUESTS of them; FUZZ_SEEDS choose them.
"""

import json
import os
from random import Random

import httpx
import pytest

from api.problems import MEDIA_TYPE
from tests.fuzz.at_random import SURFACES
from tests.fuzz.figures import leave
from tests.fuzz.fuzzed_app import LARGEST_PROBLEM, Call, FuzzedApp, Kind

REQUESTS = int(os.environ.get("GALLERIST_FUZZ_REQUESTS", "160"))
SEED = int(os.environ.get("GALLERIST_FUZZ_SEED", "7"))
# the webhook of the host has answers of its own
OF_THE_WEBHOOK = {200, 202, 400, 500}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("surface", SURFACES)
def test_no_request_ends_in_an_unforeseen_error(app: FuzzedApp, surface: str) -> None:
    random = Random(f"{SEED} {surface}")  # the same requests each time
    # the first request of each kind
    unforeseen: dict[Kind, Call] = {}
    for _ in range(REQUESTS // len(SURFACES)):
        call = SURFACES[surface](random)
        app.kind()
        answer = app.deliver(call) if surface == "events" else app.send(call)
        fault = _fault_of_delivery(app, answer) if surface == "events" else _fault(app, answer)
        if fault is not None:
            unforeseen.setdefault(fault, call)
    leave(surface, SEED, REQUESTS // len(SURFACES), len(unforeseen))
    assert unforeseen == {}


def _fault(app: FuzzedApp, answer: httpx.Response) -> Kind | None:
    """What is wrong with an answer of the API; 502 and 503 are foreseen, and say why like every other problem."""
    if answer.status_code == 500:
        return app.kind()
    if answer.status_code < 400:
        return None
    if answer.headers.get("Content-Type") != MEDIA_TYPE:
        return Kind(f"{answer.status_code} is no problem", answer.request.url.path)
    problem = json.loads(answer.content)
    if (
        len(answer.content) > LARGEST_PROBLEM
        or not problem["detail"]
        or problem["status"] != answer.status_code
    ):
        return Kind(f"{answer.status_code} with {len(answer.content)} bytes", answer.request.url.path)
    return None


def _fault_of_delivery(app: FuzzedApp, answer: httpx.Response) -> Kind | None:
    """What is wrong with an answer to events: where the worker's library cannot read one, the app is not called."""
    if answer.status_code not in OF_THE_WEBHOOK:
        return Kind(f"{answer.status_code}", "the webhook")
    kind = app.kind()
    return kind if answer.status_code == 500 and kind.file else None
