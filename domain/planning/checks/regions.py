"""Checks of a version's target regions: that they exist, their replicas, storage and encryption."""

from domain.planning.checks.check import Check, failed, passed, warned
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from domain.resources.regions import REGIONS_WITH_ZONES, unknown_region

# documented: "100 replicas per image version"; the same page also says 50 per region
MOST_REPLICAS = 100
DOCUMENTED_REPLICAS_PER_REGION = 50


def check_regions(
    image: ManagedImage, choices: Choices, regions: list[TargetRegion], known: frozenset[str]
) -> Check:
    """Checks that the subscription can use every region, and says so if the image's own region was added."""
    name = "regions"
    unknown = [region.name for region in regions if region.name not in known]
    if unknown:
        return failed(
            name,
            "; ".join(unknown_region(region) for region in unknown),
            "correct the region's name in the policy, in the request or in the image's tag gallerist:regions; "
            "logical regions such as 'europe', which Azure lists too, hold no resources",
        )
    names = ", ".join(region.name for region in regions)
    if len(regions) == len(choices.regions or []):
        return passed(name, names)
    return passed(name, f"{names} ({image.location} added: it is the image's own)")


def check_replicas(regions: list[TargetRegion]) -> Check:
    """Checks that the version stays within the service's number of replicas."""
    name = "replicas"
    total = sum(region.replicas for region in regions)
    if total > MOST_REPLICAS:
        return failed(
            name,
            f"{total} replicas in all regions together; a version may have {MOST_REPLICAS}",
            "set fewer replicas per region in the policy or in the request",
        )
    many = [region.name for region in regions if region.replicas > DOCUMENTED_REPLICAS_PER_REGION]
    if many:
        return warned(
            name,
            f"more than {DOCUMENTED_REPLICAS_PER_REGION} replicas in {', '.join(many)}; "
            "the service's documentation contradicts itself about whether that is allowed",
        )
    return passed(name, f"{total} of {MOST_REPLICAS}")


def check_zone_redundancy(regions: list[TargetRegion]) -> list[Check]:
    """Warns of Standard_ZRS in regions not known to have zones; they may have got some since the table was made."""
    name = "zone-redundant storage"
    redundant = [region.name for region in regions if region.storage_account_type == "Standard_ZRS"]
    if not redundant:
        return []
    unknown = [region for region in redundant if region not in REGIONS_WITH_ZONES]
    if unknown:
        return [
            warned(
                name,
                f"Standard_ZRS needs availability zones, which are not known for {', '.join(unknown)}",
                "use Standard_LRS or Premium_LRS in these regions",
            )
        ]
    return [passed(name, f"available in {', '.join(redundant)}")]


def check_disk_encryption_sets(regions: list[TargetRegion], galleries: list[GalleryId]) -> list[Check]:
    """Checks that either every region or none has a disk encryption set, and that the sets can be used.

    Documented: a set belongs to one region and to the version's subscription, and if one region uses a set,
    every region must. Whether a set exists, and in which region, is not checked.
    """
    encrypted = {
        region.name: str(region.disk_encryption_set).lower()
        for region in regions
        if region.disk_encryption_set is not None
    }
    if not encrypted:
        return []
    sets = list(encrypted.values())
    without = [region.name for region in regions if region.name not in encrypted]
    shared = [name for name, key in encrypted.items() if sets.count(key) > 1]
    subscriptions = [f"/subscriptions/{gallery.subscription}/".lower() for gallery in galleries]
    elsewhere = [
        name
        for name, key in encrypted.items()
        if not all(key.startswith(subscription) for subscription in subscriptions)
    ]
    faults = []
    if without:
        faults.append(
            _bad_encryption(
                f"{', '.join(without)} has no disk encryption set; give one to every region or to none"
            )
        )
    if shared:
        faults.append(
            _bad_encryption(f"{', '.join(shared)} share one disk encryption set; a set belongs to one region")
        )
    if elsewhere:
        faults.append(
            _bad_encryption(
                f"the disk encryption set of {', '.join(elsewhere)} is not in the gallery's subscription"
            )
        )
    return faults or [passed("disk encryption sets", f"one for each of {len(regions)} regions")]


def _bad_encryption(detail: str) -> Check:
    fix = (
        "give every region in the policy's rule, also the image's own, a disk_encryption_set of that region "
        "in the gallery's subscription"
    )
    return failed("disk encryption sets", detail, fix)
