"""Where an image version came from: the tags Gallerist writes, and how it recognises a version of an image."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.resources.versions import Version

MIGRATION_ID_PREFIX = "migration-"


def migration_id(image: ImageId) -> str:
    """The instance id of an image's migration: one per image, whatever the case of its id."""
    return MIGRATION_ID_PREFIX + hashlib.sha256(image.key.encode()).hexdigest()[:32]


# documented: tags of a resource
MOST_TAGS = 50
LONGEST_TAG_VALUE = 256
SOURCE_TAG = "gallerist-source"
FINGERPRINT_TAG = "gallerist-fingerprint"
MIGRATION_TAG = "gallerist-migration"
STARTED_BY_TAG = "gallerist-started-by"
RULE_TAG = "gallerist-rule"
CREATED_TAG = "gallerist-created"


def version_made_from(image: ManagedImage, versions: Iterable[ImageVersion]) -> ImageVersion | None:
    """The version among these that already holds this very content of the image, if there is one.

    A version that Gallerist made says so in its tags. One that was made by hand from the same image is taken for
    the same content if it was published after the image was created (a re-created image is younger). One that is
    being deleted holds nothing any more.
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


def version_tags(image: ManagedImage, started_by: str, rule: str, now: datetime) -> dict[str, str]:
    """The tags of a version: the image's own (as many as fit), and what tells where the version comes from."""
    lineage = {
        SOURCE_TAG: str(image.id),
        FINGERPRINT_TAG: image.fingerprint,
        MIGRATION_TAG: migration_id(image.id),
        STARTED_BY_TAG: started_by,
        RULE_TAG: rule,
        CREATED_TAG: now.astimezone(UTC).isoformat(timespec="seconds"),
    }
    room = MOST_TAGS - len(lineage)
    own = [
        (key, value) for key, value in sorted(image.tags.items()) if not key.lower().startswith("gallerist")
    ]
    return dict(own[:room]) | {key: value[:LONGEST_TAG_VALUE] for key, value in lineage.items()}
