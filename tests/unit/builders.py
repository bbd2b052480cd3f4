"""Builds values for the unit tests, each with the changes that a test needs. No behaviour, no assertions."""

from datetime import UTC, datetime
from typing import Any

from domain.migration.messages import MigrationRequest
from domain.planning.rollout import Pace, Rollout
from domain.planning.version_spec import VersionSpec
from domain.policy.rules import Policy
from domain.resources.galleries import (
    Gallery,
    ImageDefinition,
    ImageVersion,
    RegionProgress,
    RegionState,
    TargetRegion,
)
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId
from domain.resources.images import Disk, ManagedImage
from domain.resources.provenance import version_tags

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/builds"
PROVIDER = f"{GROUP}/providers/Microsoft.Compute"
GALLERY = GalleryId.parse(f"{PROVIDER}/galleries/golden")
OTHER_GALLERY = GalleryId.parse(f"{PROVIDER}/galleries/mirror")
THIRD_GALLERY = GalleryId.parse(f"{PROVIDER}/galleries/archive")
FEATURES = {"SecurityType": "Standard", "DiskControllerTypes": "SCSI"}
REGIONS = frozenset({"westeurope", "northeurope", "eastus2"})
CREATED = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def image_id(name: str = "web-20260115") -> ImageId:
    return ImageId.parse(f"{PROVIDER}/images/{name}")


def disk(name: str = "os", size_gb: int | None = 30, lun: int | None = None) -> Disk:
    return Disk(lun=lun, size_gb=size_gb, source=f"{PROVIDER}/disks/{name}")


def image(name: str = "web-20260115", **changes: Any) -> ManagedImage:
    """Returns a generalized Linux image of generation 2 in West Europe with one OS disk."""
    fields = {
        "id": image_id(name),
        "location": "westeurope",
        "provisioning_state": "Succeeded",
        "os_type": "Linux",
        "os_state": "Generalized",
        "hyper_v_generation": "V2",
        "os_disk": disk(),
        "created_at": CREATED,
    }
    return ManagedImage(**{**fields, **changes})


def gallery(identity: GalleryId = GALLERY, location: str = "northeurope") -> Gallery:
    return Gallery(id=identity, location=location)


def definition(name: str = "web-20260115", within: GalleryId = GALLERY, **changes: Any) -> ImageDefinition:
    """Returns the definition that `policy()` gives `image()`, without tags."""
    fields = {
        "id": within.definition(name),
        "location": "northeurope",
        "os_type": "Linux",
        "hyper_v_generation": "V2",
        "publisher": "builds",
        "offer": name,
        "sku": "linux-gen2",
        "features": FEATURES,
    }
    return ImageDefinition(**{**fields, **changes})


def definition_id(name: str = "web-20260115", within: GalleryId = GALLERY) -> ImageDefinitionId:
    return within.definition(name)


def version(number: str = "1.0.0", of: ManagedImage | None = None, **changes: Any) -> ImageVersion:
    """Returns a version that Gallerist created from the image, in the image's own region."""
    source = of or image()
    fields = {
        "id": definition_id().version(number),
        "location": "westeurope",
        "provisioning_state": "Succeeded",
        "source": str(source.id),
        "tags": version_tags(source, "test", "a rule", NOW),
        "target_regions": [TargetRegion(name="westeurope")],
        "published_at": CREATED,
    }
    return ImageVersion(**{**fields, **changes})


def hand_made_version(number: str = "1.0.0", **changes: Any) -> ImageVersion:
    """Returns a version without Gallerist's tags."""
    return version(number, **{"tags": {}, **changes})


def spec(number: str | None = "1.0.0", of: ManagedImage | None = None, **changes: Any) -> VersionSpec:
    """Returns the version that a plan requests."""
    source = of or image()
    fields = {
        "definition": definition_id(),
        "version": number,
        "location": "westeurope",
        "source": str(source.id),
        "source_created_at": source.created_at,
        "regions": [TargetRegion(name="westeurope")],
        "tags": version_tags(source, "test", "a rule", NOW),
    }
    return VersionSpec(**{**fields, **changes})


PACE = Pace(deadline_hours=24, first_poll_seconds=60, longest_poll_seconds=600)


def rollout_in(*waves: list[TargetRegion], **changes: Any) -> Rollout:
    """Returns a rollout in these waves that heals a region twice, and counts it as stuck after six hours."""
    return Rollout(**{"waves": list(waves), "heal_attempts": 2, "stuck_after_hours": 6, **changes})


def policy(**defaults: Any) -> Policy:
    """Returns a policy that migrates every image into `GALLERY`, with these further defaults.

    It states the features of new definitions, so that its plans have no warning.
    """
    chosen = {"galleries": [str(GALLERY)], **defaults}
    chosen["definition"] = {"features": FEATURES, **chosen.get("definition", {})}
    return Policy.model_validate({"defaults": chosen})


def migration_request(**changes: Any) -> MigrationRequest:
    return MigrationRequest(**{"image": image_id(), "started_by": "test", **changes})


def in_regions(**states: RegionState) -> list[RegionProgress]:
    """Returns the progress of each region, as in `in_regions(westeurope="Completed")`."""
    return [
        RegionProgress(region=region, state=state, progress=100 if state == "Completed" else 40)
        for region, state in states.items()
    ]
