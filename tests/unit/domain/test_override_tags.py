"""The tags `gallerist:…`: what an image decides by them, and that none is misread in silence."""

from typing import Any

import pytest

from domain.planning.plan import choose
from domain.planning.requests import Overrides
from domain.policy.rules import Policy
from domain.policy.sections import Choices, DefinitionNaming
from domain.policy.tags import READERS, read_override_tags
from tests.unit.builders import GALLERY, NOW, OTHER_GALLERY, PROVIDER, image, policy


def test_other_tags_say_nothing() -> None:
    asked = read_override_tags({"team": "web", "gallerist": "migrate", "Gallerist-rule": "x"})
    assert (asked.action, asked.number, asked.choices, asked.faults) == (None, None, Choices(), ())


@pytest.mark.parametrize(
    ("tag", "text", "choices"),
    [
        ("definition", "base", {"definition": {"name": "base"}}),
        ("galleries", str(GALLERY), {"galleries": [str(GALLERY)]}),
        ("galleries", f"{GALLERY}, {OTHER_GALLERY}", {"galleries": [str(GALLERY), str(OTHER_GALLERY)]}),
        ("regions", "westus2", {"regions": ["westus2"]}),
        (
            "regions",
            "West US 2, eastus=3,northeurope=1=standard_zrs",
            {
                "regions": [
                    "westus2",
                    {"name": "eastus", "replicas": 3},
                    {"name": "northeurope", "storage_account_type": "Standard_ZRS"},
                ]
            },
        ),
        ("exclude-from-latest", "False", {"exclude_from_latest": False}),
        ("end-of-life-after-days", "90", {"end_of_life_after_days": 90}),
    ],
)
def test_a_tag_decides_what_the_policy_would(tag: str, text: str, choices: dict[str, Any]) -> None:
    asked = read_override_tags({f"Gallerist:{tag.upper()}": text})
    assert (asked.choices, asked.faults) == (Choices.model_validate(choices), ())


@pytest.mark.parametrize(
    ("tag", "text", "fault"),
    [
        ("regoins", "westus2", "there is no such tag; known are action, definition, version, galleries"),
        ("action", "delete", "'delete' is neither migrate nor ignore"),
        ("definition", "-x-", "'-x-' cannot be the name of an image definition"),
        ("version", "1.2", "'1.2' is not a version: it has to be Major.Minor.Patch"),
        ("galleries", "golden", "'golden' is not the id of a gallery"),
        ("regions", "westus2,", "something is missing between commas"),
        ("regions", "westus2=many", "Input should be a valid integer"),
        ("regions", "westus2, West US 2", "regions named twice: westus2"),
        ("regions", "westus2=0", "greater than or equal to 1"),
        ("regions", "westus2=1=gold", "'Standard_LRS', 'Standard_ZRS' or 'Premium_LRS'"),
        ("exclude-from-latest", "yes", "'yes' is neither true nor false"),
        ("end-of-life-after-days", "0", "'0' is not a number of days from 1 to 36500"),
        ("end-of-life-after-days", "1" * 400, "is not a number of days"),
    ],
)
def test_a_tag_that_cannot_be_understood_is_named(tag: str, text: str, fault: str) -> None:
    asked = read_override_tags({f"gallerist:{tag}": text, "gallerist:end-of-life-after-dayz": "1"})
    first, second = sorted(asked.faults, key=lambda told: "dayz" in told)
    assert first.startswith(f"tag gallerist:{tag}: ")
    assert fault in first
    assert second.startswith("tag gallerist:end-of-life-after-dayz: ")


def test_every_tag_has_a_test() -> None:
    tried = {"action", "version", "definition", "galleries", "regions"}
    assert set(READERS) == tried | {"exclude-from-latest", "end-of-life-after-days"}


RULES = Policy.model_validate(
    {
        "defaults": {"galleries": [str(GALLERY)], "regions": ["eastus2"]},
        "rules": [{"name": "scratch", "match": {"tags": {"stage": "scratch"}}, "action": "ignore"}],
    }
)


def test_the_image_is_above_the_policy_and_the_request_above_the_image() -> None:
    tagged = image(tags={"gallerist:regions": "westus2", "gallerist:definition": "base"})
    asked = Overrides(choices=Choices(definition=DefinitionNaming(name="asked")))
    choices = choose(RULES, tagged, asked, NOW).choices
    assert [region.name for region in choices.regions or []] == ["westus2"]
    assert (choices.definition.name, choices.galleries) == ("asked", [str(GALLERY)])


def test_an_image_can_keep_itself_out_and_ask_itself_in() -> None:
    """The tag is named as the rule that decided, so that nobody looks for it in the policy."""
    out = RULES.decide(image(tags={"gallerist:action": "ignore"}), NOW)
    assert (out.action, out.rule) == ("ignore", "tag gallerist:action")
    asked_in = RULES.decide(image(tags={"stage": "scratch", "gallerist:action": "Migrate"}), NOW)
    assert (asked_in.action, asked_in.rule) == ("migrate", "tag gallerist:action")
    same = RULES.decide(image(tags={"gallerist:action": "migrate"}), NOW)
    assert (same.action, same.rule) == ("migrate", "defaults")


def test_the_version_is_carried_as_the_images_own() -> None:
    decision = policy(version="date").decide(image(tags={"gallerist:version": "3.0.1"}), NOW)
    assert decision.number == "3.0.1"


SETS = f"{PROVIDER}/diskEncryptionSets"
ENCRYPTED = policy(
    regions=[
        {"name": "westeurope", "disk_encryption_set": f"{SETS}/west"},
        {"name": "eastus2", "disk_encryption_set": f"{SETS}/east", "replicas": 3},
    ]
)


def test_a_tag_takes_no_encryption_away() -> None:
    """The regions are the tag's, their keys the policy's."""
    decision = ENCRYPTED.decide(image(tags={"gallerist:regions": "westeurope, eastus2=1"}), NOW)
    assert [
        (region.name, region.replicas, str(region.disk_encryption_set))
        for region in decision.choices.regions or []
    ] == [("westeurope", 1, f"{SETS}/west"), ("eastus2", 1, f"{SETS}/east")]
    assert decision.faults == ()


def test_a_region_without_a_key_is_a_fault_where_the_policy_encrypts() -> None:
    decision = ENCRYPTED.decide(image(tags={"gallerist:regions": "eastus2, northeurope"}), NOW)
    assert decision.faults == (
        "tag gallerist:regions: the policy has no disk encryption set for northeurope",
    )
