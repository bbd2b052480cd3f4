"""What the use cases need of Azure. `Compute` and `Look` are real and describe each call; tests have their own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from domain.errors import ArmError
from domain.fleet.gaps import Gaps
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import (
    Gallery,
    ImageDefinition,
    ImageVersion,
    PublishedRegion,
    RegionsWrite,
    VersionStates,
)
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId
from domain.resources.images import ManagedImage
from domain.resources.permissions import Permission
from domain.retention.forecast import Counted

Value = TypeVar("Value")
# how much of a list is known: all of it, a part until the next look, or only what does not need what cannot be read
Extent = Literal["whole", "unread", "unreadable"]


class Seen(NamedTuple, Generic[Value]):
    """What a look has found of a list, and whether that is all of it."""

    values: list[Value]
    extent: Extent


class SeenImages(NamedTuple):
    """The managed images of a subscription; `dates` says whether an image without a creation time has none."""

    values: list[ManagedImage]
    extent: Extent
    dates: Extent


class AzureCompute(Protocol):
    """Resources one at a time. Every call raises `ArmError` if ARM refuses it or does not answer."""

    async def get_managed_image(
        self, image: ImageId, as_of: datetime | None = None, within: float = 0
    ) -> ManagedImage | None: ...
    async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Gallery | None: ...
    async def get_image_definition(self, definition: ImageDefinitionId) -> ImageDefinition | None: ...
    async def list_image_definitions(
        self, gallery: GalleryId, within: float = 0
    ) -> list[ImageDefinition]: ...
    async def begin_image_definition(self, definition: ImageDefinition) -> None: ...
    async def get_image_version(self, version: ImageVersionId) -> ImageVersion | None: ...
    async def list_image_versions(self, definition: ImageDefinitionId) -> list[ImageVersion]: ...
    async def list_version_states(self, definition: ImageDefinitionId) -> VersionStates: ...
    async def share_image_versions(
        self, definition: ImageDefinitionId, as_of: datetime, within: float
    ) -> list[ImageVersion]: ...
    async def list_soft_deleted(self, definition: ImageDefinitionId) -> list[str]: ...
    async def begin_image_version(self, spec: VersionSpec) -> str | None: ...
    async def begin_regions(
        self,
        version: ImageVersionId,
        put: Sequence[PublishedRegion],
        remove: list[str],
        *,
        protect: bool = False,
        repeat: bool = False,
    ) -> RegionsWrite: ...
    async def begin_tags(self, version: ImageVersionId, tags: Mapping[str, str]) -> None: ...
    async def get_operation_error(self, resource: ResourceId, operation_url: str) -> ArmError | None: ...
    async def forget_operation(self, resource: ResourceId) -> None: ...
    async def forget_operations(self, before: datetime) -> int: ...
    async def list_permissions(self, scope: ResourceId, within: float = 0) -> list[Permission]: ...
    def oldest_read(self, galleries: Sequence[GalleryId]) -> datetime | None: ...
    async def count_resources(self, subscription: str, resource_type: str) -> dict[str, int]: ...
    def has_counted(self, subscription: str) -> bool: ...
    async def list_regions(self, subscription: str) -> frozenset[str]: ...
    async def check_token(self) -> None: ...


class SeenCounts(NamedTuple):
    """All definitions and versions of a subscription, as ARM's list of resources counts them."""

    definitions: list[Counted]
    versions: list[Counted]


class AzureLook(Protocol):
    """A look at many resources, as far as time and ARM's limits allow.

    `gaps` says what is missing, `newly_read` how many lists and resources were read that no look had read before.
    """

    newly_read: int

    @property
    def gaps(self) -> Gaps: ...
    @property
    def error(self) -> ArmError | None: ...
    async def images(self, subscriptions: Iterable[str]) -> dict[str, SeenImages]: ...
    async def definitions(self, subscriptions: Iterable[str]) -> dict[str, Seen[ImageDefinition]]: ...
    async def versions(
        self,
        definitions: Iterable[ImageDefinitionId],
        completed: Mapping[ImageDefinitionId, datetime] | None = None,
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]: ...
    async def complete_versions(
        self, definitions: Iterable[ImageDefinitionId]
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]: ...
    async def replicated(
        self, versions: Iterable[ImageVersion]
    ) -> dict[ImageVersionId, Seen[ImageVersion]]: ...
    async def counts(self, subscriptions: Iterable[str]) -> dict[str, SeenCounts | None]: ...


class AzureLooks(Protocol):
    """Begins looks that share what they have read."""

    def begin(self) -> AzureLook: ...
