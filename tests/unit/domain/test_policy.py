"""The policy: which rule decides, what it leaves to the defaults, and what is refused before anything starts."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.policy.rules import BUILT_IN, Policy, render, template_values
from domain.policy.sections import Choices, Section, VersionNumbering
from domain.resources.images import ManagedImage
from tests.unit.builders import GALLERY, NOW, OTHER_GALLERY, PROVIDER, image, image_id, policy

GOLDEN, MIRROR = str(GALLERY), str(OTHER_GALLERY)
SET = f"{PROVIDER}/diskEncryptionSets/west"


def with_rules(*rules: dict[str, Any], **defaults: Any) -> Policy:
    return Policy.model_validate({"defaults": {"galleries": [GOLDEN], **defaults}, "rules": list(rules)})


def test_the_first_rule_that_fits_decides() -> None:
    decision = with_rules(
        {"name": "windows", "match": {"os_type": "Windows"}, "action": "ignore"},
        {"name": "web", "match": {"names": ["web-*"]}, "galleries": [MIRROR]},
        {"name": "all", "action": "ignore"},
    ).decide(image(), NOW)
    assert (decision.rule, decision.action, decision.choices.galleries) == ("web", "migrate", [MIRROR])


def test_where_no_rule_fits_the_defaults_decide() -> None:
    decision = with_rules({"name": "db", "match": {"names": ["db-*"]}}, action="ignore").decide(image(), NOW)
    assert (decision.rule, decision.action) == ("defaults", "ignore")


TAGGED = image(tags={"Team": "Web", "stage": ""})


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"names": ["WEB-*"]}, True),
        ({"names": ["db-*", "*-2026*"]}, True),
        ({"names": ["web"]}, False),
        ({"names": []}, False),
        ({"resource_groups": ["BUILDS"]}, True),
        ({"resource_groups": ["prod*"]}, False),
        ({"subscriptions": [image_id().subscription.upper()]}, True),
        ({"subscriptions": ["99999999-*"]}, False),
        ({"tags": {"team": "web"}}, True),
        ({"tags": {"TEAM": "*"}}, True),
        ({"tags": {"stage": "*"}}, True),
        ({"tags": {"team": "web", "owner": "*"}}, False),
        ({"os_type": "Linux"}, True),
        ({"os_type": "Windows"}, False),
        ({"locations": ["East US 2", "West Europe"]}, True),
        ({"locations": ["eastus2"]}, False),
        ({"names": ["web-*"], "os_type": "Windows"}, False),
        # the image is 17 days and three and a half hours old
        ({"older_than_days": 17}, True),
        ({"older_than_days": 18}, False),
        ({"newer_than_days": 17.5}, True),
        ({"newer_than_days": 17}, False),
        ({"older_than_days": 17, "newer_than_days": 18}, True),
    ],
)
def test_a_rule_fits_where_every_part_of_its_match_does(match: dict[str, Any], fits: bool) -> None:
    decision = with_rules({"name": "it", "match": match}, action="ignore").decide(TAGGED, NOW)
    assert (decision.rule == "it") is fits


@pytest.mark.parametrize("match", [{"older_than_days": 0}, {"newer_than_days": 10_000}])
def test_an_image_of_unknown_age_fits_no_rule_about_age(match: dict[str, Any]) -> None:
    decision = with_rules({"name": "it", "match": match}).decide(image(created_at=None), NOW)
    assert decision.rule == "defaults"


def test_what_a_rule_does_not_say_the_defaults_say_and_then_gallerist() -> None:
    """Sections are merged key by key, lists are replaced whole."""
    decision = with_rules(
        {"name": "it", "regions": ["eastus2"], "definition": {"sku": "std"}},
        regions=["westeurope", "northeurope"],
        definition={"name": "base", "sku": "lost"},
        replication={"deadline_hours": 6},
        exclude_from_latest=False,
    ).decide(image(), NOW)
    choices = decision.choices
    assert [region.name for region in choices.regions or []] == ["eastus2"]
    naming = choices.definition
    assert (naming.name, naming.sku, naming.offer) == ("base", "std", BUILT_IN.definition.offer)
    assert (choices.replication.deadline_hours, choices.replication.first_poll_seconds) == (6, 60)
    assert choices.exclude_from_latest is False


def test_a_rule_can_ask_for_no_further_region() -> None:
    """An empty list says something: none besides the image's own."""
    decision = with_rules({"name": "it", "regions": []}, regions=["eastus2"]).decide(image(), NOW)
    assert decision.choices.regions == []


def test_an_untested_version_does_not_become_latest_unless_asked() -> None:
    assert policy().decide(image(), NOW).choices.exclude_from_latest is True


def test_merging_with_nothing_changes_nothing() -> None:
    said = Choices(galleries=[GOLDEN], exclude_from_latest=False, end_of_life_after_days=30)
    assert said.over(Choices()) == said
    assert Choices().over(said) == said


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"default": {}}, "Extra inputs are not permitted"),
        ({"defaults": {"gallery": GOLDEN}}, "Extra inputs are not permitted"),
        ({"defaults": {}}, "defaults: no gallery is named, neither here nor in the defaults"),
        ({"defaults": {"galleries": []}}, "at least 1 item"),
        ({"defaults": {"galleries": ["golden"]}}, "'golden' is not the id of a gallery"),
        ({"defaults": {"galleries": [GOLDEN + "-{location}"]}}, "is not a valid name of a gallery"),
        (
            {"defaults": {"action": "ignore"}, "rules": [{"name": "it"}]},
            "rule 'it': no gallery is named",
        ),
        (
            {"defaults": {"galleries": [GOLDEN]}, "rules": [{"name": "it"}, {"name": "it"}]},
            "rules named twice: it",
        ),
        ({"defaults": {"galleries": [GOLDEN], "regions": ["eastus2", "East US 2"]}}, "regions named twice"),
        (
            {"defaults": {"galleries": [GOLDEN], "name_pattern": "(web"}},
            r"'\(web' is not a regular expression",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "definition": {"name": "{family}"}}},
            "defaults: '{family}' names {family}; known are",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "definition": {"name": "{definition}"}}},
            "'{definition}' names {definition}",
        ),
        (
            {
                "defaults": {"galleries": [GOLDEN], "name_pattern": r"(?P<family>\w+)-\d+"},
                "rules": [{"name": "it", "definition": {"offer": "{familly}"}}],
            },
            "rule 'it': '{familly}' names {familly}; known are definition, family, generation",
        ),
        ({"defaults": {"galleries": [GOLDEN], "replication": {"deadline_hours": 0}}}, "greater than 0"),
        ({"defaults": {"galleries": [GOLDEN], "end_of_life_after_days": 0}}, "greater than or equal to 1"),
        ({"defaults": {"galleries": [GOLDEN], "action": "delete"}}, "'migrate' or 'ignore'"),
        ({"rules": [{"match": {}}]}, "Field required"),
        (
            {"defaults": {"galleries": [GOLDEN], "version": "from-name", "name_pattern": r"(?P<major>\d+)"}},
            "defaults: from-name needs the groups major, minor, patch in name_pattern",
        ),
        ({"defaults": {"galleries": [GOLDEN], "version": "tag"}}, "strategy tag needs version.tag"),
        (
            {"defaults": {"galleries": [GOLDEN], "version": "newest"}},
            "'increment', 'date', 'from-name' or 'tag'",
        ),
        (
            {
                "defaults": {
                    "galleries": [GOLDEN],
                    "regions": ["eastus2", {"name": "westus2", "disk_encryption_set": SET}],
                }
            },
            "all regions need a disk_encryption_set, or none: eastus2 has none",
        ),
        (
            {
                "defaults": {
                    "galleries": [GOLDEN, MIRROR],
                    "regions": [{"name": "westus2", "disk_encryption_set": SET}],
                }
            },
            "with disk encryption sets there can be one gallery only",
        ),
    ],
)
def test_a_policy_that_cannot_mean_anything_is_refused(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Policy.model_validate(document)


@pytest.mark.parametrize(
    ("key", "nothing", "something"),
    [
        ("promote", "never", "after-replication"),
        ("promote", {"when": "never"}, {"rings": [["eastus2"]]}),
        ("verify", "off", "boot"),
        ("retire_source", {"when": "never"}, {"when": "after-soak", "soak_days": 30}),
        ("retire_source", "never", {"soak_days": 30}),
        ("retention", "keep-all", {"rule": "delete-after-end-of-life", "keep_versions": 3}),
    ],
)
def test_what_is_not_supported_yet_is_refused_not_ignored(key: str, nothing: Any, something: Any) -> None:
    decided = policy(**{key: nothing}).decide(image(), NOW)
    assert decided.action == "migrate"
    with pytest.raises(ValidationError, match=rf"{key}.*\n.*not supported yet"):
        policy(**{key: something})


def test_a_section_can_be_given_by_its_foremost_key() -> None:
    """And a rule's section is laid over the defaults' key by key."""
    decided = with_rules(
        {"name": "it", "version": "tag"}, version={"strategy": "date", "tag": "build"}
    ).decide(image(), NOW)
    assert decided.choices.version == VersionNumbering(strategy="tag", tag="build")


def test_a_policy_that_ignores_everything_needs_no_gallery() -> None:
    decision = Policy.model_validate({"defaults": {"action": "ignore"}}).decide(image(), NOW)
    assert decision.action == "ignore"


def test_every_part_of_the_policy_refuses_unknown_keys() -> None:
    """A key that is misspelt must not be a rule that silently does not hold."""
    sections = [Section]
    for section in sections:
        sections += section.__subclasses__()
        assert section.model_config["extra"] == "forbid", section


PATTERN = r"(?P<family>[a-z]+)(-(?P<stage>\w+))?-\d{8}"


@pytest.mark.parametrize(
    ("built", "rendered"),
    [
        (image("web-20260115"), "web//linux-gen2@westeurope"),
        (
            image("web-beta-20260115", os_type="Windows", hyper_v_generation="V1"),
            "web/beta/windows-gen1@westeurope",
        ),
        (image("web"), None),
        (image("my web-20260115x".replace(" ", "")), None),
    ],
)
def test_templates_are_filled_from_the_image_and_its_name(built: ManagedImage, rendered: str | None) -> None:
    """The whole name has to fit the pattern; a group that took no part is empty."""
    values = template_values(built, Choices(name_pattern=PATTERN))
    template = "{family}/{stage}/{os_type}-{generation}@{location}"
    assert (values and render(template, values)) == rendered


def test_without_a_pattern_every_name_fits() -> None:
    values = template_values(image(), Choices())
    assert values is not None
    assert render("{image} of {resource_group} in {subscription}", values) == (
        f"web-20260115 of builds in {image_id().subscription}"
    )
