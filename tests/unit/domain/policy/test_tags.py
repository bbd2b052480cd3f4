"""The tags `gallerist:…`: what an image overrides with them, and that no unreadable one is ignored."""

from typing import Any

import pytest

from domain.planning.plan import choose
from domain.planning.requests import Overrides
from domain.policy.rules import Policy
from domain.policy.sections import Choices, DefinitionNaming
from domain.policy.tags import READERS, TagOverrides, read_override_tags
from tests.unit.builders import GALLERY, NOW, OTHER_GALLERY, PROVIDER, image, policy


def test_other_tags_override_nothing() -> None:
    overrides = read_override_tags({"team": "web", "gallerist": "migrate", "Gallerist-rule": "x"})
    assert overrides == TagOverrides(action=None, number=None, choices=Choices(), faults=[])


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
def test_a_tag_overrides_the_policy(tag: str, text: str, choices: dict[str, Any]) -> None:
    overrides = read_override_tags({f"Gallerist:{tag.upper()}": text})
    assert (overrides.choices, overrides.faults) == (Choices.model_validate(choices), [])


@pytest.mark.parametrize(
    ("tag", "text", "fault"),
    [
        ("regoins", "westus2", "unknown tag; known are action, definition, version, galleries"),
        ("action", "delete", "'delete' is neither migrate nor ignore"),
        ("definition", "-x-", "'-x-' cannot be the name of an image definition"),
        ("version", "1.2", "'1.2' is not a version: use Major.Minor.Patch"),
        ("galleries", "golden", "'golden' is not the id of a gallery"),
        ("regions", "westus2,", "an entry is missing: separate entries with single commas"),
        ("regions", "westus2=many", "Input should be a valid integer"),
        ("regions", "westus2, West US 2", "regions named twice: westus2"),
        ("regions", "westus2=0", "greater than or equal to 1"),
        ("regions", "westus2=1=gold", "'Standard_LRS', 'Standard_ZRS' or 'Premium_LRS'"),
        ("exclude-from-latest", "yes", "'yes' is neither true nor false"),
        ("end-of-life-after-days", "0", "'0' is not a number of days from 1 to 36500"),
        ("end-of-life-after-days", "1" * 400, "is not a number of days"),
    ],
)
def test_an_unreadable_tag_is_a_fault_with_its_name(tag: str, text: str, fault: str) -> None:
    overrides = read_override_tags({f"gallerist:{tag}": text, "gallerist:end-of-life-after-dayz": "1"})
    first, second = sorted(overrides.faults, key=lambda fault: "dayz" in fault)
    assert first.startswith(f"tag gallerist:{tag}: ")
    assert fault in first
    assert second.startswith("tag gallerist:end-of-life-after-dayz: ")


def test_every_tag_has_a_test() -> None:
    tested = {"action", "version", "definition", "galleries", "regions"}
    assert set(READERS) == tested | {"exclude-from-latest", "end-of-life-after-days", "consumers"}


RULES = Policy.model_validate(
    {
        "defaults": {"galleries": [str(GALLERY)], "regions": ["eastus2"]},
        "rules": [{"name": "scratch", "match": {"tags": {"stage": "scratch"}}, "action": "ignore"}],
    }
)


def test_the_image_decides_over_the_policy_and_the_request_over_the_image() -> None:
    tagged = image(tags={"gallerist:regions": "westus2", "gallerist:definition": "base"})
    request = Overrides(choices=Choices(definition=DefinitionNaming(name="requested")))
    choices = choose(RULES, tagged, request, NOW).choices
    assert [region.name for region in choices.regions or []] == ["westus2"]
    assert (choices.definition.name, choices.galleries) == ("requested", [str(GALLERY)])


def test_a_tag_can_exclude_an_image_or_include_it() -> None:
    """The decision names the tag as its rule, so that nobody searches the policy for it."""
    excluded = RULES.decide(image(tags={"gallerist:action": "ignore"}), NOW)
    assert (excluded.action, excluded.rule) == ("ignore", "tag gallerist:action")
    included = RULES.decide(image(tags={"stage": "scratch", "gallerist:action": "Migrate"}), NOW)
    assert (included.action, included.rule) == ("migrate", "tag gallerist:action")
    same = RULES.decide(image(tags={"gallerist:action": "migrate"}), NOW)
    assert (same.action, same.rule) == ("migrate", "defaults")


def test_the_version_tag_is_the_decisions_number() -> None:
    decision = policy(version="date").decide(image(tags={"gallerist:version": "3.0.1"}), NOW)
    assert decision.number == "3.0.1"


SETS = f"{PROVIDER}/diskEncryptionSets"
ENCRYPTED = policy(
    regions=[
        {"name": "westeurope", "disk_encryption_set": f"{SETS}/west"},
        {"name": "eastus2", "disk_encryption_set": f"{SETS}/east", "replicas": 3},
    ]
)


def test_a_regions_tag_keeps_the_policys_disk_encryption_sets() -> None:
    """The tag chooses the regions, the policy their sets."""
    decision = ENCRYPTED.decide(image(tags={"gallerist:regions": "westeurope, eastus2=1"}), NOW)
    assert [
        (region.name, region.replicas, str(region.disk_encryption_set))
        for region in decision.choices.regions or []
    ] == [("westeurope", 1, f"{SETS}/west"), ("eastus2", 1, f"{SETS}/east")]
    assert decision.faults == ()


def test_a_tags_region_without_a_disk_encryption_set_is_a_fault_if_the_policy_encrypts() -> None:
    decision = ENCRYPTED.decide(image(tags={"gallerist:regions": "eastus2, northeurope"}), NOW)
    assert decision.faults == (
        "tag gallerist:regions: the policy has no disk encryption set for northeurope",
    )
