"""Galleries: names, uniqueness, deletion. Their contents are in definitions.py and versions.py."""

import re
import uuid
from typing import ClassVar

from azure_compute_simulator.errors import CannotDeleteResourceError, ConflictError, InvalidParameterError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.resource_ids import ResourceId

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.]{0,78}[A-Za-z0-9])?")
_UPDATABLE = ("description", "sharingProfile", "softDeletePolicy")


class Galleries(ResourceType):
    """`Microsoft.Compute/galleries`."""

    type = "Microsoft.Compute/galleries"
    operations = "capsOperations"
    seconds: ClassVar[dict[str, float]] = {"create": 0.2, "update": 0.2, "delete": 0.1}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a gallery. A location is all that the request needs (recorded)."""
        self._check_name(resource_id)
        unique_name = f"{resource_id.subscription}-{resource_id.name.upper()}"
        properties = _updatable(request, {}) | {"identifier": {"uniqueName": unique_name}}
        return self.new_resource(resource_id, request, location, properties)

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties that may change."""
        resource.properties |= _updatable(request, resource.properties)

    def check_delete(self, resource: Resource) -> None:
        """Refuses to delete a gallery that still has definitions."""
        check_no_children(self.azure, resource)

    def _check_name(self, resource_id: ResourceId) -> None:
        if not _NAME.fullmatch(resource_id.name):
            raise InvalidParameterError(
                f"The gallery name '{resource_id.name}' is invalid. It may have at most 80 letters, digits, "
                "underscores and periods, and begins and ends with a letter or a digit.",
                target="galleryName",
            )
        for other in self.azure.of_type(self.type, resource_id.subscription):
            if other.id.name.lower() == resource_id.name.lower():
                raise ConflictError(
                    f"The gallery name {resource_id.name} is not unique within the subscription "
                    f"{resource_id.subscription}. Please pick another gallery name"
                )


def check_no_children(azure: Azure, resource: Resource) -> None:
    """Raises CannotDeleteResourceError, listing the children, if the resource still has any."""
    nested = [child.id for child in azure.children(resource.id)]
    # documented (soft delete): "deleting a gallery or image definition with soft deleted resources isn't supported"
    nested = nested or [kept.version.id for kept in azure.bin.below(resource.id)]
    nested = nested or azure.recently_deleted_children(resource.id)
    if nested:
        raise CannotDeleteResourceError([id_.path for id_ in nested])


def _updatable(request: WriteRequest, existing: Json) -> Json:
    sent = without_empty(request.properties)
    found = {name: sent[name] for name in _UPDATABLE if name in sent}
    if str((found.get("sharingProfile") or {}).get("permissions")).lower() == "community":
        found["sharingProfile"] = _community_profile(found["sharingProfile"], existing)
    return found


def _community_profile(sent: Json, existing: Json) -> Json:
    """Returns the profile with a public name (recorded). It stays the same as long as its prefix does.

    `communityGalleryEnabled` becomes true by the action `share`, which is not simulated.
    """
    info = sent.get("communityGalleryInfo") or {}
    before = (existing.get("sharingProfile") or {}).get("communityGalleryInfo") or {}
    prefix = info.get("publicNamePrefix", "")
    same = before.get("publicNames") and before.get("publicNamePrefix", "") == prefix
    names = before["publicNames"] if same else [f"{prefix}-{uuid.uuid4()}"]
    return sent | {
        "communityGalleryInfo": info | {"communityGalleryEnabled": False, "publicNames": names},
    }
