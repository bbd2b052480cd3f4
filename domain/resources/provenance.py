"""Where an image version came from: the tags that Gallerist writes, and how it recognises an image's version."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.about import VERSION
from domain.resources.galleries import ImageVersion
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
# documented: limits of a resource's tags
MOST_TAGS = 50
LONGEST_TAG_VALUE = 256


def migration_id(image: ImageId) -> str:
    """Returns the instance id of an image's migration: one per image, whatever the case of its id."""
    return MIGRATION_ID_PREFIX + hashlib.sha256(image.key.encode()).hexdigest()[:32]


def version_tags(image: ManagedImage, started_by: str, rule: str, now: datetime) -> dict[str, str]:
    """Returns a version's tags: its provenance, and as many of the image's own tags as fit."""
    provenance = {
        SOURCE_TAG: str(image.id),
        FINGERPRINT_TAG: image.fingerprint,
        MIGRATION_TAG: migration_id(image.id),
        STARTED_BY_TAG: started_by,
        RULE_TAG: rule,
        CREATED_TAG: now.astimezone(UTC).isoformat(timespec="seconds"),
        RELEASE_TAG: VERSION,
    }
    own = [
        (key, value) for key, value in sorted(image.tags.items()) if not key.lower().startswith("gallerist")
    ]
    room = MOST_TAGS - len(provenance)
    return dict(own[:room]) | {key: value[:LONGEST_TAG_VALUE] for key, value in provenance.items()}


def version_made_from(image: ManagedImage, versions: Iterable[ImageVersion]) -> ImageVersion | None:
    """Returns the highest version that already holds the image's content; None if there is none.

    The tags of a version that Gallerist created identify its content. A version that was created by hand from
    the image counts if it was published after the image was created: an image that was deleted and created
    again is younger than such a version. A version that is being deleted never counts. A name that is no number comes
    last.
    """
    candidates = sorted(versions, key=_number, reverse=True)
    return next((version for version in candidates if _holds(version, image)), None)


def _number(version: ImageVersion) -> Version:
    return Version.of_name(version.id.name) or Version(-1, 0, 0)


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
