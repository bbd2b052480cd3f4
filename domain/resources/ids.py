"""Azure resource ids as values, parsed once at the edge and compared ignoring case, and the names inside them."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, GetCoreSchemaHandler
from pydantic_core import core_schema

from domain.errors import ResourceIdError

_PROVIDER = "Microsoft.Compute"
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# longer than the id of a version; what somebody sends may be longer, and is not kept
_LONGEST_KEPT = 512
# more than the images and definitions of a batch, which is read whole in each of its steps
_MOST_KEPT = 16_384
_RESOURCE_GROUP = re.compile(r"[\w.()-]{1,90}(?<!\.)")


def check_subscription_id(text: str) -> str:
    """Returns the subscription id unchanged.

    Raises:
        ValueError: the text is not a subscription id.
    """
    if not _SUBSCRIPTION.fullmatch(text):
        raise ValueError(f"'{text}' is not a subscription id")
    return text


SubscriptionId = Annotated[str, AfterValidator(check_subscription_id)]


@dataclass(frozen=True, eq=False)
class ResourceId:
    """The id of a resource; each subclass is one resource type, of Microsoft.Compute unless it says otherwise.

    Ids that differ only in case are equal: the service upper-cases resource groups in some lists and
    lower-cases them in events (recorded; documented in the Event Grid samples).
    """

    subscription: str
    resource_group: str
    names: tuple[str, ...]

    provider: ClassVar[str] = _PROVIDER
    types: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[str] = "resource"
    # the form of the names; documented in the REST reference of each type
    name_pattern: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,78}\w)?", re.ASCII)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses an ARM resource id.

        Raises:
            ResourceIdError: the text is not the id of a resource of this type; the message says why.
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
        try:
            check_subscription_id(subscription)
        except ValueError as error:
            raise ResourceIdError(text, cls.kind, str(error)) from error
        if not _RESOURCE_GROUP.fullmatch(resource_group):
            raise ResourceIdError(text, cls.kind, f"'{resource_group}' is not a resource group name")
        for name in names:
            if not cls.name_pattern.fullmatch(name):
                raise ResourceIdError(text, cls.kind, f"'{name}' is not a valid resource name")
        return cls(subscription, resource_group, names)

    @classmethod
    def type_name(cls) -> str:
        """The resource type, as in `Microsoft.Compute/galleries/images`."""
        return "/".join((cls.provider, *cls.types))

    @classmethod
    def _form(cls) -> str:
        tail = "/".join(f"{name}/{{name}}" for name in cls.types)
        return f"/subscriptions/{{id}}/resourceGroups/{{name}}/providers/{cls.provider}/{tail}"

    @property
    def name(self) -> str:
        """The last segment."""
        return self.names[-1]

    @cached_property
    def key(self) -> str:
        """The id in lower case, which is the same for every spelling of one resource."""
        return str(self).lower()

    @property
    def digest(self) -> str:
        """A hash of the key, 64 hexadecimal digits: for the keys of entities, which allow no slashes."""
        return hashlib.sha256(self.key.encode()).hexdigest()

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        # thousands of messages have the same few ids
        pairs = zip(self.types, self.names, strict=True)
        tail = "/".join(f"{type_name}/{name}" for type_name, name in pairs)
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{self.provider}/{tail}"

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
        return cls._parsed_before(value) if len(value) <= _LONGEST_KEPT else cls.parse(value)

    @classmethod
    @lru_cache(maxsize=_MOST_KEPT)
    def _parsed_before(cls, text: str) -> Self:
        """Parses the same text once: every message and every status of a migration holds the same few ids."""
        return cls.parse(text)


class ImageId(ResourceId):
    """A managed image, `Microsoft.Compute/images`."""

    types = ("images",)
    kind = "managed image"

    @classmethod
    def of(cls, subscription: str, resource_group: str, name: str) -> Self:
        return cls(subscription, resource_group, (name,))


class DiskEncryptionSetId(ResourceId):
    """A disk encryption set, `Microsoft.Compute/diskEncryptionSets`."""

    types = ("diskEncryptionSets",)
    kind = "disk encryption set"


class MachineId(ResourceId):
    """A virtual machine, `Microsoft.Compute/virtualMachines`."""

    types = ("virtualMachines",)
    kind = "virtual machine"


class SubnetId(ResourceId):
    """A subnet, `Microsoft.Network/virtualNetworks/subnets`."""

    provider = "Microsoft.Network"
    types = ("virtualNetworks", "subnets")
    kind = "subnet"


class ResourceGroupId(ResourceId):
    """A resource group, as the scope of permissions."""

    kind = "resource group"

    @classmethod
    def of(cls, subscription: str, name: str) -> Self:
        return cls(subscription, name, ())

    @property
    def name(self) -> str:
        """The group's name."""
        return self.resource_group

    def machine(self, name: str) -> MachineId:
        return MachineId(self.subscription, self.resource_group, (name,))

    def __str__(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"


class SubscriptionScope(ResourceId):
    """A subscription, as the scope of permissions."""

    kind = "subscription"

    @classmethod
    def of(cls, subscription: str) -> Self:
        return cls(subscription, "", ())

    @property
    def name(self) -> str:
        """The subscription's id."""
        return self.subscription

    def __str__(self) -> str:
        return f"/subscriptions/{self.subscription}"


class GalleryId(ResourceId):
    """An Azure Compute Gallery, `Microsoft.Compute/galleries`."""

    types = ("galleries",)
    kind = "gallery"

    def definition(self, name: str) -> "ImageDefinitionId":
        return ImageDefinitionId(self.subscription, self.resource_group, (*self.names, name))


class ImageDefinitionId(ResourceId):
    """An image definition, `Microsoft.Compute/galleries/images`."""

    types = ("galleries", "images")
    kind = "image definition"
    # no underscore to begin with (documented)
    name_pattern = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)

    @property
    def gallery(self) -> GalleryId:
        return GalleryId(self.subscription, self.resource_group, self.names[:1])

    def version(self, name: str) -> "ImageVersionId":
        return ImageVersionId(self.subscription, self.resource_group, (*self.names, name))


def check_definition_name(text: str) -> str:
    """Returns the name of an image definition unchanged.

    Raises:
        ValueError: the service refuses this name.
    """
    if not ImageDefinitionId.name_pattern.fullmatch(text):
        raise ValueError(f"'{text}' cannot be the name of an image definition")
    return text


DefinitionName = Annotated[str, AfterValidator(check_definition_name)]


class ImageVersionId(ResourceId):
    """An image version, `Microsoft.Compute/galleries/images/versions`."""

    types = ("galleries", "images", "versions")
    kind = "image version"

    @property
    def definition(self) -> ImageDefinitionId:
        return ImageDefinitionId(self.subscription, self.resource_group, self.names[:2])


def does_not_exist(resource: ResourceId) -> str:
    """Returns what to tell a user whose resource is missing."""
    return f"the {resource.kind} {resource} does not exist"
