"""Every word of an expectation is met by the right value, and by no other."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.cases.expectations import WORDS, Expectation

RESULTS: dict[str, Any] = {
    "plan": {
        "http": 200,
        "outcome": "migrate",
        "reason": None,
        "excluded": True,
        "tags": {"costCenter": "Blue"},
        "checks": [
            {"name": "regions", "verdict": "passed", "detail": "eastus2", "fix": None},
            {"name": "tags", "verdict": "warning", "detail": "an Edge zone", "fix": "choose others"},
        ],
        "targets": [{"version": "1.0.0"}, {"version": "1.0.1"}],
    },
}

NO_SUCH_WARNING = (
    "but those that did not pass are "
    '[{"name": "tags", "verdict": "warning", "detail": "an Edge zone", "fix": "choose others"}]'
)

NONE = "those that did not pass are []"
HTTP_IS_200 = "plan.http should be 400, but is 200"
EXCLUDED_IS_TRUE = "plan.excluded should be false, but is true"

MET: dict[str, list[dict[str, Any]]] = {
    "is": [
        {"what": "plan.outcome", "is": "migrate"},
        {"what": "plan.reason", "is": None},
        {"what": "plan.targets.1.version", "is": "1.0.1"},
        {"what": "plan.targets.#", "is": 2},
        {"what": "plan.tags", "is": {"costCenter": "Blue"}},
    ],
    "isnt": [{"what": "plan.outcome", "isnt": "blocked"}, {"what": "plan.excluded", "isnt": 1}],
    "in": [{"what": "plan.http", "in": [200, 400]}],
    "mentions": [
        {"what": "plan.outcome", "mentions": "GRAT"},
        {"what": "plan.tags", "mentions": "costcenter"},
    ],
    "lacks": [{"what": "plan.outcome", "lacks": "block"}, {"what": "plan.reason", "lacks": "tag"}],
    "warns": [{"what": "plan.checks", "warns": "edge zone"}, {"what": "plan.checks", "warns": "others"}],
    "all": [{"all": [{"what": "plan.http", "is": 200}, {"what": "plan.excluded", "is": True}]}],
    "any": [
        {"any": [{"what": "plan.http", "is": 400}, {"what": "plan.http", "is": 200}]},
        {"any": [{"what": "plan.not-there", "is": 1}, {"what": "plan.http", "is": 200}]},
    ],
}

NOT_MET: dict[str, list[tuple[dict[str, Any], str]]] = {
    "is": [
        ({"what": "plan.outcome", "is": "blocked"}, 'plan.outcome should be "blocked", but is "migrate"'),
        ({"what": "plan.excluded", "is": 1}, "plan.excluded should be 1, but is true"),
        ({"what": "plan.targets.#", "is": 1}, "plan.targets.# should be 1, but is 2"),
    ],
    "isnt": [({"what": "plan.http", "isnt": 200}, "plan.http should not be 200, but is 200")],
    "in": [({"what": "plan.http", "in": [400, 404]}, "plan.http should be one of 400, 404, but is 200")],
    "mentions": [
        ({"what": "plan.reason", "mentions": "tag"}, 'plan.reason should mention "tag", but is null'),
        ({"what": "plan.outcome", "mentions": "tag"}, 'plan.outcome should mention "tag", but is "migrate"'),
    ],
    "lacks": [
        (
            {"what": "plan.outcome", "lacks": "GRAT"},
            'plan.outcome should not mention "GRAT", but has …migrate…',
        ),
        (
            {"what": "plan.tags", "lacks": "blue"},
            'plan.tags should not mention "blue", but has …{"costCenter": "Blue"}…',
        ),
    ],
    "warns": [
        (
            {"what": "plan.checks", "warns": "eastus2"},
            f'plan.checks should have a check that did not pass and mentions "eastus2", {NO_SUCH_WARNING}',
        ),
        # names of fields are no warning
        (
            {"what": "plan.checks", "warns": "verdict"},
            f'plan.checks should have a check that did not pass and mentions "verdict", {NO_SUCH_WARNING}',
        ),
        (
            {"what": "plan.outcome", "warns": "migrate"},
            'plan.outcome should have a check that did not pass and mentions "migrate", but ' + NONE,
        ),
    ],
    "all": [
        (
            {"all": [{"what": "plan.http", "is": 200}, {"what": "plan.excluded", "is": False}]},
            EXCLUDED_IS_TRUE,
        )
    ],
    "any": [
        (
            {"any": [{"what": "plan.http", "is": 400}, {"what": "plan.excluded", "is": False}]},
            f"one of these should hold: {HTTP_IS_200}; or: {EXCLUDED_IS_TRUE}",
        )
    ],
}


def unmet(document: dict[str, Any]) -> list[str]:
    return TypeAdapter(Expectation).validate_python(document).unmet(RESULTS)


def test_every_word_has_an_example_that_is_met_and_one_that_is_not() -> None:
    assert set(MET) == set(NOT_MET) == set(WORDS)


@pytest.mark.parametrize(
    "document", [document for documents in MET.values() for document in documents], ids=str
)
def test_the_right_value_meets_the_expectation(document: dict[str, Any]) -> None:
    assert unmet(document) == []


@pytest.mark.parametrize(
    ("document", "line"), [example for examples in NOT_MET.values() for example in examples], ids=str
)
def test_a_wrong_value_is_named_in_one_line(document: dict[str, Any], line: str) -> None:
    assert unmet(document) == [line]


@pytest.mark.parametrize(
    "judgement",
    [
        {"is": None},
        {"isnt": "blocked"},
        {"in": [None]},
        {"mentions": "x"},
        {"lacks": "x"},
        {"warns": "x"},
    ],
    ids=lambda judgement: next(iter(judgement)),
)
def test_a_path_that_leads_to_nothing_meets_no_word(judgement: dict[str, Any]) -> None:
    """A misspelled path must not pass because nothing is there to object to."""
    (line,) = unmet({"what": "plan.tags.costCentre", **judgement})

    assert line.endswith("but 'costCentre' is not in plan.tags, which has costCenter")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("run.state", "'run' is not in the results, which has plan"),
        ("plan.targets.2.version", "'2' is not in plan.targets, which is a list of 2"),
        ("plan.targets.first", "'first' is not in plan.targets, which is a list of 2"),
        ("plan.reason.code", "'code' is not in plan.reason, which is null"),
        ("plan.outcome.#", "'#' is not in plan.outcome, which is \"migrate\""),
        ("plan..http", "'' is not in plan, which has http, outcome, reason, excluded, tags, checks, targets"),
    ],
)
def test_the_message_says_where_a_path_ends(path: str, reason: str) -> None:
    assert unmet({"what": path, "is": 1}) == [f"{path} should be 1, but {reason}"]


def test_a_long_value_is_cut() -> None:
    (line,) = TypeAdapter(Expectation).validate_python({"what": "text", "is": ""}).unmet({"text": "x" * 1000})

    assert line == f'text should be "", but is "{"x" * 199}… (1002 characters)'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"what": "plan.http", "equals": 200}, "an expectation has exactly one of the words is, isnt, in, "),
        ({"what": "plan.http"}, "an expectation has exactly one of the words is, isnt, in, "),
        (
            {"what": "plan.http", "is": 1, "isnt": 2},
            "an expectation has exactly one of the words is, isnt, in, ",
        ),
        ("plan.http", "an expectation has exactly one of the words is, isnt, in, "),
        ({"is": 200}, "Field required"),
        ({"what": "", "is": 200}, "at least 1 character"),
        ({"what": "plan.http", "is": 200, "because": "x"}, "Extra inputs are not permitted"),
        ({"what": "plan.http", "in": []}, "at least 1 item"),
        ({"what": "plan.reason", "mentions": ""}, "at least 1 character"),
        ({"what": "plan.reason", "lacks": ""}, "at least 1 character"),
        ({"what": "plan.checks", "warns": ""}, "at least 1 character"),
        ({"all": []}, "at least 1 item"),
        ({"any": []}, "at least 1 item"),
        ({"any": [{"what": "plan.http", "was": 200}]}, "an expectation has exactly one of the words"),
    ],
    ids=str,
)
def test_an_expectation_that_cannot_be_judged_is_refused(document: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(Expectation).validate_python(document)
