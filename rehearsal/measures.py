"""What is read from the simulated Azure after a rehearsal: requests, and the storage of the new versions."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from adapters.azure.documents import parse_image_version, parse_managed_image, parse_timestamp
from domain.planning.estimates import estimate
from domain.planning.prices import REPLICAS
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.images import ManagedImage
from domain.resources.provenance import SOURCE_TAG
from local.stack import Stack
from rehearsal.prices import Storage
from rehearsal.report import ArmCalls, Deletion
from rehearsal.snapshot import Snapshot


def managed_images(snapshot: Snapshot) -> list[ManagedImage]:
    """Returns the managed images of a snapshot."""
    return [parse_managed_image(record, _created(record.get("createdTime"))) for record in snapshot.images]


def arm_calls(stack: Stack) -> ArmCalls:
    """Counts the requests to ARM so far."""
    kinds, throttled = Counter[str](), Counter[str]()
    failed = 0
    for entry in stack.control("GET", "calls"):
        kinds[entry["kind"]] += entry["count"]
        if entry["status"] == HTTPStatus.TOO_MANY_REQUESTS:
            throttled[entry["kind"]] += entry["count"]
        elif entry["status"] is None or entry["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            failed += entry["count"]
    return ArmCalls(
        total=kinds.total(),
        throttled=throttled.total(),
        failed=failed,
        by_kind=dict(kinds.most_common()),
        throttled_by_kind=dict(throttled.most_common()),
    )


def storage(stack: Stack, snapshot: Snapshot, images: Sequence[ManagedImage]) -> Storage:
    """Adds up the app's own estimate for every version that is not in the snapshot."""
    by_id = {image.id.key: image for image in images}
    before = {str(record["id"]).lower() for record in snapshot.versions}
    replicas = dict.fromkeys(REPLICAS, 0)
    sent, unknown = 0, list[str]()
    for version in _versions(stack):
        image = by_id.get(version.tags.get(SOURCE_TAG, "").lower())
        if version.id.key in before or image is None:
            continue
        if any(disk.size_gb is None for disk in image.disks):
            unknown.append(str(image.id))
            continue
        for kind in REPLICAS:
            regions = [
                TargetRegion(name=one.name, replicas=one.replicas)
                for one in version.target_regions
                if one.storage_account_type == kind
            ]
            replicas[kind] += estimate(image, regions, galleries=1).storage.gigabytes or 0
        others = sum(one.name != image.location for one in version.target_regions)
        sent += others * _gigabytes(image)
    return Storage(replicas=replicas, sent_to_other_regions=sent, freed_by_deletions=0, unknown=unknown)


def freed(images: Sequence[ManagedImage], deletions: Sequence[Deletion]) -> int:
    """Returns the gigabytes of the disks of the managed images that were deleted."""
    deleted = {one.id.lower() for one in deletions}
    return sum(_gigabytes(image) for image in images if image.id.key in deleted)


def _versions(stack: Stack) -> list[ImageVersion]:
    resources = stack.control("GET", "state")["resources"]
    return [parse_image_version(one) for one in resources if "/versions/" in one["id"].lower()]


def _gigabytes(image: ManagedImage) -> int:
    return sum(disk.size_gb or 0 for disk in image.disks)


def _created(text: object) -> datetime | None:
    try:
        return parse_timestamp(str(text)) if text else None
    except ValueError:
        return None
