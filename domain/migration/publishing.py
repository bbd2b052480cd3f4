"""Publication of one version under its number: what to write, given what the gallery already holds."""

import hashlib
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.errors import ArmError, NotYetError
from domain.migration.results import Failure
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.provenance import FINGERPRINT_TAG, MIGRATION_TAG

# the code of a failure that no retry resolves: the number belongs to another source
VERSION_TAKEN = "VersionTaken"

WriteOutcome = Literal["created", "updated", "adopted", "taken"]


def ledger_key(definition: ImageDefinitionId) -> str:
    """The key of a definition's version ledger. Hashed, since entity keys allow no slashes."""
    return hashlib.sha256(definition.key.encode()).hexdigest()


class PublishRequest(BaseModel):
    """The input of `publish_version`.

    `wanted_version` is the number the caller asks for, `preferred_version` the same content's in the first gallery.
    """

    image: ManagedImage
    spec: VersionSpec
    wanted_version: str | None = None
    preferred_version: str | None = None


class Source(NamedTuple):
    """What versions are made from: the managed image, or the version of it in the first gallery."""

    image: ManagedImage
    wanted_version: str | None = None
    version: ImageVersionId | None = None

    def copied_from(self, version: ImageVersionId) -> "Source":
        """The same content, copied from this version."""
        return self._replace(version=version)

    def request(self, spec: VersionSpec) -> PublishRequest:
        """The request to publish the content as this version."""
        return PublishRequest(
            image=self.image,
            spec=spec.made_from(self.version) if self.version else spec,
            wanted_version=self.wanted_version,
            preferred_version=self.version.name if self.version else None,
        )


class Publication(BaseModel):
    """What `begin_image_version` did. With `taken`, nothing was written: the number belongs to another source."""

    outcome: WriteOutcome
    version_id: ImageVersionId
    operation_url: str | None = None


class VersionsRequest(BaseModel):
    """The input of `list_image_versions`."""

    definition: ImageDefinitionId
    image: ManagedImage


class DefinitionVersions(BaseModel):
    """The numbers in a definition: `held` is the version with the image's content, `taken` are all others."""

    held: str | None = None
    taken: list[str] = []


class NextWrite(NamedTuple):
    """The write to make; `missing` are the regions that an update adds."""

    outcome: WriteOutcome
    missing: list[TargetRegion]


def next_write(existing: ImageVersion | None, spec: VersionSpec) -> NextWrite:
    """Decides the write, so that a repeated call writes once. A version of another source is never written over.

    Raises:
        NotYetError: the version is being deleted, or it lacks regions while Azure still works on it. A second
            writer would drop regions.
    """
    if existing is None:
        return NextWrite("created", [])
    if existing.provisioning_state == "Deleting":
        raise NotYetError(f"version {existing.id.name} is being deleted")
    if not _same_content(existing, spec):
        return NextWrite("taken", [])
    if existing.provisioning_state == "Failed":
        # documented: repeat the request for a version that failed
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


def number_was_taken(error: ArmError) -> bool:
    """Whether Azure refused the write because another source got the number after the last read."""
    return error.code == "PropertyChangeNotAllowed"


def no_number(message: str) -> Failure:
    """The failure of an image for which no number is free."""
    return Failure(
        code=VERSION_TAKEN,
        message=message,
        cause="A version's source never changes and an image is published once, so Gallerist overwrites no version.",
        fix="Request another version, correct the image's name or tag that sets it, or leave the choice to Gallerist.",
    )


def _same_content(existing: ImageVersion, spec: VersionSpec) -> bool:
    if FINGERPRINT_TAG in existing.tags:
        return all(existing.tags.get(tag) == spec.tags.get(tag) for tag in (FINGERPRINT_TAG, MIGRATION_TAG))
    return (existing.source or "").lower() == spec.source.lower()
