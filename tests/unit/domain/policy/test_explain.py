"""An explanation says who decided what, and agrees with the decision itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from domain.policy.explain import Decided, Explanation, Layer, explain
from domain.policy.rules import Policy
from domain.policy.section import Section
from domain.resources.images import ManagedImage
from tests.unit.builders import CREATED, GALLERY, NOW, OTHER_GALLERY, SUBSCRIPTION, image

POLICY = Policy.model_validate(
    {
        "defaults": {
            "galleries": [str(GALLERY)],
            "regions": ["northeurope"],
            "tags": {"team": "all", "cost": "7"},
            "promote": {"when": "after-replication", "rings": [["westeurope"]]},
            "replication": {"deadline_hours": 12},
        },
        "rules": [
            {"name": "databases", "match": {"names": ["sql-*"], "tags": {"tier": "*"}, "os_type": "Windows"}},
            {"name": "old", "match": {"older_than_days": 400, "locations": ["West Europe"]}},
            {
                "name": "web",
                "match": {"names": ["web-*"]},
                "regions": [{"name": "eastus2", "replicas": 2}],
                "tags": {"Team": "web"},
                "promote": "never",
            },
            {"name": "rest"},
        ],
    }
)


def explained(built: ManagedImage | None = None, under: Policy = POLICY) -> Explanation:
    return explain(under, built or image(), NOW)


def choice(name: str, explanation: Explanation) -> Decided:
    (found,) = [one for one in explanation.choices if one.choice == name]
    return found


def test_the_rules_are_tried_in_order_until_one_matches() -> None:
    rules = explained().rules
    assert [(rule.name, rule.verdict) for rule in rules] == [
        ("databases", "not-matched"),
        ("old", "not-matched"),
        ("web", "matched"),
        ("rest", "not-reached"),
    ]
    assert [(one.key, one.wanted, one.actual, one.fits) for one in rules[0].conditions] == [
        ("names", ["sql-*"], "web-20260115", False),
        ("tags.tier", "*", None, False),
        ("os_type", "Windows", "Linux", False),
    ]
    assert [(one.key, one.actual, one.fits) for one in rules[1].conditions] == [
        ("locations", "westeurope", True),
        ("older_than_days", round((NOW - CREATED) / timedelta(days=1), 2), False),
    ]


def test_an_image_of_unknown_age_matches_no_age() -> None:
    (_, age) = explained(image(created_at=None)).rules[1].conditions
    assert (age.actual, age.fits) == (None, False)


def test_each_choice_names_who_decided_it_and_what_it_would_be_otherwise() -> None:
    found = explained()
    assert choice("regions", found).by == "web"
    assert choice("regions", found).source == "rule"
    assert [one.by for one in choice("regions", found).instead_of] == ["defaults"]
    assert choice("galleries", found).source == "defaults"
    assert choice("promote.when", found).value == "never"
    assert choice("promote.when", found).instead_of == [
        Layer(source="defaults", by="defaults", value="after-replication"),
        Layer(source="built-in", by="built-in", value="never"),
    ]
    assert (choice("promote.rings", found).source, choice("promote.bake_hours", found).source) == (
        "defaults",
        "built-in",
    )
    assert choice("definition.name", found).value == "{image}"


def test_tags_of_the_policy_merge_name_by_name_whatever_their_case() -> None:
    found = explained()
    assert (choice("tags.Team", found).by, choice("tags.cost", found).by) == ("web", "defaults")
    assert [one.value for one in choice("tags.Team", found).instead_of] == ["all"]


def test_the_images_tags_are_named() -> None:
    tags = {
        "gallerist:regions": "uksouth=3",
        "gallerist:definition": "front",
        "gallerist:version": "4.0.0",
        "gallerist:galleries": str(OTHER_GALLERY),
        "gallerist:exclude-from-latest": "false",
        "gallerist:end-of-life-after-days": "30",
        "gallerist:consumers": "cluster until 2027-01-01",
    }
    found = explained(image(tags=tags))
    assert sorted(one.by for one in found.choices if one.source == "tag") == sorted(tags)
    assert choice("regions", found).value[0]["replicas"] == 3
    assert [one.by for one in choice("regions", found).instead_of] == ["web", "defaults"]


def test_the_action_of_a_tag_is_named_and_so_is_the_rule_that_it_overrules() -> None:
    found = explained(image(tags={"gallerist:action": "ignore"}))
    assert (found.action, found.action_by, found.rule) == (
        "ignore",
        "tag gallerist:action",
        "tag gallerist:action",
    )
    assert found.rules[2].verdict == "matched"


def test_a_tag_that_cannot_be_read_is_a_fault_and_decides_nothing() -> None:
    found = explained(image(tags={"gallerist:consumers": "somebody", "gallerist:colour": "red"}))
    assert len(found.faults) == 2
    assert [one for one in found.choices if one.source == "tag"] == []


def test_without_a_matching_rule_the_defaults_decide() -> None:
    found = explained(under=Policy.model_validate({"defaults": {"galleries": [str(GALLERY)]}}))
    assert (found.rule, found.action_by, found.rules) == ("defaults", "defaults", [])


def leaves(section: Section, path: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from leaves(value, f"{path}{name}.")
        elif isinstance(value, dict):
            yield from ((f"{path}{name}.{key}", one) for key, one in value.items())
        elif value is not None:
            yield f"{path}{name}", value


ENCRYPTED = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/k/providers/Microsoft.Compute/diskEncryptionSets/weu"
)


@pytest.mark.parametrize(
    "tags",
    [{}, {"gallerist:regions": "uksouth=3"}, {"gallerist:definition": "x", "gallerist:version": "1.2.3"}],
)
def test_the_explanation_has_every_choice_of_the_decision_with_its_value(tags: dict[str, str]) -> None:
    built = image(tags=tags)
    decision = POLICY.decide(built, NOW)
    decided = {one.choice: one.value for one in explained(built).choices if one.choice != "version.number"}
    assert decided == {name: to_jsonable_python(value) for name, value in leaves(decision.choices)}
    assert explained(built).rule == decision.rule


def test_regions_of_a_tag_show_the_encryption_that_the_policy_keeps() -> None:
    regions = [{"name": "westeurope", "disk_encryption_set": ENCRYPTED}]
    under = Policy.model_validate({"defaults": {"galleries": [str(GALLERY)], "regions": regions}})
    found = explained(image(tags={"gallerist:regions": "westeurope=2"}), under)
    assert choice("regions", found).value[0]["disk_encryption_set"] == ENCRYPTED
