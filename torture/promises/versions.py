"""Promises about versions: one per content and gallery, with the right source, content and regions."""

from collections import defaultdict
from collections.abc import Iterator

from torture.estate import DISK_GB, REGIONS, SECOND_GALLERY, Image
from torture.promises.azure_log import AzureLog, Made, region_name
from torture.promises.promise import Finding, Promise
from torture.world import Json, World

_Contents = dict[tuple[Image, int, str], list[Made]]


def not_lost(world: World) -> Iterator[Finding]:
    """Every image that should be migrated is, with its latest content."""
    log = AzureLog(world)
    found = _contents(log)
    for image in world.fleet:
        for gallery in image.galleries:
            if not found.get((image, log.last_build(image), gallery.lower())):
                yield image.id, f"{image.name}, build {log.last_build(image)}, has no version in {gallery}"


def not_twice(world: World) -> Iterator[Finding]:
    """No content has two versions in one gallery."""
    for (image, build, gallery), made in _contents(AzureLog(world)).items():
        if len(made) > 1:
            versions = ", ".join(sorted(one.id for one in made))
            yield image.id, f"{image.name}, build {build}, has {len(made)} versions in {gallery}: {versions}"


def not_wrong(world: World) -> Iterator[Finding]:
    """Every version is complete, where it should be, of the size of its source; copies are copies."""
    log = AzureLog(world)
    for version_id, made in log.made.items():
        state = log.state.get(version_id)
        if state is None:
            yield made.image.id, f"{version_id} is gone"
            continue
        if made.gallery not in [gallery.lower() for gallery in made.image.galleries]:
            yield made.image.id, f"{version_id} was made of {made.image.name}, which is {made.image.kind}"
        if _is_former(log, made) or (_failed(state) and _replaced(log, made)):
            continue
        for fault in _faults(made, state):
            yield made.image.id, f"{version_id} {fault}"


def _contents(log: AzureLog) -> _Contents:
    """The versions that succeeded, by what they hold and where they are."""
    found: _Contents = defaultdict(list)
    for version_id, made in log.made.items():
        state = log.state.get(version_id)
        if state is not None and state["properties"]["provisioningState"] == "Succeeded":
            found[made.image, made.build, made.gallery].append(made)
    return found


def _failed(state: Json) -> bool:
    return bool(state["properties"]["provisioningState"] == "Failed")


def _is_former(log: AzureLog, made: Made) -> bool:
    """What was being made of an image that was then re-created stays as far as it came (documented)."""
    return made.build != log.last_build(made.image)


def _replaced(log: AzureLog, made: Made) -> bool:
    """A version that Azure could not finish may stay beside another one of the same content."""
    return bool(_contents(log).get((made.image, made.build, made.gallery)))


def _faults(made: Made, state: Json) -> list[str]:
    properties = state["properties"]
    targets = {region_name(target["name"]) for target in properties["publishingProfile"]["targetRegions"]}
    status = properties.get("replicationStatus") or {}
    complete = {
        region_name(one["region"]) for one in status.get("summary") or [] if one["state"] == "Completed"
    }
    size = (properties["storageProfile"].get("osDiskImage") or {}).get("sizeInGB")
    faults = {
        f"has the regions {', '.join(sorted(targets))}": targets != set(REGIONS),
        f"is replicated to {', '.join(sorted(complete)) or 'no region'} only": complete != set(REGIONS),
        f"is {properties['provisioningState']}": properties["provisioningState"] != "Succeeded",
        f"has a disk of {size} GB": size != DISK_GB,
        "was built from the image again": not made.is_copy and made.gallery == SECOND_GALLERY.lower(),
    }
    return [fault for fault, happened in faults.items() if happened]


PROMISES = (
    Promise(
        "none lost",
        "Every image that the policy migrates has a version of its latest content in each of its galleries.",
        not_lost,
    ),
    Promise("none twice", "No content has two versions in one gallery.", not_twice),
    Promise(
        "none wrong",
        "Every version of the latest content is complete in every region that the policy names, has the size of its "
        "source, and was made of an image that may be migrated; the one in a second gallery is a copy of the first.",
        not_wrong,
    ),
)
