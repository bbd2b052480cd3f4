"""What to write for a version under its number, given what is there: create, finish, adopt, or leave alone."""

import hashlib
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.errors import ArmError, NotYetError
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.provenance import FINGERPRINT_TAG, MIGRATION_TAG

# the code of a failure that no retry mends: a number that belongs to another source
VERSION_TAKEN = "VersionTaken"


def ledger_key(definition: ImageDefinitionId) -> str:
    """The key of a definition's version ledger: entity keys take no slashes."""
    return hashlib.sha256(definition.key.encode()).hexdigest()


class Publication(BaseModel):
    """What `begin_image_version` did. `taken`: the number belongs to another source, and nothing was written."""

    outcome: str
    version_id: ImageVersionId
    operation_url: str | None = None


class PublishRequest(BaseModel):
    """The input of `publish_version`: a caller may demand a version, the first gallery's number is preferred."""

    image: ManagedImage
    spec: VersionSpec
    wanted_version: str | None = None
    preferred_version: str | None = None


class VersionsRequest(BaseModel):
    """The input of `list_image_versions`: which numbers are gone, and does one hold this image already?"""

    definition: ImageDefinitionId
    image: ManagedImage


class DefinitionVersions(BaseModel):
    """The numbers that a definition shows: `held` holds the image's content already, `taken` something else."""

    held: str | None = None
    taken: list[str] = []


Step = Literal["created", "updated", "adopted", "taken"]


class NextWrite(NamedTuple):
    """What is to be done; `missing` are the regions that an update adds."""

    step: Step
    missing: list[TargetRegion]


def next_write(existing: ImageVersion | None, spec: VersionSpec) -> NextWrite:
    """Decide so that asking twice writes once: a version's source is fixed, and nothing is written over another's.

    Raises:
        NotYetError: regions are missing, but the version is still being worked on; two writers would drop regions.
    """
    if existing is None:
        return NextWrite("created", [])
    if existing.provisioning_state == "Deleting":
        raise NotYetError(f"version {existing.id.name} is being deleted")
    if not _same_content(existing, spec):
        return NextWrite("taken", [])
    if existing.provisioning_state == "Failed":
        # the documentation's advice for a version that failed is to ask for it again
        return NextWrite("created", [])
    served = {region.name for region in existing.target_regions}
    missing = [region for region in spec.regions if region.name not in served]
    if not missing:
        return NextWrite("adopted", [])
    if existing.provisioning_state != "Succeeded":
        raise NotYetError(
            f"version {existing.id.name} is in provisioning state {existing.provisioning_state}"
        )
    return NextWrite("updated", missing)


def taken_meanwhile(error: ArmError) -> bool:
    """Whether a write was refused because another source has got the number since it was looked at."""
    return error.code == "PropertyChangeNotAllowed"


def _same_content(existing: ImageVersion, spec: VersionSpec) -> bool:
    if FINGERPRINT_TAG in existing.tags:
        return all(existing.tags.get(tag) == spec.tags.get(tag) for tag in (FINGERPRINT_TAG, MIGRATION_TAG))
    return (existing.source or "").lower() == spec.source.lower()
