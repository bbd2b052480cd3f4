"""The check of the image's creation time, which only ARM's list of resources has."""

from collections.abc import Sequence

from domain.planning.checks.check import Check, passed, warned
from domain.resources.galleries import ImageVersion
from domain.resources.images import ManagedImage


def check_creation_time(image: ManagedImage, older: Sequence[ImageVersion]) -> Check:
    """Warns if the time is unknown, or if it alone tells the image apart from the `older` versions."""
    name = "creation time"
    if image.created_at is None:
        return warned(
            name,
            "Azure's list of resources does not have the image, so its creation time is unknown: no rule about its age "
            "fits it, and a version with the same disks counts as this image",
            "none is needed if the image was not deleted and created again from the same disks; otherwise wait until "
            "the list has it",
        )
    if older:
        numbers = ", ".join(version.id.name for version in older)
        return warned(
            name,
            f"the image was created {image.created_at.isoformat()}, after the version with the same disks ({numbers}) "
            "was published, so it counts as another image; the migration reads this time twice before it publishes",
            "none is needed: if Azure's list of resources corrects the time, no version is published",
        )
    return passed(name, f"{image.created_at.isoformat()}")
