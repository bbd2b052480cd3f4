"""Checks of a target gallery: whether it exists, the identity's permissions, free room, the version's number."""

from collections.abc import Iterable

from pydantic import BaseModel

from domain.planning.checks.check import Check, failed, passed, warned
from domain.planning.numbering import Reserved
from domain.resources.galleries import ImageVersion
from domain.resources.ids import GalleryId, ResourceId, does_not_exist
from domain.resources.permissions import Permission, missing_actions
from domain.resources.provenance import made_by_gallerist

# documented: limits of a subscription per region
MOST_DEFINITIONS, MOST_VERSIONS = 1_000, 10_000
# the share of a limit from which on a check warns
_NEARLY_FULL = 0.9


class Usage(BaseModel):
    """How many image definitions and image versions a subscription has, by region; None if ARM does not say."""

    definitions: dict[str, int] | None = None
    versions: dict[str, int] | None = None


def missing_gallery(gallery: GalleryId) -> Check:
    """Returns the failure of a gallery that does not exist or cannot be read."""
    return failed(
        "gallery",
        f"{does_not_exist(gallery)}, or Gallerist's identity cannot read it",
        "create the gallery and assign the Gallerist role there, or name another gallery in the policy",
    )


def check_permissions(
    scope: ResourceId, permissions: list[Permission] | None, needed: tuple[str, ...]
) -> Check:
    """Checks that the identity has every needed action; warns if its `permissions` could not be read (None)."""
    name = f"permissions on {scope.kind} {scope.name}"
    if permissions is None:
        return warned(
            name,
            f"the permissions of Gallerist's identity at {scope} cannot be read",
            "to have them checked, give the identity Microsoft.Authorization/permissions/read there",
        )
    missing = ", ".join(missing_actions(permissions, needed))
    if missing:
        return failed(
            name,
            f"Gallerist's identity lacks {missing} at {scope}",
            f"give the identity a role with {missing} at {scope}; it can take minutes to take effect",
        )
    return passed(name, "the identity has every required action")


def check_room(kind: str, limit: int, used: dict[str, int] | None, region: str, *, needs_one: bool) -> Check:
    """Checks that the region has room for one more definition or version (`kind`) in the gallery's subscription."""
    name = f"limit of {kind}"
    if not needs_one:
        return passed(name, f"no further {kind} are needed")
    if used is None:
        return warned(
            name,
            f"the {kind} of the gallery's subscription cannot be counted; the limit is {limit} per region",
            "give the identity Microsoft.Resources/subscriptions/resources/read on the gallery's subscription",
        )
    count = used.get(region, 0)
    detail = f"{count} of {limit} in {region}"
    fix = f"delete unused {kind}, or name a gallery in another subscription"
    if count >= limit:
        return failed(name, detail, fix)
    if count >= limit * _NEARLY_FULL:
        return warned(name, detail, fix)
    return passed(name, detail)


def check_replication_mode(held: ImageVersion | None) -> list[Check]:
    """Fails if the version that holds the image is shallow: no copy of it, in one region only (documented)."""
    if held is None or held.replication_mode.lower() != "shallow":
        return []
    return [
        failed(
            "replication mode",
            f"version {held.id.name} of this image is shallow: it is no copy of the image, and gets no further regions "
            "or replicas",
            f"delete version {held.id.name} when its tests are done, so that Gallerist can create a full one",
        )
    ]


def check_version(reserved: Reserved, held: ImageVersion | None) -> Check:
    """Checks that the version has a number; `held` is the version of this content that the gallery has."""
    name = "version"
    if reserved.version is None:
        return failed(
            name,
            reserved.refused or "there is no number left",
            reserved.fix or "give another 'version' in the request, or leave the number to Gallerist",
        )
    if held is None or held.id.name != reserved.version:
        return passed(name, f"{reserved.version}, unless another migration takes the number first")
    if held.provisioning_state == "Failed":
        return passed(name, f"{reserved.version} failed with this image and will be written again")
    return passed(name, f"{reserved.version} already holds this image and will be adopted")


def check_failed_versions(held: ImageVersion | None, made_from_image: Iterable[ImageVersion]) -> list[Check]:
    """Warns of each failed version of the image that is left as it is."""
    return [
        warned(
            "version",
            f"version {version.id.name} is made from this image, too, and has failed; Gallerist leaves it as it is",
            _removal_of_failed(version),
        )
        for version in made_from_image
        if version.provisioning_state == "Failed" and (held is None or version.id != held.id)
    ]


def _removal_of_failed(version: ImageVersion) -> str:
    if made_by_gallerist(version):
        return f"Gallerist made version {version.id.name} and does not need it: it may be deleted"
    return f"somebody else made version {version.id.name}: ask its owner what it is for"


def check_soft_deleted(gallery: GalleryId, soft_deleted: list[str] | None) -> list[Check]:
    """Warns where the soft-deleted versions of the definition cannot be read: their numbers look free."""
    if soft_deleted is not None:
        return []
    return [
        warned(
            "soft-deleted versions",
            f"the soft-deleted versions in gallery {gallery.name} cannot be read, and a write to one of their numbers "
            "brings it back; Gallerist notices that after the write and fails",
            "give 'version' in the request with a number that was never used",
        )
    ]
