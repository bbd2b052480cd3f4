"""Checks of the managed image itself: its state, its disks, its purchase plan."""

from domain.planning.checks.check import Check, failed, passed, warned
from domain.resources.images import Disk, ManagedImage, PurchasePlan

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
