"""Checks of the managed image itself: its state, its disks, its purchase plan."""

from domain.planning.checks.check import Check
from domain.resources.images import ManagedImage, PurchasePlan

# "source resource size 2520 exceeds the max size 2048 supported" (the service's error text)
LARGEST_DISK_GB = 2048
# the documentation of image versions still says 1 TB for a data disk
DOCUMENTED_DATA_DISK_GB = 1024


def check_image(image: ManagedImage) -> list[Check]:
    """Whether the service will take the image and every one of its disks."""
    checks = []
    if image.provisioning_state != "Succeeded":
        checks.append(
            Check(
                name="image",
                verdict="failed",
                detail=f"the managed image is in provisioning state {image.provisioning_state}",
                fix="capture the image again; only an image that succeeded can be the source of a version",
            )
        )
    if image.os_state != "Generalized":
        checks.append(
            Check(
                name="image",
                verdict="failed",
                detail=f"the managed image's OS state is {image.os_state}",
                fix="generalize the VM (sysprep or waagent -deprovision) and capture it again",
            )
        )
    return [*checks, *(_check_disk_size(disk.lun, disk.size_gb) for disk in image.disks)]


def _check_disk_size(lun: int | None, size_gb: int | None) -> Check:
    disk = "the OS disk" if lun is None else f"the data disk at LUN {lun}"
    if size_gb is None:
        return Check(name="disk size", verdict="warned", detail=f"the size of {disk} is not known")
    if size_gb > LARGEST_DISK_GB:
        return Check(
            name="disk size",
            verdict="failed",
            detail=f"{disk} has {size_gb} GB, and the gallery takes at most {LARGEST_DISK_GB} GB",
            fix=f"shrink the disk to at most {LARGEST_DISK_GB} GB and capture the image again",
        )
    if lun is not None and size_gb > DOCUMENTED_DATA_DISK_GB:
        limits = f"the documentation says {DOCUMENTED_DATA_DISK_GB} GB, the service {LARGEST_DISK_GB} GB"
        detail = f"{disk} has {size_gb} GB; {limits}"
        return Check(name="disk size", verdict="warned", detail=detail)
    return Check(name="disk size", verdict="passed", detail=f"{disk} has {size_gb} GB")


def check_purchase_plan(image: ManagedImage, plan: PurchasePlan | None) -> Check:
    """Whether the plan is told whole; one that is told in part is as good as lost."""
    if plan is None and image.names_part_of_a_plan:
        return Check(
            name="purchase plan",
            verdict="warned",
            detail="the image's tags name a part of a purchase plan only; VMs made from the version may be refused",
            fix="tag the image with PlanInfo, PlanProduct and PlanPublisher, or give 'plan' in the request",
        )
    detail = f"{plan.publisher}/{plan.product}/{plan.name}" if plan else "none"
    return Check(name="purchase plan", verdict="passed", detail=detail)
