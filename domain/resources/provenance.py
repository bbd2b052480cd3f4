"""Where an image version came from: the tags that Gallerist writes, and how it recognises an image's version."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from domain.about import VERSION
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageId, ImageVersionId
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


def made_by_gallerist(resource: ImageVersion | ImageDefinition) -> bool:
    """Whether Gallerist created the version or definition, by its tags. Without them it counts as somebody else's."""
    return MIGRATION_TAG in resource.tags


def version_made_from(
    image: ManagedImage, versions: Iterable[ImageVersion], copied_from: Iterable[ImageVersionId] = ()
) -> ImageVersion | None:
    """Returns the best version that already holds the image; None if there is none.

    A version that succeeded is better than one that is being made, and that is better than a failed one; of equals
    the highest is returned. `copied_from` are versions of the image in other galleries: their copies hold it, too.
    A failed version of somebody else is left alone, so it does not count.
    """
    found = versions_made_from(image, versions, copied_from)
    usable = [one for one in found if one.provisioning_state != "Failed" or made_by_gallerist(one)]
    return max(usable, key=_quality, default=None)


def version_ids_made_from(
    image: ManagedImage, galleries: Sequence[Iterable[ImageVersion]]
) -> set[ImageVersionId]:
    """Returns the versions of several galleries that hold the image, copies of each other among them."""
    known: set[ImageVersionId] = set()
    while True:
        found = {one.id for versions in galleries for one in versions_made_from(image, versions, known)}
        if found == known:
            return known
        known = found


def versions_made_from(
    image: ManagedImage, versions: Iterable[ImageVersion], copied_from: Iterable[ImageVersionId] = ()
) -> list[ImageVersion]:
    """Returns all versions that hold the image. One that is being deleted never counts.

    The source decides first, then the content, then the time. A version that Gallerist created carries the
    fingerprint of its content. A version without it, because somebody removed the tags or made it by hand, holds the
    image if it was published after the image was created: what has the image's id since then is this image.
    """
    keys = _keys(copied_from)
    return [version for version in versions if _holds(version, image, keys)]


def versions_apart_by_time(image: ManagedImage, versions: Iterable[ImageVersion]) -> list[ImageVersion]:
    """Returns the versions that would hold the image if it were older: only its listed creation time says otherwise.

    It may be wrong: ARM's list of resources shows a former time after an image was created again (reported by users).
    """
    return [
        version
        for version in versions
        if _may_hold(version, image, frozenset())
        and _is_older(version, image)
        and not _holds(version, image, frozenset())
    ]


def _quality(version: ImageVersion) -> tuple[int, Version]:
    # a name that is no number comes last
    number = Version.of_name(version.id.name) or Version(-1, 0, 0)
    return {"Succeeded": 2, "Failed": 0}.get(version.provisioning_state, 1), number


def _keys(versions: Iterable[ImageVersionId]) -> frozenset[str]:
    return frozenset(version.key for version in versions)


def _holds(version: ImageVersion, image: ManagedImage, copied_from: frozenset[str]) -> bool:
    if not _may_hold(version, image, copied_from):
        return False
    if _source(version) in copied_from or version.tags.get(FINGERPRINT_TAG) == image.dated_fingerprint:
        return True
    if image.created_at is None or version.published_at is None:
        # unknown ages cannot tell two images apart, and prove nothing about a version without a fingerprint
        return FINGERPRINT_TAG in version.tags
    return not _is_older(version, image)


def _may_hold(version: ImageVersion, image: ManagedImage, copied_from: frozenset[str]) -> bool:
    """Whether source and content are the image's, as far as the version shows them."""
    if version.provisioning_state == "Deleting":
        return False
    fingerprint = version.tags.get(FINGERPRINT_TAG)
    if fingerprint not in (None, image.fingerprint, image.dated_fingerprint):
        return False
    if _source(version) in {image.id.key, *copied_from}:
        return True
    # a copy of a version that is not known here: only its tags name the image
    is_copy = "/images/" in _source(version).partition("/galleries/")[2]
    named = version.tags.get(MIGRATION_TAG) == migration_id(image.id)
    return (is_copy or version.source is None) and named and fingerprint is not None


def _is_older(version: ImageVersion, image: ManagedImage) -> bool:
    """Whether the version was published before the image was created, as far as both times are known."""
    return bool(image.created_at and version.published_at and version.published_at < image.created_at)


def _source(version: ImageVersion) -> str:
    return (version.source or "").lower()
