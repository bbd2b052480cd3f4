"""Checks of target regions: replicas, zone-redundant storage, disk encryption sets."""

import pytest

from domain.planning.checks.check import Check, Verdict
from domain.planning.checks.regions import check_disk_encryption_sets, check_replicas, check_zone_redundancy
from domain.resources.galleries import TargetRegion
from domain.resources.ids import DiskEncryptionSetId
from tests.unit.builders import GALLERY, PROVIDER, SUBSCRIPTION

ELSEWHERE = "99999999-2222-3333-4444-555555555555"


def region(name: str, **changes: object) -> TargetRegion:
    return TargetRegion.model_validate({"name": name, **changes})


def encrypted(name: str, key: str | None, subscription: str = SUBSCRIPTION) -> TargetRegion:
    text = f"{PROVIDER}/diskEncryptionSets/{key}".replace(SUBSCRIPTION, subscription)
    return region(name, disk_encryption_set=DiskEncryptionSetId.parse(text) if key else None)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((1,), "passed"), ((50, 50), "passed"), ((51,), "warned"), ((100,), "warned"), ((50, 51), "failed")],
)
def test_replicas_are_counted_over_all_regions(counts: tuple[int, ...], verdict: Verdict) -> None:
    """Documented: 100 for a version; the page contradicts itself about more than 50 in one region."""
    regions = [region(f"region{place}", replicas=count) for place, count in enumerate(counts)]
    assert check_replicas(regions).verdict == verdict


def test_without_zone_redundant_storage_there_is_nothing_to_check() -> None:
    assert check_zone_redundancy([region("westus"), region("eastus2")]) == []


@pytest.mark.parametrize(
    ("name", "verdict"), [("westeurope", "passed"), ("westus", "warned"), ("futureland", "warned")]
)
def test_zone_redundant_storage_needs_zones(name: str, verdict: Verdict) -> None:
    """A region that is not in the table may have got zones since: no reason to stop."""
    (check,) = check_zone_redundancy(
        [region("northeurope"), region(name, storage_account_type="Standard_ZRS")]
    )
    assert (check.verdict, name in check.detail) == (verdict, True)


def test_without_encryption_sets_there_is_nothing_to_check() -> None:
    assert check_disk_encryption_sets([region("westeurope")], [GALLERY]) == []


def test_a_set_for_each_region_in_the_galleries_subscription_passes() -> None:
    regions = [encrypted("westeurope", "west"), encrypted("eastus2", "east", SUBSCRIPTION.upper())]
    (check,) = check_disk_encryption_sets(regions, [GALLERY])
    assert (check.verdict, check.detail) == ("passed", "one for each of 2 regions")


@pytest.mark.parametrize(
    ("regions", "detail"),
    [
        (
            [encrypted("westeurope", None), encrypted("eastus2", "east")],
            "no disk encryption set is given for westeurope; all regions have one or none has",
        ),
        (
            [encrypted("westeurope", "same"), encrypted("eastus2", "SAME")],
            "one disk encryption set is given for westeurope, eastus2, and a set is of one region",
        ),
        (
            [encrypted("westeurope", "west"), encrypted("eastus2", "east", ELSEWHERE)],
            "the disk encryption set of eastus2 is not in the gallery's subscription",
        ),
    ],
    ids=["one region without", "one set for two regions", "another subscription"],
)
def test_sets_that_the_service_would_refuse_fail(regions: list[TargetRegion], detail: str) -> None:
    (check,) = check_disk_encryption_sets(regions, [GALLERY])
    assert check == Check(
        name="disk encryption sets",
        verdict="failed",
        detail=detail,
        fix="give every region of the policy's rule, the image's own too, a disk_encryption_set of that region",
    )
