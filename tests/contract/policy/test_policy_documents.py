"""The policy's schema, its page and its sample say what the models say."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from adapters.policy_file import _Loader
from domain.policy.rules import BUILT_IN, Policy, Rule
from domain.policy.sections import Choices, Section
from domain.policy.tags import PREFIX, READERS
from domain.resources.galleries import TargetRegion
from scripts import export_policy_schema
from tests.unit.app import ROOT

PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
SAMPLE = (ROOT / "policy.yaml").read_text(encoding="utf-8")
FIRST_LINE = "# yaml-language-server: $schema=docs/policy.schema.json"


def keys(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a section with its place, as the page names it: `definition.name`."""
    for name, field in section.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from keys(annotation, f"{prefix}{name}.")
        yield f"{prefix}{name}"


def every_key() -> set[str]:
    regions = {f"regions[].{name}" for name in TargetRegion.model_fields}
    return {"defaults", "rules", *keys(Rule), *regions}


def documented() -> set[str]:
    """The first cells of the page's tables."""
    return set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))


def test_every_key_is_on_the_page_and_nothing_else() -> None:
    strategies = {"increment", "date", "from-name", "tag"}
    tags = {f"{PREFIX}{name}" for name in READERS}
    assert documented() - strategies - tags == every_key()


def test_every_override_tag_is_on_the_page() -> None:
    assert {f"{PREFIX}{name}" for name in READERS} == {key for key in documented() if key.startswith(PREFIX)}


def test_what_holds_if_nobody_says_is_on_the_page() -> None:
    """The last cell of a key's row is Gallerist's own default."""
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE))
    said = BUILT_IN.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for section in ("definition", "replication"):
        for name, value in said[section].items():
            shown = value if isinstance(value, int | float) else f"`{value}`"
            assert rows[f"{section}.{name}"] == (f"{shown:g}" if isinstance(shown, float) else str(shown))
    assert rows["version"] == f"`{said['version']['strategy']}`"
    assert rows["exclude_from_latest"] == f"`{str(said['exclude_from_latest']).lower()}`"


def test_the_schema_is_current() -> None:
    """docs/policy.schema.json is written by `python -m scripts.export_policy_schema`."""
    assert export_policy_schema.SCHEMA.read_text(encoding="utf-8") == export_policy_schema.text()


def test_every_key_of_the_schema_says_what_it_is_for() -> None:
    """Editors show it where the key is written."""
    schema = export_policy_schema.schema()
    sections = {"Policy": schema, **schema["$defs"]}
    silent = [
        f"{section}.{key}"
        for section, told in sections.items()
        for key, field in told["properties"].items()
        if "description" not in field
    ]
    assert silent == []


def valid(document: Any) -> bool:
    schema = json.loads(export_policy_schema.SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize("text", [SAMPLE, *re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)])
def test_the_samples_fit_the_schema_and_name_it_for_editors(text: str) -> None:
    assert text.startswith(FIRST_LINE + "\n")
    document = yaml.load(text, Loader=_Loader)
    assert valid(document)
    Policy.model_validate(document)


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        ({"defaults": {"version": "date", "verify": "off"}}, True),
        ({"defaults": {"version": {"strategy": "tag", "tag": "build"}, "promote": {"when": "never"}}}, True),
        ({"rules": [{"name": "it", "regions": ["eastus2", {"name": "westus2", "replicas": 2}]}]}, True),
        ({"defaults": {"regoins": []}}, False),
        ({"defaults": {"version": "newest"}}, False),
        ({"rules": [{"action": "ignore"}]}, False),
        ({"rules": [{"name": "it", "regions": [{"name": "westus2", "replicas": 0}]}]}, False),
        ({"rules": [{"name": "it", "match": {"os_type": "Unix"}}]}, False),
    ],
)
def test_the_schema_tells_good_from_bad(document: Any, fits: bool) -> None:
    assert valid(document) is fits


def test_a_rule_and_the_defaults_take_the_same_choices() -> None:
    """The page says so once for both."""
    assert set(Rule.model_fields) == {*Choices.model_fields, "name", "match", "action"}
    assert set(Policy.model_fields["defaults"].annotation.model_fields) == {*Choices.model_fields, "action"}
