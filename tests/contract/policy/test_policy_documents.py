"""The policy's schema, page and sample agree with the models."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from adapters.policy_yaml import DEEPEST, MOST_NODES, _Loader
from domain.policy.patterns import MOST_MEMORY
from domain.policy.rules import BUILT_IN, Policy, Rule
from domain.policy.section import Section
from domain.policy.sections import Choices
from domain.policy.tags import PREFIX, READERS
from domain.resources.galleries import TargetRegion
from scripts import export_policy_schema
from tests.unit.adapters.test_policy_bounds import BOUNDS
from tests.unit.app import ROOT

PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
SAMPLE = (ROOT / "policy.yaml").read_text(encoding="utf-8")
FIRST_LINE = "# yaml-language-server: $schema=docs/policy.schema.json"


def keys(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yields every key of a section with its path, as the page names it: `definition.name`."""
    for name, field in section.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from keys(annotation, f"{prefix}{name}.")
        yield f"{prefix}{name}"


def every_key() -> set[str]:
    regions = {f"regions[].{name}" for name in TargetRegion.model_fields}
    return {*Policy.model_fields, *keys(Rule), *regions}


def documented() -> set[str]:
    """Returns the first cells of the page's tables."""
    return set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))


def test_every_key_is_on_the_page_and_nothing_else() -> None:
    strategies = {"increment", "date", "from-name", "tag"}
    tags = {f"{PREFIX}{name}" for name in READERS}
    assert documented() - strategies - tags == every_key()


def test_every_override_tag_is_on_the_page() -> None:
    assert {f"{PREFIX}{name}" for name in READERS} == {key for key in documented() if key.startswith(PREFIX)}


def test_the_built_in_choices_are_on_the_page() -> None:
    """The last cell of a key's row is the built-in choice."""
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE))
    built_in = BUILT_IN.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    features = built_in["definition"].pop("features")
    for section, choices in {**built_in, "definition.features": features}.items():
        for name, value in choices.items() if isinstance(choices, dict) and section != "version" else ():
            assert rows[f"{section}.{name}"] in shown(value)
    assert rows["version"] == f"`{built_in['version']['strategy']}`"
    assert rows["exclude_from_latest"] == f"`{str(built_in['exclude_from_latest']).lower()}`"


def shown(value: Any) -> set[str]:
    """How the page may show a built-in value."""
    if isinstance(value, bool):
        return {f"`{str(value).lower()}`"}
    if isinstance(value, list):
        return {"none", "one ring"}
    return {
        f"{value:g}" if isinstance(value, float) else str(value) if isinstance(value, int) else f"`{value}`"
    }


def test_the_schema_is_current() -> None:
    """docs/policy.schema.json is written by `python -m scripts.export_policy_schema`."""
    assert export_policy_schema.SCHEMA.read_text(encoding="utf-8") == export_policy_schema.text()


def test_every_key_of_the_schema_has_a_description() -> None:
    """Editors show it beside the key."""
    schema = export_policy_schema.schema()
    sections = {"Policy": schema, **schema["$defs"]}
    undescribed = [
        f"{section}.{key}"
        for section, part in sections.items()
        for key, field in part["properties"].items()
        if "description" not in field
    ]
    assert undescribed == []


def test_the_page_has_every_bound() -> None:
    """`tests/unit/adapters/test_policy_bounds.py` tries each of them."""
    table = PAGE.split("## Bounds")[1].split("## ")[0]
    documented = {int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+)(?: \|| KiB)", table)}
    bounds = [bound for _, bound, _ in BOUNDS.values()]
    assert documented == {*bounds, MOST_NODES, DEEPEST, MOST_MEMORY // 1024}


def valid(document: Any) -> bool:
    schema = json.loads(export_policy_schema.SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize("text", [SAMPLE, *re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)])
def test_the_samples_are_valid_and_name_the_schema_for_editors(text: str) -> None:
    assert text.startswith(FIRST_LINE + "\n")
    document = yaml.load(text, Loader=_Loader)
    assert valid(document)
    Policy.model_validate(document)


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        ({"defaults": {"version": "date"}}, True),
        ({"defaults": {"version": {"strategy": "tag", "tag": "build"}}}, True),
        ({"rules": [{"name": "it", "regions": ["eastus2", {"name": "westus2", "replicas": 2}]}]}, True),
        ({"defaults": {"regoins": []}}, False),
        ({"defaults": {"verify": "off"}}, True),
        ({"defaults": {"verify": "start"}}, False),
        ({"defaults": {"version": "newest"}}, False),
        ({"rules": [{"action": "ignore"}]}, False),
        ({"rules": [{"name": "it", "regions": [{"name": "westus2", "replicas": 0}]}]}, False),
        ({"rules": [{"name": "it", "match": {"os_type": "Unix"}}]}, False),
    ],
)
def test_the_schema_accepts_valid_policies_only(document: Any, fits: bool) -> None:
    assert valid(document) is fits


def test_a_rule_and_the_defaults_take_the_same_choices() -> None:
    """The page describes them once for both."""
    assert set(Rule.model_fields) == {*Choices.model_fields, "name", "match", "action"}
    assert set(Policy.model_fields["defaults"].annotation.model_fields) == {*Choices.model_fields, "action"}
