"""Checks of a version's target regions: replicas, storage, encryption. Whether the regions exist is in `checks`."""

from domain.planning.checks.check import Check
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from domain.resources.regions import REGIONS_WITH_ZONES


def check_regions(
    image: ManagedImage, choices: Choices, regions: list[TargetRegion], known: frozenset[str]
) -> list[Check]:
    """Whether all regions exist for this subscription; tells where the image's own was added."""
    unknown = [region.name for region in regions if region.name not in known]
    if unknown:
        return [
            Check(
                name="regions",
                verdict="failed",
                detail=f"no such region for this subscription: {', '.join(unknown)}",
                fix="correct the region's name in the policy, in the request or in the image's tag gallerist:regions",
            )
        ]
    names = ", ".join(region.name for region in regions)
    added = (
        ""
        if len(regions) == len(choices.regions or [])
        else f" ({image.location} added: it is the image's own)"
    )
    return [Check(name="regions", verdict="passed", detail=f"{names}{added}")]


# documented: "100 replicas per image version"; the same page also says 50 per region
MOST_REPLICAS = 100
DOCUMENTED_REPLICAS_PER_REGION = 50


def check_replicas(regions: list[TargetRegion]) -> Check:
    """Whether the version keeps within the number of replicas that the service allows."""
    total = sum(region.replicas for region in regions)
    if total > MOST_REPLICAS:
        return Check(
            name="replicas",
            verdict="failed",
            detail=f"{total} replicas in all, and a version may have {MOST_REPLICAS}",
            fix="ask for fewer replicas per region in the policy or in the request",
        )
    many = [region.name for region in regions if region.replicas > DOCUMENTED_REPLICAS_PER_REGION]
    if many:
        return Check(
            name="replicas",
            verdict="warned",
            detail=f"more than {DOCUMENTED_REPLICAS_PER_REGION} replicas in {', '.join(many)}: "
            "the documentation contradicts itself about whether that is allowed",
        )
    return Check(name="replicas", verdict="passed", detail=f"{total} of {MOST_REPLICAS}")


def check_zone_redundancy(regions: list[TargetRegion]) -> list[Check]:
    """Whether Standard_ZRS is asked for only where there are zones; what is not known is no reason to stop."""
    asked = [region.name for region in regions if region.storage_account_type == "Standard_ZRS"]
    if not asked:
        return []
    unknown = [name for name in asked if name not in REGIONS_WITH_ZONES]
    if unknown:
        return [
            Check(
                name="zone-redundant storage",
                verdict="warned",
                detail=f"not known to offer availability zones, which Standard_ZRS needs: {', '.join(unknown)}",
                fix="ask for Standard_LRS or Premium_LRS in these regions",
            )
        ]
    detail = f"available in {', '.join(asked)}"
    return [Check(name="zone-redundant storage", verdict="passed", detail=detail)]


def check_disk_encryption_sets(regions: list[TargetRegion], galleries: list[GalleryId]) -> list[Check]:
    """Whether each region has an encryption set of its own, where any has one, in the galleries' subscription.

    Documented: a set is regional and of the version's subscription, and if one region uses one, all have to.
    Whether a set exists, and in which region, is not looked at.
    """
    given = [region for region in regions if region.disk_encryption_set is not None]
    if not given:
        return []
    keys = [str(region.disk_encryption_set).lower() for region in given]
    without = [region.name for region in regions if region.disk_encryption_set is None]
    shared = [region.name for region, key in zip(given, keys, strict=True) if keys.count(key) > 1]
    subscriptions = [f"/subscriptions/{gallery.subscription}/".lower() for gallery in galleries]
    elsewhere = [
        region.name
        for region, key in zip(given, keys, strict=True)
        if not all(key.startswith(subscription) for subscription in subscriptions)
    ]
    faults = [
        _encryption(
            f"no disk encryption set is given for {', '.join(without)}; all regions have one or none has"
        )
        if without
        else None,
        _encryption(f"one disk encryption set is given for {', '.join(shared)}, and a set is of one region")
        if shared
        else None,
        _encryption(f"the disk encryption set of {', '.join(elsewhere)} is not in the gallery's subscription")
        if elsewhere
        else None,
    ]
    passed = Check(
        name="disk encryption sets", verdict="passed", detail=f"one for each of {len(regions)} regions"
    )
    return [fault for fault in faults if fault] or [passed]


def _encryption(detail: str) -> Check:
    fix = "give every region of the policy's rule, the image's own too, a disk_encryption_set of that region"
    return Check(name="disk encryption sets", verdict="failed", detail=detail, fix=fix)
