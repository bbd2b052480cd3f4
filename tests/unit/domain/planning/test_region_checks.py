"""The checks of target regions: existence, replicas, zone-redundant storage, disk encryption sets."""

import pytest

from domain.planning.checks.check import Check, Verdict
from domain.planning.checks.regions import (
    check_disk_encryption_sets,
    check_regions,
    check_replicas,
    check_zone_redundancy,
)
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.ids import DiskEncryptionSetId
from tests.unit.builders import GALLERY, PROVIDER, REGIONS, SUBSCRIPTION, image

ELSEWHERE = "99999999-2222-3333-4444-555555555555"


def region(name: str, **changes: object) -> TargetRegion:
    return TargetRegion.model_validate({"name": name, **changes})


def encrypted(name: str, key: str | None, subscription: str = SUBSCRIPTION) -> TargetRegion:
    text = f"{PROVIDER}/diskEncryptionSets/{key}".replace(SUBSCRIPTION, subscription)
    return region(name, disk_encryption_set=DiskEncryptionSetId.parse(text) if key else None)


def plain(*names: str) -> list[TargetRegion]:
    return [TargetRegion(name=name) for name in names]


def test_regions_that_the_subscription_can_use_pass() -> None:
    requested = plain("westeurope", "eastus2")
    check = check_regions(image(), Choices(regions=requested), requested, REGIONS)
    assert (check.verdict, check.detail) == ("passed", "westeurope, eastus2")


def test_an_added_home_region_is_mentioned() -> None:
    choices = Choices(regions=plain("eastus2"))
    check = check_regions(image(), choices, plain("westeurope", "eastus2"), REGIONS)
    assert check.detail == "westeurope, eastus2 (westeurope added: it is the image's own)"


def test_every_unknown_region_is_named() -> None:
    requested = plain("westeurope", "moonbase", "marsnorth")
    check = check_regions(image(), Choices(regions=requested), requested, REGIONS)
    assert check.verdict == "failed"
    assert check.detail == (
        "there is no region 'moonbase' for this subscription; there is no region 'marsnorth' for this subscription"
    )
    assert check.fix == (
        "correct the region's name in the policy, in the request or in the image's tag gallerist:regions; "
        "logical regions such as 'europe', which Azure lists too, hold no resources"
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((1,), "passed"), ((50, 50), "passed"), ((51,), "warned"), ((100,), "warned"), ((50, 51), "failed")],
)
def test_replicas_are_counted_over_all_regions(counts: tuple[int, ...], verdict: Verdict) -> None:
    """Documented: 100 for a version. The page contradicts itself about more than 50 in one region."""
    regions = [region(f"region{index}", replicas=count) for index, count in enumerate(counts)]
    assert check_replicas(regions).verdict == verdict


def test_zones_are_not_checked_without_zone_redundant_storage() -> None:
    assert check_zone_redundancy([region("westus"), region("eastus2")]) == []


@pytest.mark.parametrize(
    ("name", "verdict"), [("westeurope", "passed"), ("westus", "warned"), ("futureland", "warned")]
)
def test_zone_redundant_storage_is_a_warning_in_regions_not_known_to_have_zones(
    name: str, verdict: Verdict
) -> None:
    """A region may have got zones since the table was made, so it does not fail."""
    (check,) = check_zone_redundancy(
        [region("northeurope"), region(name, storage_account_type="Standard_ZRS")]
    )
    assert (check.verdict, name in check.detail) == (verdict, True)


def test_encryption_is_not_checked_without_disk_encryption_sets() -> None:
    assert check_disk_encryption_sets([region("westeurope")], [GALLERY]) == []


def test_an_own_set_for_each_region_in_the_gallerys_subscription_passes() -> None:
    regions = [encrypted("westeurope", "west"), encrypted("eastus2", "east", SUBSCRIPTION.upper())]
    (check,) = check_disk_encryption_sets(regions, [GALLERY])
    assert (check.verdict, check.detail) == ("passed", "one for each of 2 regions")


@pytest.mark.parametrize(
    ("regions", "detail"),
    [
        (
            [encrypted("westeurope", None), encrypted("eastus2", "east")],
            "westeurope has no disk encryption set; give one to every region or to none",
        ),
        (
            [encrypted("westeurope", "same"), encrypted("eastus2", "SAME")],
            "westeurope, eastus2 share one disk encryption set; a set belongs to one region",
        ),
        (
            [encrypted("westeurope", "west"), encrypted("eastus2", "east", ELSEWHERE)],
            "the disk encryption set of eastus2 is not in the gallery's subscription",
        ),
    ],
    ids=["one region without", "one set for two regions", "another subscription"],
)
def test_disk_encryption_sets_that_the_service_would_refuse_fail(
    regions: list[TargetRegion], detail: str
) -> None:
    (check,) = check_disk_encryption_sets(regions, [GALLERY])
    assert check == Check(
        name="disk encryption sets",
        verdict="failed",
        detail=detail,
        fix="give every region in the policy's rule, also the image's own, a disk_encryption_set of that region "
        "in the gallery's subscription",
    )
