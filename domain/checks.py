"""What is looked at before any write: each check says what it saw and, where it failed, what mends it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.galleries import ImageDefinition, TargetRegion
from domain.images import ManagedImage, PurchasePlan
from domain.policy import Decision, faults_in
from domain.policy_sections import Choices
from domain.resource_ids import GalleryId, ImageDefinitionId

# "source resource size 2520 exceeds the max size 2048 supported" (the service's error text)
LARGEST_DISK_GB = 2048
# the documentation of image versions still says 1 TB for a data disk
DOCUMENTED_DATA_DISK_GB = 1024

Verdict = Literal["passed", "warned", "failed"]


class Check(BaseModel):
    """One thing that was looked at before any write; a failed one says what mends it."""

    name: str
    verdict: Verdict
    detail: str
    fix: str | None = None


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


def check_definition_name(name: str) -> Check:
    """Whether the templates gave a name that the service takes."""
    if ImageDefinitionId.name_pattern.fullmatch(name):
        return Check(name="definition name", verdict="passed", detail=name)
    return Check(
        name="definition name",
        verdict="failed",
        detail=f"'{name}' cannot be the name of an image definition",
        fix="1 to 80 letters, digits, '_', '-' or '.', beginning and ending with a letter or digit: "
        "correct definition.name in the policy's rule",
    )


def check_end_of_life(end_of_life: datetime | None, now: datetime) -> list[Check]:
    """Whether the date is in the future: the service takes no other."""
    if end_of_life is None or end_of_life > now:
        return []
    return [
        Check(
            name="end of life",
            verdict="failed",
            detail=f"the end-of-life date {end_of_life.isoformat()} has passed",
            fix="give a date in the future",
        )
    ]


def check_decision(decision: Decision) -> list[Check]:
    """What stands against any plan: tags of the image that cannot be understood, choices that lead nowhere."""
    tags = [
        Check(
            name="override tags",
            verdict="failed",
            detail=fault,
            fix="correct the image's tag, or take it away",
        )
        for fault in decision.faults
    ]
    choices = [
        Check(
            name="policy",
            verdict="failed",
            detail=f"{decision.rule}: {fault.reason}",
            fix="let a rule of the policy say it, or the image's tags, or the request",
        )
        for fault in faults_in(decision.choices)
    ]
    return tags + choices


def no_version_given(reason: str) -> Check:
    """The check that fails where the image's name or tag is to give the version, and does not."""
    return Check(
        name="version",
        verdict="failed",
        detail=reason,
        fix="correct the image's name or tag, choose another version strategy, or ask for a version in the request",
    )


def name_does_not_fit(image: ManagedImage, choices: Choices) -> Check:
    """The check that fails where no definition can be named."""
    return Check(
        name="definition name",
        verdict="failed",
        detail=f"the image's name '{image.id.name}' does not fit name_pattern '{choices.name_pattern}'",
        fix="correct name_pattern in the policy's rule, or let another rule take this image",
    )


def missing_gallery(gallery: GalleryId) -> Check:
    """The check that fails where the policy names a gallery that is not there."""
    return Check(
        name="gallery",
        verdict="failed",
        detail=f"the gallery {gallery} does not exist, or Gallerist's identity may not read it",
        fix="create the gallery and give the identity its role there, or name another one in the policy",
    )


def check_definition(existing: ImageDefinition, wanted: ImageDefinition) -> list[Check]:
    """Whether a definition that exists can take the image; everything compared here is fixed at its creation."""
    name = existing.id.name
    checks = []
    if existing.hyper_v_generation != wanted.hyper_v_generation:
        suggestion = f"{name}-gen{wanted.hyper_v_generation[-1]}"
        checks.append(
            _mismatch(
                f"definition '{name}' is for Hyper-V generation {existing.hyper_v_generation}, "
                f"the image is {wanted.hyper_v_generation}",
                f"let the rule name another definition, such as '{suggestion}', or ask for it with 'definition'",
            )
        )
    if existing.os_type != wanted.os_type:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_type}, the image holds {wanted.os_type}",
                f"let the rule name another definition, such as '{name}-{wanted.os_type.lower()}'",
            )
        )
    if existing.os_state != wanted.os_state:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_state.lower()} images, managed images are generalized",
                "let the rule name a definition of OS state Generalized",
            )
        )
    if existing.architecture != wanted.architecture:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.architecture}, the image is {wanted.architecture}",
                "let the rule name a definition of architecture x64",
            )
        )
    if wanted.purchase_plan and existing.purchase_plan != wanted.purchase_plan:
        checks.append(
            _mismatch(
                f"definition '{name}' does not name the image's purchase plan {wanted.purchase_plan.name}",
                "let the rule name another definition: a definition's plan is fixed when it is created",
            )
        )
    fits = Check(name="definition", verdict="passed", detail=f"definition '{name}' exists and fits the image")
    return checks or [fits]


def _mismatch(detail: str, fix: str) -> Check:
    return Check(name="definition", verdict="failed", detail=detail, fix=fix)
