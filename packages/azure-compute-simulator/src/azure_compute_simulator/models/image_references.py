"""Which image a reference means: a version, a definition's latest one, or a managed image."""

from dataclasses import dataclass

from azure_compute_simulator.errors import GalleryImageNotFoundError, InvalidParameterError, NotFoundError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.disk_controllers import SCSI, image_controllers
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.regions import short_name
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_VERSION = "microsoft.compute/galleries/images/versions"
_DEFINITION = "microsoft.compute/galleries/images"
_IMAGE = "microsoft.compute/images"


@dataclass(frozen=True)
class FoundImage:
    """The image that a machine is created from. `id` and `disk_controllers` are None if it is not simulated."""

    id: str | None = None
    generation: str = "V1"
    os_type: str = "Linux"
    size_gb: int = 30
    disk_controllers: frozenset[str] | None = None
    architecture: str = "x64"
    plan: Json | None = None
    # the number of each data disk, with its size in GB
    data_disks: tuple[tuple[int, int], ...] = ()
    is_generalized: bool = False


def resolve_image(azure: Azure, reference: Json, location: str) -> FoundImage:
    """Finds the image of a reference, as seen from a region, and writes the exact version into the reference.

    Raises GalleryImageNotFoundError if the version is not replicated to the region, NotFoundError if a managed image
    is missing or in another region. References to marketplace and shared images are accepted without a check.
    """
    if not reference.get("id"):
        return FoundImage()
    try:
        id_ = parse_resource_id(reference["id"])
    except ValueError as error:
        raise InvalidParameterError(str(error), target="imageReference.id") from None
    if id_.type.lower() == _IMAGE:
        return _managed_image(azure, id_, location)
    version = _version(azure, id_, location)
    if version is None or not version.hidden["replication"].completed_in(location):
        raise GalleryImageNotFoundError(
            f"The gallery image {reference['id']} is not available in {location} region. Please contact image owner to "
            "replicate to this region, or change your requested region."
        )
    reference["exactVersion"] = version.id.name
    definition = azure.get(_parent(version.id)).properties
    disks = version.properties["storageProfile"]
    return FoundImage(
        str(version.id),
        definition["hyperVGeneration"],
        definition["osType"],
        disks.get("osDiskImage", {}).get("sizeInGB", 30),
        image_controllers(definition),
        definition.get("architecture", "x64"),
        definition.get("purchasePlan"),
        tuple((disk["lun"], disk.get("sizeInGB", 30)) for disk in disks.get("dataDiskImages") or []),
        definition.get("osState", "Generalized") == "Generalized",
    )


def _version(azure: Azure, id_: ResourceId, location: str) -> Resource | None:
    """Returns the version of a reference: the definition's latest, or one by its id.

    One in the bin can still be used by its id until the bin's `consumptionEndTime` (specified), and is never latest.
    """
    if id_.type.lower() == _DEFINITION:
        return latest_version(azure, id_, location)
    return azure.find(id_) or azure.bin.usable(id_)


def latest_version(azure: Azure, definition: ResourceId, location: str) -> Resource | None:
    """Returns the highest version that is replicated to the region and not excluded from latest, or None."""
    candidates = [
        version
        for version in azure.children(definition, _VERSION)
        if version.hidden["replication"].completed_in(location) and not _excluded(version, location)
    ]
    return max(candidates, key=_number, default=None)


def _managed_image(azure: Azure, id_: ResourceId, location: str) -> FoundImage:
    image = azure.find(id_)
    if image is None or image.location != location:
        raise NotFoundError("The entity was not found in this Azure location.")
    os_disk = image.properties["storageProfile"]["osDisk"]
    generation = image.properties["hyperVGeneration"]
    # documented: only a definition can be marked for NVMe
    controllers = frozenset({SCSI})
    return FoundImage(
        str(image.id),
        generation,
        os_disk["osType"],
        os_disk.get("diskSizeGB", 30),
        controllers,
        data_disks=tuple(
            (disk["lun"], disk.get("diskSizeGB", 30))
            for disk in image.properties["storageProfile"].get("dataDisks") or []
        ),
        is_generalized=True,
    )


def _excluded(version: Resource, location: str) -> bool:
    """Whether a version is excluded in a region. The region's own flag wins, if it has one (documented)."""
    profile = version.properties["publishingProfile"]
    for target in profile["targetRegions"]:
        if short_name(target["name"]) == location and target.get("excludeFromLatest") is not None:
            return bool(target["excludeFromLatest"])
    return bool(profile["excludeFromLatest"])


def _number(version: Resource) -> tuple[int, ...]:
    return tuple(int(part) for part in version.id.name.split("."))


def _parent(id_: ResourceId) -> ResourceId:
    assert id_.parent is not None  # noqa: S101 - a version has a definition
    return id_.parent
