"""Galleries: names, uniqueness, deletion. What they hold is in definitions.py and versions.py."""

import re
from typing import ClassVar

from azure_compute_simulator.errors import CannotDeleteResourceError, ConflictError, InvalidParameterError
from azure_compute_simulator.models.kinds import Kind, Request
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.resource_ids import ResourceId

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.]{0,78}[A-Za-z0-9])?")
_UPDATABLE = ("description", "sharingProfile", "softDeletePolicy")


class Galleries(Kind):
    """`Microsoft.Compute/galleries`."""

    type = "Microsoft.Compute/galleries"
    operations = "capsOperations"
    seconds: ClassVar[dict[str, float]] = {"create": 0.2, "update": 0.2, "delete": 0.1}

    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A gallery; its request may be a location alone (recorded)."""
        self._check_name(resource_id)
        unique_name = f"{resource_id.subscription}-{resource_id.name.upper()}"
        properties = _updatable(request) | {"identifier": {"uniqueName": unique_name}}
        return self.new(resource_id, request, location, properties)

    def change(self, resource: Resource, request: Request) -> None:
        """Replace what may be replaced."""
        resource.properties |= _updatable(request)

    def check_delete(self, resource: Resource) -> None:
        """A gallery that still holds definitions cannot be deleted."""
        refuse_if_nested(self, resource)

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


def refuse_if_nested(kind: Kind, resource: Resource) -> None:
    """Raise CannotDeleteResourceError, naming what is nested, when the resource still holds others."""
    nested = [child.id for child in kind.azure.children(resource.id)] or kind.azure.ghosts(resource.id)
    if nested:
        raise CannotDeleteResourceError([id_.path for id_ in nested])


def _updatable(request: Request) -> Json:
    sent = without_empty(request.properties)
    return {name: sent[name] for name in _UPDATABLE if name in sent}
