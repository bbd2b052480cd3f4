"""Azure resource ids as parsed values: read once at the edge, compared without regard to case."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from domain.errors import ResourceIdError

_PROVIDER = "Microsoft.Compute"
SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RESOURCE_GROUP = re.compile(r"[\w.()-]{1,90}(?<!\.)")


@dataclass(frozen=True, slots=True, eq=False)
class ResourceId:
    """One resource of Microsoft.Compute; subclasses say of which type.

    Two ids are equal when they differ in case only: the service upper-cases resource groups in some
    lists and lower-cases them in events (recorded; documented in the Event Grid samples).
    """

    subscription: str
    resource_group: str
    names: tuple[str, ...]

    types: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[str] = "resource"
    # what a name of the last segment may look like; documented in the REST reference of each type
    name_pattern: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,78}\w)?", re.ASCII)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ARM resource id.

        Raises:
            ResourceIdError: it is not the id of a resource of this type; the message says why.
        """
        segments = text.strip().strip("/").split("/")
        head = [segment.lower() for segment in segments[0:6:2]]
        if head[:2] != ["subscriptions", "resourcegroups"] or head[2:] != ["providers"]:
            raise ResourceIdError(text, cls.kind, f"it does not have the form {cls._form()}")
        subscription, resource_group, provider = segments[1:6:2]
        types, names = tuple(segments[6::2]), tuple(segments[7::2])
        if "/".join((provider, *types)).lower() != cls.type_name().lower():
            raise ResourceIdError(
                text, cls.kind, f"its type is '{'/'.join((provider, *types))}', not '{cls.type_name()}'"
            )
        if len(names) != len(types):
            raise ResourceIdError(text, cls.kind, f"it does not have the form {cls._form()}")
        if not SUBSCRIPTION.fullmatch(subscription):
            raise ResourceIdError(text, cls.kind, f"'{subscription}' is not a subscription id")
        if not _RESOURCE_GROUP.fullmatch(resource_group):
            raise ResourceIdError(text, cls.kind, f"'{resource_group}' is not a resource group name")
        for name in names:
            if not cls.name_pattern.fullmatch(name):
                raise ResourceIdError(text, cls.kind, f"'{name}' is not a valid name of a {cls.kind}")
        return cls(subscription, resource_group, names)

    @classmethod
    def type_name(cls) -> str:
        """The resource type, as in `Microsoft.Compute/galleries/images`."""
        return "/".join((_PROVIDER, *cls.types))

    @classmethod
    def _form(cls) -> str:
        tail = "/".join(f"{name}/{{name}}" for name in cls.types)
        return f"/subscriptions/{{id}}/resourceGroups/{{name}}/providers/{_PROVIDER}/{tail}"

    @property
    def name(self) -> str:
        """The resource's own name: the last segment."""
        return self.names[-1]

    @property
    def key(self) -> str:
        """The id in lower case: the same for every spelling of the same resource."""
        return str(self).lower()

    def __str__(self) -> str:
        pairs = zip(self.types, self.names, strict=True)
        tail = "/".join(f"{type_name}/{name}" for type_name, name in pairs)
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}/providers/{_PROVIDER}/{tail}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._from_json,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )

    @classmethod
    def _from_json(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise ResourceIdError(repr(value), cls.kind, "it is not a string")
        return cls.parse(value)


class ImageId(ResourceId):
    """A managed image, `Microsoft.Compute/images`."""

    types = ("images",)
    kind = "managed image"

    @classmethod
    def of(cls, subscription: str, resource_group: str, name: str) -> Self:
        """The id of a managed image by its parts."""
        return cls(subscription, resource_group, (name,))


class DiskEncryptionSetId(ResourceId):
    """A disk encryption set, `Microsoft.Compute/diskEncryptionSets`."""

    types = ("diskEncryptionSets",)
    kind = "disk encryption set"


class GalleryId(ResourceId):
    """An Azure Compute Gallery, `Microsoft.Compute/galleries`."""

    types = ("galleries",)
    kind = "gallery"

    def definition(self, name: str) -> "ImageDefinitionId":
        """The id of an image definition in this gallery."""
        return ImageDefinitionId(self.subscription, self.resource_group, (*self.names, name))


class ImageDefinitionId(ResourceId):
    """An image definition, `Microsoft.Compute/galleries/images`."""

    types = ("galleries", "images")
    kind = "image definition"
    # no underscore to begin with (documented)
    name_pattern = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)

    @property
    def gallery(self) -> GalleryId:
        """The gallery that holds this definition."""
        return GalleryId(self.subscription, self.resource_group, self.names[:1])

    def version(self, name: str) -> "ImageVersionId":
        """The id of an image version under this definition."""
        return ImageVersionId(self.subscription, self.resource_group, (*self.names, name))


class ImageVersionId(ResourceId):
    """An image version, `Microsoft.Compute/galleries/images/versions`."""

    types = ("galleries", "images", "versions")
    kind = "image version"

    @property
    def definition(self) -> ImageDefinitionId:
        """The image definition that holds this version."""
        return ImageDefinitionId(self.subscription, self.resource_group, self.names[:2])
