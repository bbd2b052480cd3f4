"""The policy: which rule decides, what it leaves to the defaults, and which policies are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.policy.rules import BUILT_IN, Policy, find_faults
from domain.policy.section import Section
from tests.unit.builders import GALLERY, NOW, OTHER_GALLERY, PROVIDER, image, image_id, policy

GOLDEN, MIRROR = str(GALLERY), str(OTHER_GALLERY)
SUBNET = (
    f"/subscriptions/{GALLERY.subscription}/resourceGroups/net"
    "/providers/Microsoft.Network/virtualNetworks/v/subnets/proofs"
)
SET = f"{PROVIDER}/diskEncryptionSets/west"


def with_rules(*rules: dict[str, Any], **defaults: Any) -> Policy:
    return Policy.model_validate({"defaults": {"galleries": [GOLDEN], **defaults}, "rules": list(rules)})


def test_the_first_rule_that_matches_decides() -> None:
    decision = with_rules(
        {"name": "windows", "match": {"os_type": "Windows"}, "action": "ignore"},
        {"name": "web", "match": {"names": ["web-*"]}, "galleries": [MIRROR]},
        {"name": "all", "action": "ignore"},
    ).decide(image(), NOW)
    assert (decision.rule, decision.action, decision.choices.galleries) == ("web", "migrate", [MIRROR])


def test_the_defaults_decide_if_no_rule_matches() -> None:
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
def test_a_rule_matches_an_image_that_matches_every_key(match: dict[str, Any], fits: bool) -> None:
    decision = with_rules({"name": "it", "match": match}, action="ignore").decide(TAGGED, NOW)
    assert (decision.rule == "it") is fits


@pytest.mark.parametrize("match", [{"older_than_days": 0}, {"newer_than_days": 10_000}])
def test_an_image_of_unknown_age_matches_no_rule_about_age(match: dict[str, Any]) -> None:
    decision = with_rules({"name": "it", "match": match}).decide(image(created_at=None), NOW)
    assert decision.rule == "defaults"


def test_a_rule_decides_over_the_defaults_and_they_over_the_built_in_choices() -> None:
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
    assert (choices.replication.deadline_hours, choices.replication.first_poll_seconds) == (6, 90)
    assert choices.exclude_from_latest is False


def test_a_rule_can_choose_no_further_region() -> None:
    """An empty list is a decision: no region besides the image's own."""
    decision = with_rules({"name": "it", "regions": []}, regions=["eastus2"]).decide(image(), NOW)
    assert decision.choices.regions == []


def test_versions_are_excluded_from_latest_by_default() -> None:
    assert policy().decide(image(), NOW).choices.exclude_from_latest is True


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"default": {}}, "Extra inputs are not permitted"),
        ({"defaults": {"gallery": GOLDEN}}, "Extra inputs are not permitted"),
        ({"defaults": {}}, "defaults: no target gallery; set 'galleries' in the rule or in the defaults"),
        ({"defaults": {"galleries": []}}, "at least 1 item"),
        ({"defaults": {"galleries": ["golden"]}}, "'golden' is not the id of a gallery"),
        ({"defaults": {"galleries": [GOLDEN + "-{location}"]}}, "is not a valid resource name"),
        (
            {"defaults": {"action": "ignore"}, "rules": [{"name": "it"}]},
            "rule 'it': no target gallery",
        ),
        (
            {"defaults": {"galleries": [GOLDEN]}, "rules": [{"name": "it"}, {"name": "it"}]},
            "another rule has the name 'it'",
        ),
        ({"defaults": {"galleries": [GOLDEN], "regions": ["eastus2", "East US 2"]}}, "regions named twice"),
        (
            {"defaults": {"galleries": [GOLDEN], "name_pattern": "(web"}},
            r"'\(web' is not a regular expression",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "name_pattern": "(?=web).*"}},
            "has no lookaround and no backreferences: invalid perl operator",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "name_pattern": "((a{99}){99}){99}"}},
            "is not a regular expression of RE2",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "definition": {"name": "{family}"}}},
            "defaults: '{family}' uses unknown {family}; known are",
        ),
        (
            {"defaults": {"galleries": [GOLDEN], "definition": {"name": "{definition}"}}},
            "'{definition}' uses unknown {definition}",
        ),
        (
            {
                "defaults": {"galleries": [GOLDEN], "name_pattern": r"(?P<family>\w+)-\d+"},
                "rules": [{"name": "it", "definition": {"offer": "{familly}"}}],
            },
            "rule 'it': '{familly}' uses unknown {familly}; known are definition, family, generation",
        ),
        ({"defaults": {"galleries": [GOLDEN], "replication": {"deadline_hours": 0}}}, "greater than 0"),
        ({"defaults": {"galleries": [GOLDEN], "end_of_life_after_days": 0}}, "greater than or equal to 1"),
        ({"defaults": {"galleries": [GOLDEN], "action": "delete"}}, "'migrate' or 'ignore'"),
        ({"rules": [{"match": {}}]}, "Field required"),
        (
            {"defaults": {"galleries": [GOLDEN], "version": "from-name", "name_pattern": r"(?P<major>\d+)"}},
            "defaults: strategy from-name needs the groups major, minor, patch in name_pattern",
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
            "give every region a disk_encryption_set, or none of them: missing for eastus2",
        ),
        (
            {
                "defaults": {
                    "galleries": [GOLDEN, MIRROR],
                    "regions": [{"name": "westus2", "disk_encryption_set": SET}],
                }
            },
            "disk encryption sets allow one gallery only",
        ),
    ],
)
def test_an_invalid_policy_is_refused_with_the_reason(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Policy.model_validate(document)


def test_a_policy_that_ignores_every_image_needs_no_gallery() -> None:
    decision = Policy.model_validate({"defaults": {"action": "ignore"}}).decide(image(), NOW)
    assert decision.action == "ignore"


def test_every_part_of_the_policy_refuses_unknown_keys() -> None:
    """A misspelt key must not be ignored."""
    sections = [Section]
    for section in sections:
        sections += section.__subclasses__()
        assert section.model_config["extra"] == "forbid", section


def test_nothing_of_the_second_half_is_on_unless_the_policy_says_so() -> None:
    choices = Policy.model_validate({"defaults": {"galleries": [GOLDEN]}}).choices_of(None)
    assert (choices.verify.mode, choices.promote.when, choices.retire_source.when) == (
        "off",
        "never",
        "never",
    )
    assert (choices.retention.dry_run, choices.retention.keep_last, choices.retention.keep_days) == (
        True,
        None,
        None,
    )
    assert (choices.notify.topic, choices.notify.webhook) == (None, None)


@pytest.mark.parametrize(
    ("key", "short", "section"),
    [
        ("promote", "after-verification", {"when": "after-verification"}),
        ("retire_source", "after-approval", {"when": "after-approval"}),
    ],
)
def test_a_step_can_be_switched_on_by_one_word(key: str, short: str, section: dict[str, str]) -> None:
    """`off` is text in our YAML; `true` is no choice of any step."""
    galleries = {"galleries": [GOLDEN]}
    long = Policy.model_validate({"defaults": galleries | {key: section}})
    assert Policy.model_validate({"defaults": galleries | {key: short}}) == long
    assert find_faults({"defaults": galleries | {key: True}})


def test_a_rule_can_switch_on_the_proof_that_the_defaults_prepare() -> None:
    prepared = {"resource_group": "proofs", "subnets": {"eastus2": SUBNET}}
    document = {
        "defaults": {"galleries": [GOLDEN], "verify": prepared},
        "rules": [{"name": "it", "verify": "boot"}],
    }
    assert Policy.model_validate(document).choices_of("it").verify.mode == "boot"
    assert find_faults({"defaults": {"galleries": [GOLDEN], "verify": "boot"}})


@pytest.mark.parametrize(
    ("section", "document", "reason"),
    [
        ("promote", {"rings": [["eastus2"], ["westus2", "East US 2"]]}, "regions in two rings: eastus2"),
        (
            "notify",
            {"webhook": "http://hooks.contoso.com/a"},
            "'http://hooks.contoso.com/a' is not an https URL",
        ),
        ("retire_source", {"consumers": [{"name": "a cluster"}]}, "Field required"),
        ("retention", {"keep_last": 0}, "Input should be greater than or equal to 1"),
    ],
)
def test_a_section_of_the_second_half_that_makes_no_sense_is_a_fault(
    section: str, document: dict[str, Any], reason: str
) -> None:
    (fault,) = find_faults({"defaults": {"galleries": [GOLDEN], section: document}})
    assert (fault.location[:2], fault.reason) == (("defaults", section), reason)


def test_every_fault_of_a_policy_is_found_at_once() -> None:
    """A valid rule is checked against the defaults even if another rule is invalid."""
    document = {
        "defaults": {"galleries": [GOLDEN]},
        "rules": [{"name": "bad", "regoins": []}, {"name": "good", "version": "tag"}, {"name": "good"}],
    }
    assert [fault.location for fault in find_faults(document)] == [
        ("rules", 0, "regoins"),
        ("rules", 1, "version"),
        ("rules", 2, "name"),
    ]


def test_a_valid_policy_has_no_faults() -> None:
    assert find_faults({"defaults": {"galleries": [GOLDEN]}}) == []
