"""Publication of one version under its number: what to write, given what the gallery already holds."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.arm_errors import FAILED_VERSION, UNKNOWN, diagnose
from domain.errors import ArmError, NotYetError
from domain.migration.replication import ExpectedVersion
from domain.planning.facts import planned_number
from domain.planning.numbering import DefinitionVersions
from domain.planning.targets import TargetPlan
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageVersion, PublishedRegion
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.operations import OperationUrl
from domain.resources.provenance import FINGERPRINT_TAG, MIGRATION_TAG, made_by_gallerist
from domain.results import Failure

# the code of a failure that no retry resolves: the number belongs to another source
VERSION_TAKEN = "VersionTaken"
# the code of an error that no retry resolves either: the definition is for the images of another resource group
DEFINITION_TAKEN = "DefinitionOfAnotherGroup"

# the code of a failure of a version that Azure neither finishes nor writes again
VERSION_FAILED = "VersionFailed"

WriteOutcome = Literal["created", "updated", "adopted", "taken", "unwritable"]


def ledger_key(definition: ImageDefinitionId) -> str:
    """The key of a definition's version ledger. Hashed, since entity keys allow no slashes."""
    return hashlib.sha256(definition.key.encode()).hexdigest()


class PublishRequest(BaseModel):
    """The input of `publish_version`.

    `wanted_version` is the number the caller asks for, `preferred_version` the same content's in the first gallery.
    `copied_from` are the versions of the image in other galleries, `has_bin` says that the gallery has soft delete.
    `numbers` are those that the plan found in the definition at `planned_at`.
    """

    image: ManagedImage
    spec: VersionSpec
    numbers: DefinitionVersions | None = None
    planned_at: datetime | None = None
    wanted_version: str | None = None
    preferred_version: str | None = None
    copied_from: list[ImageVersionId] = []
    has_bin: bool = False


class Source(NamedTuple):
    """What versions are made from: the managed image, or the version of it in the first gallery.

    `facts` are those of the plan that is carried out, if it is to be exactly that one: its numbers, and no others.
    """

    image: ManagedImage
    wanted_version: str | None = None
    version: ImageVersionId | None = None
    facts: Mapping[str, str] = MappingProxyType({})

    def copied_from(self, version: ImageVersionId) -> "Source":
        """The same content, copied from this version."""
        return self._replace(version=version)

    def request(self, plan: TargetPlan) -> PublishRequest:
        """The request to publish the content as the plan's version."""
        return PublishRequest(
            image=self.image,
            spec=plan.version.made_from(self.version) if self.version else plan.version,
            wanted_version=self.wanted_version or planned_number(self.facts, plan.definition.id.gallery),
            preferred_version=self.version.name if self.version else None,
            copied_from=[*plan.copied_from, *([self.version] if self.version else [])],
            has_bin=plan.has_bin,
            # the copies are made hours after the plan
            numbers=None if self.version else plan.numbers,
            planned_at=plan.planned_at,
        )


class Publication(BaseModel):
    """What `begin_image_version` did, and what the version must show from now on.

    With `taken`, nothing was written: the number belongs to another source. With `unwritable` neither: Gallerist's own
    version under this number has failed, and Azure refused to write it again with `failure`.
    """

    outcome: WriteOutcome
    version_id: ImageVersionId
    operation_url: OperationUrl | None = None
    expected: ExpectedVersion | None = None
    failure: Failure | None = None
    warnings: list[str] = []


class VersionsRequest(BaseModel):
    """The input of `list_image_versions`."""

    definition: ImageDefinitionId
    image: ManagedImage
    copied_from: list[ImageVersionId] = []
    has_bin: bool = False


class NextWrite(NamedTuple):
    """The write to make; `regions` are those that an update adds, or all of those that a version is created with."""

    outcome: WriteOutcome
    regions: Sequence[PublishedRegion]


def next_write(existing: ImageVersion | None, spec: VersionSpec) -> NextWrite:
    """Decides the write, so that a repeated call writes once. A version of another source is never written over.

    Raises:
        NotYetError: the version is being deleted, or it lacks regions while Azure still works on it. A second
            writer would drop regions.
    """
    if existing is None:
        return NextWrite("created", spec.regions)
    if existing.provisioning_state == "Deleting":
        raise NotYetError(f"version {existing.id.name} is being deleted")
    if not _same_content(existing, spec):
        return NextWrite("taken", [])
    if existing.provisioning_state == "Failed":
        return _repeated(existing, spec) if made_by_gallerist(existing) else NextWrite("taken", [])
    served = {region.name for region in existing.target_regions}
    missing = [region for region in spec.regions if region.name not in served]
    if not missing:
        return NextWrite("adopted", [])
    if existing.provisioning_state != "Succeeded":
        raise NotYetError(
            f"version {existing.id.name} is in provisioning state {existing.provisioning_state}"
        )
    return NextWrite("updated", missing)


def _repeated(existing: ImageVersion, spec: VersionSpec) -> NextWrite:
    """Documented: repeat the request for a version that failed. Its regions stay: Azure refuses to drop them."""
    wanted = {region.name for region in spec.regions}
    kept = [region for region in existing.target_regions if region.name not in wanted]
    return NextWrite("created", [*spec.regions, *kept])


def number_was_taken(error: ArmError) -> bool:
    """Whether Azure refused the write because another source got the number after the last read."""
    return error.code == "PropertyChangeNotAllowed"


def cannot_be_rewritten(error: ArmError) -> bool:
    """Whether Azure refuses to write a failed version again, rather than this identity or this request."""
    return error.status == HTTPStatus.CONFLICT and diagnose(error) in (UNKNOWN, FAILED_VERSION)


def no_number(message: str, fix: str | None = None) -> Failure:
    """The failure of an image for which no number is free."""
    return Failure(
        code=VERSION_TAKEN,
        message=message,
        cause="A version's source never changes and an image is published once, so Gallerist overwrites no version.",
        fix=fix or "Give another 'version' in the request, or name another definition with 'definition'.",
    )


def failed_for_good(version: ImageVersionId, refusal: Failure) -> Failure:
    """The failure of an image whose only acceptable number has a failed version that cannot be written again."""
    return Failure(
        code=VERSION_FAILED,
        message=f"version {version} has failed and cannot be written again: {refusal.message}",
        http_status=refusal.http_status,
        cause=FAILED_VERSION.cause,
        fix=f"Delete {version}, which Gallerist made and which holds nothing usable, and start the migration again; or "
        "give another 'version' in the request.",
    )


def left_behind(version: ImageVersionId) -> str:
    """The warning about a failed version that another number replaces."""
    return (
        f"version {version} has failed and cannot be written again, so the image gets another number; Gallerist made "
        "the failed version, and it may be deleted"
    )


def _same_content(existing: ImageVersion, spec: VersionSpec) -> bool:
    """Whether the version under the reserved number was made from the same source with the same content.

    Somebody may have removed the tags. A version older than the image was made from another one of its name.
    """
    source = (existing.source or "").lower()
    if source and source == (spec.held_source or "").lower():
        return True
    fingerprint = existing.tags.get(FINGERPRINT_TAG)
    if fingerprint not in (None, spec.tags.get(FINGERPRINT_TAG)):
        return False
    created, published = spec.source_created_at, existing.published_at
    if created and published and published < created:
        return False
    if source == spec.source.lower():
        return True
    # another copy of the same image, as its tags say
    same_migration = existing.tags.get(MIGRATION_TAG) == spec.tags.get(MIGRATION_TAG)
    return same_migration and fingerprint is not None
