"""The write for a version: repeating it writes once, and no other source's version is written over."""

from datetime import timedelta

import pytest

from domain.errors import ArmError, NotYetError
from domain.migration.publishing import (
    NextWrite,
    cannot_be_rewritten,
    failed_for_good,
    left_behind,
    next_write,
)
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.provenance import FINGERPRINT_TAG
from domain.results import Failure
from tests.unit.builders import CREATED, definition_id, disk, hand_made_version, image, spec, version

HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2", replicas=2)
NORTH = TargetRegion(name="northeurope")
BOTH = spec(regions=[HOME, AWAY])


def test_a_missing_version_is_created() -> None:
    assert next_write(None, spec()) == NextWrite("created", [HOME])


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


@pytest.mark.parametrize(
    ("wanted", "regions"), [(spec(), [HOME, NORTH]), (BOTH, [HOME, AWAY, NORTH])], ids=["home", "both"]
)
def test_a_failed_version_is_created_once_more_in_all_its_regions(
    wanted: VersionSpec, regions: list[TargetRegion]
) -> None:
    """Azure refuses to drop a region that a version has; the policy may have changed what a region needs."""
    existing = version(provisioning_state="Failed", target_regions=[TargetRegion(name="westeurope"), NORTH])
    assert next_write(existing, wanted) == NextWrite("created", regions)


def test_a_failed_version_of_somebody_else_is_left_alone() -> None:
    assert next_write(hand_made_version(provisioning_state="Failed"), spec()) == NextWrite("taken", [])


@pytest.mark.parametrize(
    "other",
    [
        version(of=image("other")),
        version(of=image(os_disk=disk("another"))),
        version(published_at=CREATED - timedelta(hours=1)),
        version(of=image("other"), provisioning_state="Failed"),
        hand_made_version(source=str(image("other").id)),
        hand_made_version(source=None),
    ],
    ids=[
        "another image",
        "another content",
        "older than the image",
        "another image, failed",
        "by hand",
        "by hand, source unknown",
    ],
)
def test_the_number_of_another_source_is_taken(other: ImageVersion) -> None:
    assert next_write(other, spec()) == NextWrite("taken", [])


def test_a_version_made_by_hand_from_the_same_source_is_adopted() -> None:
    by_hand = hand_made_version(source=str(image().id).upper())
    assert next_write(by_hand, spec()) == NextWrite("adopted", [])


@pytest.mark.parametrize(
    "existing",
    [
        version(tags={"owner": "platform"}),
        version(tags=version().tags | {FINGERPRINT_TAG: image().dated_fingerprint}),
        version(tags={}, source=str(definition_id().version("7.0.0"))),
    ],
    ids=["tags removed", "tagged by an earlier release", "a copy without tags"],
)
def test_a_version_that_the_list_recognised_is_adopted(existing: ImageVersion) -> None:
    assert next_write(existing, spec().numbered("1.0.0", existing.source)) == NextWrite("adopted", [])


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (ArmError(409, "Conflict", "is in a failed state; delete it before it is created again."), True),
        (ArmError(409, "SomethingElse", "nobody saw this"), True),
        (ArmError(409, "ScopeLocked", "locked"), False),
        (ArmError(409, "Conflict", "conflict with a concurrent request"), False),
        (ArmError(403, "AuthorizationFailed", "no"), False),
        (ArmError(503, "ServerTimeout", "no"), False),
    ],
)
def test_a_refusal_of_the_version_itself_leads_to_another_number(error: ArmError, *, final: bool) -> None:
    """One of the identity, of a lock or of the moment would come back under the next number."""
    assert cannot_be_rewritten(error) is final


def test_what_is_left_behind_is_named_with_who_made_it() -> None:
    failed = spec().id
    failure = failed_for_good(failed, Failure(code="Conflict", message="delete it", http_status=409))
    assert (failure.code, failure.message.endswith("delete it")) == ("VersionFailed", True)
    assert failure.fix.startswith(f"Delete {failed}, which Gallerist made")
    assert "Gallerist made the failed version" in left_behind(failed)


def test_a_version_that_is_being_deleted_is_not_adopted() -> None:
    """Between the list and the write somebody may have deleted it: there will be nothing to adopt."""
    try:
        write = next_write(version(provisioning_state="Deleting"), spec())
    except NotYetError:
        return
    assert write.outcome == "taken"
