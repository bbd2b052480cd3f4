"""Checks of what a target gallery allows: permissions, room, identity, number. The rest is in `checks`."""

from pydantic import BaseModel

from domain.planning.checks.check import Check
from domain.planning.numbering import Reserved
from domain.resources.ids import GalleryId, ResourceId
from domain.resources.permissions import Permission, missing_actions


def missing_gallery(gallery: GalleryId) -> Check:
    """The check that fails where the policy names a gallery that is not there."""
    return Check(
        name="gallery",
        verdict="failed",
        detail=f"the gallery {gallery} does not exist, or Gallerist's identity may not read it",
        fix="create the gallery and give the identity its role there, or name another one in the policy",
    )


# documented, for a subscription and a region
MOST_DEFINITIONS, MOST_VERSIONS = 1_000, 10_000
# from here on it is told that there is little room left
_NEARLY_FULL = 0.9


class Usage(BaseModel):
    """How many image definitions and image versions a subscription has, by region; None where ARM does not say."""

    definitions: dict[str, int] | None = None
    versions: dict[str, int] | None = None


def check_permissions(
    scope: ResourceId, permissions: list[Permission] | None, needed: tuple[str, ...]
) -> Check:
    """Whether the identity has every action that is needed at the scope; None where ARM does not say."""
    name = f"permissions on {scope.kind} {scope.name}"
    if permissions is None:
        return Check(
            name=name,
            verdict="warned",
            detail=f"what Gallerist's identity may do at {scope} cannot be read",
            fix="give the identity Microsoft.Authorization/permissions/read there to have it looked at beforehand",
        )
    missing = missing_actions(permissions, needed)
    if missing:
        actions = ", ".join(missing)
        return Check(
            name=name,
            verdict="failed",
            detail=f"Gallerist's identity lacks {actions} at {scope}",
            fix=f"give the identity a role with {actions} at {scope}, and a few minutes for it to take effect",
        )
    return Check(name=name, verdict="passed", detail=f"all {len(needed)} actions are given")


def check_room(kind: str, limit: int, used: dict[str, int] | None, region: str, *, needs_one: bool) -> Check:
    """Whether one more definition or version (`kind`) has room in a region of the gallery's subscription."""
    name = f"limit of {kind}"
    if not needs_one:
        return Check(name=name, verdict="passed", detail="nothing is added")
    if used is None:
        detail = (
            f"how many {kind} the gallery's subscription has cannot be read; {limit} are allowed per region"
        )
        fix = (
            "give the identity Microsoft.Resources/subscriptions/resources/read on the gallery's subscription"
        )
        return Check(name=name, verdict="warned", detail=detail, fix=fix)
    count = used.get(region, 0)
    detail = f"{count} of {limit} in {region}"
    if count < limit * _NEARLY_FULL:
        return Check(name=name, verdict="passed", detail=detail)
    fix = f"delete {kind} that nobody uses, or name a gallery in another subscription"
    return Check(name=name, verdict="failed" if count >= limit else "warned", detail=detail, fix=fix)


def check_version(reserved: Reserved, *, held: bool) -> Check:
    """Whether there is a number for the version; a version that holds the image already is taken up."""
    if reserved.version is None:
        return Check(
            name="version",
            verdict="failed",
            detail=reserved.refused or "there is no number left",
            fix="ask for another version, or leave the number to Gallerist",
        )
    detail = (
        f"{reserved.version} holds this image already and is taken up"
        if held
        else f"{reserved.version}, unless another migration takes the number first"
    )
    return Check(name="version", verdict="passed", detail=detail)
