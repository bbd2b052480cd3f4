"""Whose definition it is: images of one name in two resource groups are not one family by themselves."""

from typing import Any

import pytest

from domain.planning.checks.check import Check
from domain.planning.checks.owner import check_owner, is_owned
from domain.policy.rules import BUILT_IN
from domain.policy.sections import Choices, DefinitionNaming
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.resources.provenance import GROUP_TAG, source_group
from tests.unit.builders import GROUP, SUBSCRIPTION, definition, hand_made_version, image, version

ELSEWHERE = SUBSCRIPTION.replace("1", "9")


def image_in(group: str = "team.blue(prod)", subscription: str = SUBSCRIPTION) -> ManagedImage:
    return image(id=ImageId(subscription, group, ("web-20260115",)))


def check(*versions: ImageVersion, **changes: Any) -> list[Check]:
    return check_owner(image().id, definition(**changes), versions)


@pytest.mark.parametrize(
    "other",
    [image_in(), image_in("builds", ELSEWHERE), image_in("BUILDS2")],
    ids=["another group", "a group of the same name in another subscription", "a longer name"],
)
def test_a_definition_with_another_groups_versions_fails(other: ManagedImage) -> None:
    (found,) = check(version(of=other))
    assert (found.name, found.verdict) == ("definition owner", "failed")
    assert f"is for another image of this name, in {source_group(other.id)}" in found.detail
    assert "'builds-web-20260115'" in (found.fix or "")
    assert "definition.across_resource_groups: true" in (found.fix or "")


def test_the_suggested_name_is_valid_whatever_the_group_is_called() -> None:
    (found,) = check_owner(image_in().id, definition(), [version()])
    assert "'team.blue-prod--web-20260115'" in (found.fix or "")


def test_a_version_made_by_hand_counts_by_its_source() -> None:
    assert check(hand_made_version(source=str(image_in().id)))


def test_a_definition_created_for_another_group_fails_even_without_versions() -> None:
    """Its first version may have failed, or be on its way."""
    (found,) = check(tags={GROUP_TAG: source_group(image_in().id)})
    assert "team.blue(prod)" in found.detail


@pytest.mark.parametrize(
    ("versions", "changes"),
    [
        ([], {}),
        ([version(of=image("web-20260101"))], {}),
        ([], {"tags": {GROUP_TAG: GROUP.upper()}}),
        ([version(of=image_in()), version("1.0.1")], {}),
        ([hand_made_version(source=f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web")], {}),
        ([hand_made_version(source=None)], {}),
    ],
    ids=["empty", "own group", "own tag in another case", "shared already", "from a VM", "source unknown"],
)
def test_a_definition_of_the_own_group_or_of_nobody_known_is_used(
    versions: list[ImageVersion], changes: dict[str, Any]
) -> None:
    assert check(*versions, **changes) == []


@pytest.mark.parametrize(
    ("naming", "owned"),
    [
        ({}, True),
        ({"name": "{image}"}, True),
        ({"name": "{family}"}, False),
        ({"name": "web"}, False),
        ({"across_resource_groups": True}, False),
        ({"name": "{family}", "across_resource_groups": False}, True),
    ],
)
def test_a_name_that_somebody_chose_makes_a_family(naming: dict[str, Any], owned: bool) -> None:
    """The key `across_resource_groups` has the last word."""
    choices = Choices(definition=DefinitionNaming.model_validate(naming)).over(BUILT_IN)
    assert is_owned(choices) is owned
