"""Every known fault of the HTTP API is shown by one request. A mended one must leave the list."""

import pytest

from tests.acceptance.marks import fails_today
from tests.fuzz.fuzzed_app import MINIMAL_POLICY, Call, FuzzedApp
from tests.fuzz.known import KNOWN, SCOPE, Known


@pytest.mark.parametrize(
    "known", [pytest.param(known, id=known.name, marks=fails_today(known.name)) for known in KNOWN]
)
def test_a_hostile_request_is_refused(app: FuzzedApp, known: Known) -> None:
    status = app.send(known.call).status_code
    assert status < 500, app.kind()


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_a_known_fault_has_the_kind_that_the_list_names(app: FuzzedApp, known: Known) -> None:
    """So that the generated requests accept these errors and no others."""
    app.kind()
    app.send(known.call)
    assert app.kind() == known.kind


@fails_today("3: numbers that only JSON can hold are accepted, and fail the batch")
def test_a_batch_for_images_older_than_time_itself_is_refused(app: FuzzedApp) -> None:
    answer = app.send(Call("POST", "batches", {"scope": [SCOPE], "filter": {"older_than_days": 1e10}}))
    assert answer.status_code == 400


@fails_today("3: a policy is accepted that fails every migration")
def test_a_policy_for_images_older_than_time_itself_is_refused(app: FuzzedApp) -> None:
    rules = "rules: [{name: old, match: {older_than_days: 10000000000}}]"
    answer = app.send(Call("POST", "policy/check", {"scope": SCOPE, "policy": f"{MINIMAL_POLICY}{rules}"}))
    assert answer.status_code == 400


@fails_today("the embedded host finds no function for a path with a line break")
def test_a_migration_whose_id_has_a_line_break_is_not_found_by_the_app(app: FuzzedApp) -> None:
    answer = app.send(Call("GET", "migrations/a%0Ab"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@fails_today("2: one instance with an input of another form takes down the lists")
def test_an_instance_with_an_input_of_another_form_is_left_out_of_the_lists(own_app: FuzzedApp) -> None:
    durable = f"{own_app.stack.host['durable']}/orchestrators/migrate_image/migration-{'0' * 32}"
    own_app.http.post(durable, json={"image": "nonsense"}).raise_for_status()
    assert own_app.send(Call("GET", "migrations")).status_code == 200
