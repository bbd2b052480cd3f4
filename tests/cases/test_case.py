"""A file with a mistake is refused with the field and the reason, before the app starts."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.cases.case import Case, CaseFileError, Step, read_case
from tests.cases.conftest import EXPECTED_FAILURES
from tests.cases.expectations import WORDS
from tests.cases.made_up import IMAGE, a_case

HERE = Path(__file__).parent
STEPS = get_args(get_args(Step)[0])


def written(folder: Path, case: dict[str, Any]) -> Path:
    file = folder / "M01.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    return file


def test_the_name_of_a_case_is_its_id_and_its_title(tmp_path: Path) -> None:
    assert read_case(written(tmp_path, a_case())).name == "M01 the app is healthy"


@pytest.mark.parametrize("key", ["id", "title", "expected", "seed", "policy", "steps", "expect"])
def test_a_missing_key_is_an_error(tmp_path: Path, key: str) -> None:
    case = a_case()
    del case[key]

    with pytest.raises(CaseFileError, match=rf"^M01\.json is not a case: {key}: Field required$"):
        read_case(written(tmp_path, case))


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"expects": []}, "expects: Extra inputs are not permitted"),
    "no steps": ({"steps": []}, "steps: List should have at least 1 item"),
    "no expectations": ({"expect": []}, "expect: List should have at least 1 item"),
    "an unknown step": (
        {"steps": [{"do": "sleep"}]},
        r"steps\[0\]: Input tag 'sleep' found using 'do' does not match",
    ),
    "a step without do": ({"steps": [{"as": "health"}]}, r"steps\[0\]: Unable to extract tag"),
    "a step without a key": ({"steps": [{"do": "plan"}]}, r"steps\[0\]\.plan\.body: Field required"),
    "a step with an unknown key": (
        {"steps": [{"do": "plan", "body": {}, "wait": 1}]},
        r"steps\[0\]\.plan\.wait: Extra inputs are not permitted",
    ),
    "a step whose result nobody can read": (
        {"steps": [{"do": "puts", "path": "/images/"}]},
        r"steps\[0\]\.puts\.as: Field required",
    ),
    "a step that has no result, with as": (
        {"steps": [{"do": "clear", "as": "cleared"}]},
        r"steps\[0\]\.clear\.as: Extra inputs are not permitted",
    ),
    "an answer without a change": (
        {"steps": [{"do": "answer", "id": IMAGE, "path": "images/small"}]},
        r"steps\[0\]\.answer: say what to change in the answer: 'merge', 'append' or both",
    ),
    "two bodies": (
        {
            "steps": [
                {
                    "do": "http",
                    "method": "POST",
                    "path": "batches",
                    "body": {},
                    "repeat": {"open": "[", "close": "]", "times": 2},
                }
            ]
        },
        r"steps\[0\]\.http: use either 'body' or 'repeat'",
    ),
    "an unknown word": (
        {"expect": [{"what": "health.http", "was": 200}]},
        "expect.0.: an expectation has exactly one",
    ),
    "two results of one name": (
        {"steps": a_case()["steps"] * 2},
        "body: two steps keep their result as 'health'",
    ),
    "a path into a result that no step keeps": (
        {"expect": [{"any": [{"what": "health.http", "is": 200}, {"what": "heath.http", "is": 200}]}]},
        "body: expect: no step keeps a result as 'heath'; the steps keep health",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, mistake: str) -> None:
    changes, reason = MISTAKES[mistake]

    with pytest.raises(CaseFileError, match=f"^M01.json is not a case: {reason}"):
        read_case(written(tmp_path, a_case(**changes)))


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "M01.json"
    file.write_text("{", encoding="utf-8")

    with pytest.raises(CaseFileError, match=r"^M01\.json is not a case: body: Invalid JSON: "):
        read_case(file)


def test_the_table_of_expected_failures_names_cases_that_exist() -> None:
    ids = {read_case(file).id for file in HERE.glob("S*.json")}

    assert json.loads((HERE / EXPECTED_FAILURES).read_text(encoding="utf-8")).keys() <= ids


def test_the_readme_names_every_key_step_and_word() -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    fields = {name: field for step in STEPS for name, field in step.model_fields.items()}
    names = {*Case.model_fields, *WORDS, *(field.alias or name for name, field in fields.items())}
    kinds = {get_args(step.model_fields["do"].annotation)[0] for step in STEPS}

    assert [name for name in sorted(names | kinds) if f"`{name}`" not in text] == []
