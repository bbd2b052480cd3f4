"""The script that Gallerist is compared with: a thread pool on `azure-mgmt-compute`, with the defaults of the SDK.

It is what a competent user would write. It does what it can know of and no more: no look at what the gallery holds, no
repair, nothing that survives the end of the process.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

# this script is a user of Azure, and no part of the app
from azure.core.exceptions import ResourceNotFoundError  # noqa: TID251

# a `ComputeManagementClient` by subscription; its types make every field optional, which a script does not care for
Clients = Mapping[str, Any]


class Job(NamedTuple):
    """One managed image as it was listed, and the version that it becomes."""

    number: int
    image: Any
    definition: str
    version: str


def list_jobs(clients: Clients, pattern: str) -> list[Job]:
    """Lists the images of all subscriptions, the oldest build first; the first build of a family is 1.0.0."""
    images = [image for compute in clients.values() for image in compute.images.list()]
    families = {image.id: re.sub(pattern, r"\g<family>", image.name) for image in images}
    images.sort(key=lambda image: (image.name.removeprefix(families[image.id]), image.name))
    counts: dict[str, int] = {}
    jobs = []
    for number, image in enumerate(images):
        family = families[image.id]
        build = counts[family] = counts.get(family, -1) + 1
        jobs.append(Job(number, image, family, f"1.0.{build}"))
    return jobs


def migrate(
    job: Job, clients: Clients, galleries: Mapping[str, tuple[str, str, str]], regions: list[str]
) -> Any:
    """Makes the image a version of its definition in the gallery of its region; returns the version when it is done."""
    image = job.image
    subscription, group, gallery = galleries[image.location]
    compute = clients[subscription]
    disk = image.properties.storage_profile.os_disk
    try:
        compute.gallery_images.get(group, gallery, job.definition)
    except ResourceNotFoundError:
        properties = {
            "osType": disk.os_type,
            "osState": disk.os_state,
            "hyperVGeneration": image.properties.hyper_v_generation,
            "identifier": {"publisher": "builds", "offer": job.definition, "sku": "gen1"},
        }
        definition = {"location": image.location, "properties": properties}
        compute.gallery_images.begin_create_or_update(group, gallery, job.definition, definition).result()
    version = {
        "location": image.location,
        "properties": {
            "storageProfile": {"source": {"id": image.id}},
            "publishingProfile": {
                "excludeFromLatest": True,
                "targetRegions": [{"name": name} for name in regions],
            },
        },
    }
    where = (group, gallery, job.definition, job.version)
    compute.gallery_image_versions.begin_create_or_update(*where, version).result()
    done = compute.gallery_image_versions.get(*where, expand="ReplicationStatus")
    states = [region.state for region in done.properties.replication_status.summary]
    if states != ["Completed"] * len(regions):
        raise RuntimeError(f"{done.id} is not in every region: {states}")
    return done


def migrate_all(jobs: list[Job], work: Callable[[Job], Any], workers: int) -> list[Any]:
    """Migrates all images, so many at once; returns the versions, or the error of each that failed."""
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, job) for job in jobs]
    return [future.exception() or future.result() for future in futures]
