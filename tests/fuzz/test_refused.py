"""Requests that once ended in an unforeseen error, one for each kind."""

import pytest

from tests.fuzz.fuzzed_app import LARGEST_PROBLEM, Call, FuzzedApp
from tests.fuzz.refused import REFUSED

PROBLEM = "application/problem+json"


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_a_hostile_request_is_refused(app: FuzzedApp, call: Call) -> None:
    answer = app.send(call)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM), app.kind()
    assert len(answer.content) < LARGEST_PROBLEM


def test_a_migration_whose_id_has_a_line_break_is_not_found(app: FuzzedApp) -> None:
    answer = app.send(Call("GET", "migrations/a%0Ab"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)


def test_an_instance_with_an_input_of_another_form_is_left_out_of_the_lists(own_app: FuzzedApp) -> None:
    durable = f"{own_app.stack.host['durable']}/orchestrators/migrate_image/migration-{'0' * 32}"
    own_app.http.post(durable, json={"image": "nonsense"}).raise_for_status()
    assert own_app.send(Call("GET", "migrations")).status_code == 200
