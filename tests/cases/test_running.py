"""The steps of a case do what README.md says, on the running app and its simulated Azure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.cases.case import Case
from tests.cases.made_up import GALLERY, HERE, IMAGE, a_case
from tests.cases.running import run_case
from tests.cases.session import Session, StepError

PLAN = {"do": "plan", "as": "plan", "body": {"image": IMAGE}}
RUN = {"do": "run", "as": "run", "body": {"image": IMAGE}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app and its simulated Azure for all tests of the module; every test resets the simulated Azure."""
    case = a_case()
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, case["seed"], case["policy"], "polls:2", host_options=["--clock", "skip"]) as stack:
        yield stack


@pytest.fixture
def session(stack: Stack) -> Iterator[Session]:
    stack.control("POST", "reset")
    with Session(stack) as session:
        yield session


def results(session: Session, *documents: dict[str, Any]) -> dict[str, Any]:
    """Carries out the steps and returns the results that they keep."""
    names = [document["as"] for document in documents if "as" in document]
    expect = [{"what": f"{name}.http", "is": 200} for name in names]
    case = Case.model_validate(a_case(steps=list(documents), expect=expect))
    for step in case.steps:
        session.carry_out(step, names)
    session.check_changed_answers()
    return session.results


def test_plan_returns_the_plan(session: Session) -> None:
    plan = results(session, PLAN)["plan"]

    assert (plan["http"], plan["outcome"], plan["body"]["outcome"]) == (200, "migrate", "migrate")


def test_run_returns_the_migration_after_its_end(session: Session) -> None:
    run = results(session, RUN)["run"]

    assert (run["http"], run["state"], run["targets"][0]["definition"]) == (202, "completed", "small")


def test_a_start_that_is_refused_returns_the_refusal(session: Session) -> None:
    run = results(session, {**RUN, "body": {"image": "small"}})["run"]

    assert (run["http"], run["errors"][0]["field"]) == (400, "image")


def test_batch_returns_the_batch_after_its_end(session: Session) -> None:
    subscription = IMAGE.split("/")[2]
    body = {"scope": [{"subscription": subscription}]}

    batch = results(session, {"do": "batch", "as": "batch", "body": body})["batch"]

    assert (batch["http"], batch["state"], batch["counts"]) == (202, "completed", {"completed": 1})


def test_http_sends_a_body_or_a_nested_one(session: Session) -> None:
    request = {"do": "http", "method": "POST", "path": "migrations/plan"}

    answers = results(
        session,
        {**request, "as": "plain", "body": {"image": IMAGE}},
        {**request, "as": "nested", "repeat": {"open": "[", "close": "]", "times": 3}},
        {**request, "as": "cut", "repeat": {"open": "[", "close": " ", "times": 3}},
    )

    assert [answers[name]["http"] for name in ("plain", "nested", "cut")] == [200, 400, 400]
    assert "must be a JSON object" in answers["nested"]["detail"]
    assert "not JSON" in answers["cut"]["detail"]


def test_arm_reads_and_writes_resources(session: Session) -> None:
    image = {"do": "arm", "id": IMAGE}

    answers = results(
        session,
        {**image, "method": "PATCH", "body": {"tags": {"owner": "platform"}}},
        {**image, "method": "GET", "as": "read"},
        {**image, "method": "GET", "as": "refused", "api": "1999-01-01"},
    )

    assert (answers["read"]["http"], answers["read"]["tags"]) == (200, {"owner": "platform"})
    assert answers["refused"]["http"] == 404


def test_gone_waits_until_a_resource_is_deleted(session: Session) -> None:
    read = {"do": "arm", "as": "read", "method": "GET", "id": IMAGE}

    assert results(session, {"do": "gone", "id": IMAGE}, read)["read"]["http"] == 404


def test_a_fault_holds_until_it_is_cleared(session: Session) -> None:
    fault = {
        "method": "GET",
        "path": "/galleries/golden",
        "times": 99,
        "status": 403,
        "code": "AuthorizationFailed",
    }
    read = {"do": "arm", "method": "GET", "id": GALLERY}

    answers = results(
        session,
        {"do": "fault", "fault": fault},
        {**read, "as": "failing"},
        {"do": "clear"},
        {**read, "as": "cleared"},
    )

    assert (answers["failing"]["http"], answers["cleared"]["http"]) == (403, 200)


def test_a_changed_answer_is_read_a_number_of_times(session: Session) -> None:
    change = {"extendedLocation": {"name": "losangeles"}, "properties": {"hyperVGeneration": "V2"}}
    read = {"do": "arm", "method": "GET", "id": IMAGE}

    answers = results(
        session,
        {"do": "answer", "id": IMAGE, "path": r"images/small\?", "times": 1, "merge": change},
        {**read, "as": "changed"},
        {**read, "as": "true"},
    )

    changed, true = answers["changed"]["body"], answers["true"]["body"]
    assert changed["properties"] == {**true["properties"], "hyperVGeneration": "V2"}
    assert changed == {
        **true,
        "extendedLocation": {"name": "losangeles"},
        "properties": changed["properties"],
    }


def test_a_changed_list_has_one_more_entry(session: Session) -> None:
    galleries = GALLERY.rpartition("/")[0]

    listed = results(
        session,
        {"do": "answer", "id": galleries, "path": r"/galleries\?", "append": {"name": "europe"}},
        {"do": "arm", "as": "listed", "method": "GET", "id": galleries},
    )["listed"]

    assert [entry["name"] for entry in listed["value"]] == ["golden", "europe"]


def test_versions_and_puts_show_what_a_migration_wrote(session: Session) -> None:
    answers = results(
        session,
        RUN,
        {"do": "versions", "as": "versions", "gallery": GALLERY, "definition": "small"},
        {"do": "puts", "as": "puts", "path": "/small/versions/"},
    )

    assert [version["id"] for version in answers["versions"]] == [answers["run"]["targets"][0]["version_id"]]
    assert [put["properties"]["storageProfile"] for put in answers["puts"]] == [{"source": {"id": IMAGE}}]


def test_puts_show_refused_requests_too(session: Session) -> None:
    put = {"do": "arm", "as": "put", "method": "PUT", "id": f"{GALLERY}/images/small", "body": {"tags": {}}}

    answers = results(session, put, {"do": "puts", "as": "puts", "path": "/golden/images/small"})

    assert (answers["put"]["http"], answers["puts"]) == (400, [{"tags": {}}])


def test_pause_moves_the_simulated_clock(session: Session) -> None:
    read = {"do": "arm", "method": "GET", "id": IMAGE}
    results(session, {**read, "as": "before"}, {"do": "pause", "seconds": 86400}, {**read, "as": "after"})

    before, after = (entry["time"] for entry in session.stack.control("GET", "requests"))

    assert before[:10] < after[:10]


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "a fault that the simulator does not know": (
        {"do": "fault", "fault": {"staus": 403}},
        "the simulator refused POST faults: ",
    ),
    "a change of something that does not exist": (
        {"do": "answer", "id": f"{IMAGE}-2", "path": "x", "merge": {"a": 1}},
        r"GET /subscriptions/.*/images/small-2 answers 404: ",
    ),
    "an entry for something that is not a list": (
        {"do": "answer", "id": IMAGE, "path": "x", "append": {"a": 1}},
        f"the answer of {IMAGE} has no list 'value' to append to",
    ),
    "a changed answer that nothing reads": (
        {"do": "answer", "id": IMAGE, "path": "images/smal-", "merge": {"a": 1}},
        "no GET matches the path 'images/smal-', so nothing reads the changed answer",
    ),
    "a deletion that is refused": (
        {"do": "gone", "id": IMAGE, "api": "1999-01-01"},
        r"DELETE /subscriptions/.*/images/small answers 400: ",
    ),
    "an error that no expectation reads": (
        {"do": "run", "body": {"image": "small"}},
        r"the answer is 400, and no expectation reads it: \{.*'small' is not",
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_a_step_that_cannot_be_carried_out_is_an_error(session: Session, what: str) -> None:
    """It must not count as a case that fails as expected, or that passes because nothing happened."""
    step, message = IMPOSSIBLE[what]

    with pytest.raises(StepError, match=f"^{message}"):
        results(session, step, {"do": "http", "as": "health", "method": "GET", "path": "health"})


def test_an_app_that_does_not_start_is_an_expectation_that_is_not_met(tmp_path: Path) -> None:
    seed = {
        **a_case()["seed"],
        "resourceGroups": [{"subscription": HERE, "name": "images", "location": "atlantis"}],
    }

    (line,) = run_case(Case.model_validate(a_case(seed=seed)), tmp_path)

    assert line.startswith("M01: the app should start, but: ")
    assert "resourceGroups[0]" in line
    assert line.endswith(". Expected: The app is healthy.")
