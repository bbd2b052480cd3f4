"""Checks of a gallery that is shared: whom its versions reach, and what it cannot hold."""

from domain.planning.checks.check import Check, failed, passed, warned
from domain.resources.galleries import Gallery, TargetRegion
from domain.resources.images import ManagedImage, PurchasePlan

_ANOTHER_GALLERY = "name a private gallery in the policy or in the request"


def check_sharing(
    image: ManagedImage, gallery: Gallery, regions: list[TargetRegion], plan: PurchasePlan | None
) -> list[Check]:
    """Checks a gallery that is shared with subscriptions, tenants or everybody (documented: what that excludes)."""
    name = f"sharing of gallery {gallery.id.name}"
    sharing = gallery.sharing.lower()
    if sharing == "private":
        return []
    if any(region.disk_encryption_set for region in regions):
        return [
            failed(
                name,
                f"gallery {gallery.id.name} is shared ({gallery.sharing}) and can hold no version "
                "that a customer's key encrypts",
                f"{_ANOTHER_GALLERY}, or take the disk encryption sets from the regions",
            )
        ]
    if sharing != "community":
        return [passed(name, f"shared ({gallery.sharing}): others can create VMs from the version")]
    checks = [
        warned(
            name,
            f"gallery {gallery.id.name} is a community gallery: everybody in Azure can create VMs from the version",
            _ANOTHER_GALLERY,
        )
    ]
    if image.location != gallery.location:
        checks.append(
            warned(
                name,
                f"the version will be in {image.location}, the image's own region, and the community sees only "
                f"what is in the gallery's region {gallery.location}",
                f"name a gallery in {image.location}",
            )
        )
    if plan is not None:
        checks.append(
            warned(
                name,
                "the image has a marketplace purchase plan, and images of marketplace partners cannot be published "
                "to the community",
                _ANOTHER_GALLERY,
            )
        )
    return checks
