"""The write for a version: repeating it writes once, and no other source's version is written over."""

from typing import Any

import pytest

from domain.errors import NotYetError
from domain.migration.publishing import NextWrite, next_write
from domain.resources.galleries import ImageVersion, TargetRegion
from tests.unit.builders import hand_made_version, image, spec, version

HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2", replicas=2)
BOTH = spec(regions=[HOME, AWAY])


def test_a_missing_version_is_created() -> None:
    assert next_write(None, spec()) == NextWrite("created", [])


@pytest.mark.parametrize("state", ["Creating", "Updating", "Succeeded"])
def test_a_version_with_every_region_is_adopted(state: str) -> None:
    assert next_write(version(provisioning_state=state), spec()) == NextWrite("adopted", [])


def test_more_regions_than_wanted_are_kept() -> None:
    assert next_write(version(target_regions=[AWAY, HOME]), spec()) == NextWrite("adopted", [])


def test_missing_regions_are_added_to_a_version_that_succeeded() -> None:
    assert next_write(version(), BOTH) == NextWrite("updated", [AWAY])


@pytest.mark.parametrize("state", ["Creating", "Updating"])
def test_regions_are_not_added_while_azure_works_on_the_version(state: str) -> None:
    """Reported by users: the last writer of the publishing profile wins, and drops the other's regions."""
    with pytest.raises(NotYetError, match=f"version 1.0.0 is in provisioning state {state}"):
        next_write(version(provisioning_state=state), BOTH)


@pytest.mark.parametrize("wanted", [spec(), BOTH])
def test_a_failed_version_is_created_once_more(wanted: Any) -> None:
    assert next_write(version(provisioning_state="Failed"), wanted) == NextWrite("created", [])


@pytest.mark.parametrize(
    "other",
    [
        version(of=image("other")),
        version(of=image(created_at=None)),
        version(of=image("other"), provisioning_state="Failed"),
        hand_made_version(source=str(image("other").id)),
        hand_made_version(source=None),
    ],
    ids=["another image", "another content", "another image, failed", "by hand", "by hand, source unknown"],
)
def test_the_number_of_another_source_is_taken(other: ImageVersion) -> None:
    assert next_write(other, spec()) == NextWrite("taken", [])


def test_a_version_made_by_hand_from_the_same_source_is_adopted() -> None:
    by_hand = hand_made_version(source=str(image().id).upper())
    assert next_write(by_hand, spec()) == NextWrite("adopted", [])


def test_a_version_that_is_being_deleted_is_not_adopted() -> None:
    """Between the list and the write somebody may have deleted it: there will be nothing to adopt."""
    try:
        write = next_write(version(provisioning_state="Deleting"), spec())
    except NotYetError:
        return
    assert write.outcome == "taken"
