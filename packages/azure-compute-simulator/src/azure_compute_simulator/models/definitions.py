"""Image definitions. Almost all of their properties are fixed at creation."""

import re
from typing import Any, ClassVar

from azure_compute_simulator.errors import (
    ConflictError,
    InvalidParameterError,
    PropertyChangeNotAllowedError,
)
from azure_compute_simulator.models.galleries import check_no_children
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import date_value, enum_value, without_empty
from azure_compute_simulator.resource_ids import ResourceId

_NAME = re.compile(r"(?=.{1,80}$)[^_\W][\w\-.]{0,79}(?<![-.])", re.ASCII)
_LENGTHS = {"publisher": 128, "offer": 64, "sku": 64}
_ENUMS = {
    "osType": ("Windows", "Linux"),
    "osState": ("Generalized", "Specialized"),
    "hyperVGeneration": ("V1", "V2"),
    "architecture": ("x64", "Arm64"),
}
_UPDATABLE = (
    "description",
    "endOfLifeDate",
    "recommended",
    "disallowed",
    "privacyStatementUri",
    "releaseNoteUri",
    "features",
    "allowUpdateImage",
)
_FIXED = ("osType", "osState", "hyperVGeneration", "architecture", "eula")
_FIXED_PARTS = {
    "identifier": ("publisher", "offer", "sku"),
    "purchasePlan": ("name", "publisher", "product"),
}
# documented: with allowUpdateImage, features can change from this api-version on
_FEATURES_CHANGE_SINCE = "2024-03-03"
_ARCHITECTURE_SHOWN_SINCE = "2021-10-01"


class ImageDefinitions(ResourceType):
    """`Microsoft.Compute/galleries/images`."""

    type = "Microsoft.Compute/galleries/images"
    operations = "capsOperations"
    seconds: ClassVar[dict[str, float]] = {"create": 0.2, "update": 0.2, "delete": 0.2}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a definition. Generation V1 and architecture x64 are the defaults (recorded)."""
        if not _NAME.fullmatch(resource_id.name):
            raise InvalidParameterError(
                f"The gallery image name '{resource_id.name}' is invalid. It may have at most 80 letters, digits, "
                "underscores, hyphens and periods, begins with a letter or a digit and does not end with a "
                "hyphen or a period.",
                target="galleryImageName",
            )
        sent = _normalized(request.properties)
        _check_values(sent)
        self._check_identifier_is_free(resource_id, sent["identifier"])
        properties = {"hyperVGeneration": "V1", "architecture": "x64"} | sent
        return self.new_resource(resource_id, request, location, properties)

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties that may change. Raises PropertyChangeNotAllowedError for the others."""
        sent = _normalized(request.properties)
        _check_fixed(resource.properties, sent, request.api_version)
        resource.properties |= {name: sent[name] for name in _UPDATABLE if name in sent}

    def check_delete(self, resource: Resource) -> None:
        """Refuses to delete a definition that still has versions."""
        check_no_children(self.azure, resource)

    def render_properties(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - a definition has nothing to expand
        """Drops the architecture for api-versions that do not have it (recorded)."""
        if api_version < _ARCHITECTURE_SHOWN_SINCE:
            del properties["architecture"]
        return properties

    def _check_identifier_is_free(self, resource_id: ResourceId, identifier: Json) -> None:
        gallery = resource_id.parent
        assert gallery is not None  # noqa: S101 - a definition has a gallery
        wanted = _identity(identifier)
        for other in self.azure.children(gallery, self.type):
            if _identity(other.properties["identifier"]) == wanted:
                publisher, offer, sku = (identifier[part] for part in _LENGTHS)
                raise ConflictError(
                    f"Gallery image: {other.id.name} identified by (publisher:{publisher}, offer:{offer}, "
                    f"sku:{sku}) already exists. Choose a different publisher, offer, sku combination."
                )


def _identity(identifier: Json) -> tuple[str, ...]:
    return tuple(identifier[part].lower() for part in _LENGTHS)


def _normalized(properties: Json) -> Json:
    """Returns the properties as the service echoes them: empty values dropped, features and dates rewritten."""
    kept: Json = without_empty(properties)
    kept.pop("provisioningState", None)
    for feature in kept.get("features", []):
        if str(feature.get("value")).lower() in ("true", "false"):
            feature["value"] = str(feature["value"]).capitalize()
    if "endOfLifeDate" in kept:
        kept["endOfLifeDate"] = date_value(kept["endOfLifeDate"], "properties.endOfLifeDate")
    enums = {
        name: enum_value(kept[name], _ENUMS[name], f"properties.{name}") for name in _ENUMS if name in kept
    }
    return kept | enums


def _check_values(sent: Json) -> None:
    for name in ("osType", "osState", "identifier"):
        if name not in sent:
            raise InvalidParameterError(
                f"Required parameter 'galleryImage.properties.{name}' is missing (null).",
                target=f"galleryImage.properties.{name}",
            )
    for part, longest in _LENGTHS.items():
        _check_identifier_part(part, sent["identifier"].get(part), longest)


def _check_identifier_part(part: str, value: Any, longest: int) -> None:
    target = f"galleryImage.properties.identifier.{part}"
    if not value:
        raise InvalidParameterError(f"Required parameter '{target}' is missing (null).", target=target)
    if len(value) > longest or value.endswith("."):
        raise InvalidParameterError(
            f"The value of parameter {target} is invalid: it may have at most {longest} characters and does not "
            "end with a period.",
            target=target,
        )


def _check_fixed(existing: Json, sent: Json, api_version: str) -> None:
    for name in _FIXED:
        if name in sent and sent[name] != existing.get(name):
            raise PropertyChangeNotAllowedError(f"galleryImage.properties.{name}")
    for name, parts in _FIXED_PARTS.items():
        for part in parts if name in sent else ():
            if sent[name].get(part) != existing.get(name, {}).get(part):
                raise PropertyChangeNotAllowedError(f"galleryImage.properties.{name}.{part}")
    features_may_change = api_version >= _FEATURES_CHANGE_SINCE and (
        sent.get("allowUpdateImage") or existing.get("allowUpdateImage")
    )
    if "features" in sent and sent["features"] != existing.get("features") and not features_may_change:
        raise PropertyChangeNotAllowedError("galleryImage.properties.features")
