"""Where an image version came from: the tags that Gallerist writes, and how it recognises an image's version."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from domain.about import VERSION
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.resources.versions import Version

MIGRATION_ID_PREFIX = "migration-"
SOURCE_TAG = "gallerist-source"
FINGERPRINT_TAG = "gallerist-fingerprint"
MIGRATION_TAG = "gallerist-migration"
STARTED_BY_TAG = "gallerist-started-by"
RULE_TAG = "gallerist-rule"
CREATED_TAG = "gallerist-created"
RELEASE_TAG = "gallerist-release"
GROUP_TAG = "gallerist-source-group"
_OWN_TAGS = "gallerist"
# documented: limits of a resource's tags
MOST_TAGS = 50
LONGEST_TAG_NAME = 512
LONGEST_TAG_VALUE = 256


def migration_id(image: ImageId) -> str:
    """Returns the instance id of an image's migration: one per image, whatever the case of its id."""
    return MIGRATION_ID_PREFIX + hashlib.sha256(image.key.encode()).hexdigest()[:32]


def is_own_tag(name: str) -> bool:
    """Whether a tag's name is one that Gallerist keeps for itself."""
    return name.lower().startswith(_OWN_TAGS)


def version_tags(
    image: ManagedImage, started_by: str, rule: str, now: datetime, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Returns a version's tags: its provenance, those that the policy chose, and what fits of the image's own."""
    provenance = {
        SOURCE_TAG: str(image.id),
        FINGERPRINT_TAG: image.fingerprint,
        STARTED_BY_TAG: started_by,
        **_written_by(image, rule, now),
    }
    return _fitting(provenance, wanted_tags(image, chosen or {}))


def definition_tags(
    image: ManagedImage, rule: str, now: datetime, chosen: Mapping[str, str], *, owned: bool
) -> dict[str, str]:
    """Returns the tags of a definition that is created for the image, like those of its version.

    An `owned` definition says which resource group's images it is for.
    """
    owner = {GROUP_TAG: source_group(image.id)} if owned else {}
    return _fitting(owner | _written_by(image, rule, now), wanted_tags(image, chosen))


def wanted_tags(image: ManagedImage, chosen: Mapping[str, str]) -> dict[str, str]:
    """Returns the policy's tags and, behind them, the image's own: the tags besides Gallerist's."""
    own = {name: value for name, value in sorted(image.tags.items()) if not is_own_tag(name)}
    return merge_tags(chosen, own)


def merge_tags(upper: Mapping[str, str], lower: Mapping[str, str]) -> dict[str, str]:
    """Returns `upper`, and of `lower` the tags that `upper` lacks; the names of tags ignore case (documented)."""
    names = {name.lower() for name in upper}
    return {**upper, **{name: value for name, value in lower.items() if name.lower() not in names}}


def source_group(image: ImageId) -> str:
    """Returns the id of the image's resource group."""
    return f"/subscriptions/{image.subscription}/resourceGroups/{image.resource_group}"


def created_for_another_group(existing: ImageDefinition, wanted: ImageDefinition) -> bool:
    """Whether both definitions are for the images of one resource group, and not of the same."""
    group, own = existing.tags.get(GROUP_TAG), wanted.tags.get(GROUP_TAG)
    return bool(group and own and group.lower() != own.lower())


def _written_by(image: ManagedImage, rule: str, now: datetime) -> dict[str, str]:
    return {
        MIGRATION_TAG: migration_id(image.id),
        RULE_TAG: rule,
        CREATED_TAG: now.astimezone(UTC).isoformat(timespec="seconds"),
        RELEASE_TAG: VERSION,
    }


def _fitting(provenance: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    """Returns the provenance, and of the wanted tags the first ones that fit beside it."""
    room = MOST_TAGS - len(provenance)
    tags = dict(list(wanted.items())[:room]) | provenance
    return {name: value[:LONGEST_TAG_VALUE] for name, value in tags.items()}


def version_made_from(image: ManagedImage, versions: Iterable[ImageVersion]) -> ImageVersion | None:
    """Returns the highest version that already holds the image's content; None if there is none.

    The tags of a version that Gallerist created identify its content. A version that was created by hand from
    the image counts if it was published after the image was created: an image that was deleted and created
    again is younger than such a version. A version that is being deleted never counts.
    """
    candidates = sorted(versions, key=lambda version: Version.parse(version.id.name), reverse=True)
    return next((version for version in candidates if _holds(version, image)), None)


def _holds(version: ImageVersion, image: ManagedImage) -> bool:
    if version.provisioning_state == "Deleting":
        return False
    if FINGERPRINT_TAG in version.tags:
        return (version.tags.get(MIGRATION_TAG), version.tags[FINGERPRINT_TAG]) == (
            migration_id(image.id),
            image.fingerprint,
        )
    if (version.source or "").lower() != image.id.key:
        return False
    return bool(image.created_at and version.published_at and version.published_at >= image.created_at)
