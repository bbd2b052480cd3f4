"""Checks of the managed image itself: its state, its disks, its encryption, its tags, its purchase plan."""

from collections.abc import Mapping

from domain.planning.checks.check import Check, failed, passed, warned
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import Disk, ManagedImage, PurchasePlan
from domain.resources.provenance import LONGEST_TAG_VALUE, MOST_TAGS, wanted_tags

# "source resource size 2520 exceeds the max size 2048 supported" (the service's error text)
LARGEST_DISK_GB = 2048
# the documentation of image versions still says 1 TB for a data disk
DOCUMENTED_DATA_DISK_GB = 1024


def check_image(image: ManagedImage) -> list[Check]:
    """Checks that the service accepts the image and each of its disks."""
    checks = []
    if image.provisioning_state != "Succeeded":
        checks.append(
            failed(
                "image",
                f"the managed image is in provisioning state {image.provisioning_state}, not Succeeded",
                "capture the image again",
            )
        )
    if image.os_state != "Generalized":
        checks.append(
            failed(
                "image",
                f"the managed image's OS state is {image.os_state}, not Generalized",
                "generalize the VM (sysprep or waagent -deprovision) and capture it again",
            )
        )
    return [*checks, *(_check_disk(disk) for disk in image.disks)]


def _check_disk(disk: Disk) -> Check:
    name = "disk size"
    size_gb = disk.size_gb
    which = "the OS disk" if disk.lun is None else f"the data disk at LUN {disk.lun}"
    if size_gb is None:
        return warned(
            name, f"the size of {which} is unknown; the service refuses more than {LARGEST_DISK_GB} GB"
        )
    if size_gb > LARGEST_DISK_GB:
        return failed(
            name,
            f"{which} has {size_gb} GB; the service accepts at most {LARGEST_DISK_GB} GB",
            f"shrink the disk to at most {LARGEST_DISK_GB} GB and capture the image again",
        )
    if disk.lun is not None and size_gb > DOCUMENTED_DATA_DISK_GB:
        return warned(
            name,
            f"{which} has {size_gb} GB; the service accepts up to {LARGEST_DISK_GB} GB, "
            f"but its documentation says {DOCUMENTED_DATA_DISK_GB} GB",
        )
    return passed(name, f"{which} has {size_gb} GB")


def check_purchase_plan(image: ManagedImage, plan: PurchasePlan | None) -> Check:
    """Checks that a purchase plan is complete: no VM can be created with a part of one."""
    name = "purchase plan"
    if plan is None and image.has_incomplete_plan_tags:
        return warned(
            name,
            "the image's tags name only a part of a purchase plan; Azure may refuse to create VMs from the version",
            "add the tags PlanInfo, PlanProduct and PlanPublisher to the image, or give 'plan' in the request",
        )
    return passed(name, f"{plan.publisher}/{plan.product}/{plan.name}" if plan else "none")


def check_edge_zone(image: ManagedImage) -> list[Check]:
    """Warns of an image in an edge zone. No refusal of the service is known; the recorded versions name the zone."""
    if image.edge_zone is None:
        return []
    return [
        warned(
            "edge zone",
            f"the image is in the edge zone {image.edge_zone} of {image.location}: a version in {image.location} may "
            "be unable to read it, and Gallerist creates no version in an edge zone",
            f"capture the image in {image.location} itself; create versions for edge zones by hand",
        )
    ]


def check_source_encryption(
    image: ManagedImage, galleries: list[GalleryId], regions: list[TargetRegion]
) -> list[Check]:
    """Checks that an encrypted image is in the gallery's subscription, and that encryption is not lost silently.

    Documented: the service refuses an encrypted source in another subscription. Only the first gallery's version has
    the image as its source. Inferred: a version gets the platform's keys unless its regions have disk encryption sets.
    """
    name = "source encryption"
    if not image.is_encrypted:
        return []
    first = galleries[0]
    if first.subscription.lower() != image.id.subscription.lower():
        return [
            failed(
                name,
                "a customer's key encrypts the image (disk encryption set), and the service refuses such an image for "
                f"a gallery in another subscription: {first}",
                "name a gallery in the image's subscription first, or capture the image without a disk encryption set",
            )
        ]
    if not any(region.disk_encryption_set for region in regions):
        return [
            warned(
                name,
                "a customer's key encrypts the image (disk encryption set), and the version will have the platform's "
                "key only: the policy gives its regions no disk encryption set",
                "give every region in the policy's rule a disk_encryption_set of that region",
            )
        ]
    return [passed(name, "customers' keys encrypt the image and the version")]


def check_tags(image: ManagedImage, chosen: Mapping[str, str], tags: Mapping[str, str]) -> list[Check]:
    """Checks that the version's tags hold all that are wanted: the policy's and the image's own."""
    name = "tags"
    too_long = [key for key, value in chosen.items() if len(value) > LONGEST_TAG_VALUE]
    if too_long:
        return [
            failed(
                name,
                f"the policy's tags {', '.join(too_long)} are longer than {LONGEST_TAG_VALUE} characters "
                "for this image",
                "shorten their templates under 'tags' in the policy",
            )
        ]
    left_out = [key for key in wanted_tags(image, chosen) if key not in tags]
    if left_out:
        return [
            warned(
                name,
                f"the image's tags {', '.join(left_out)} are left out: a version has at most {MOST_TAGS} tags, with "
                "the policy's and Gallerist's own",
                "remove tags that nobody needs from the image, or set those that the version must have under 'tags' "
                "in the policy",
            )
        ]
    return []
