"""Managed images, galleries, definitions and versions in Azure, as the domain's values.

Every call raises `ArmError` if ARM refuses it or does not answer. Nothing here waits or retries: an operation is
started and checked later, and a throttled call says how long to wait.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from azure.mgmt.compute.models import GalleryImage

from adapters.azure.arm import Arm, found
from adapters.azure.documents import (
    definition_body,
    holds_resources,
    parse_image_definition,
    parse_image_version,
    parse_managed_image,
    parse_soft_deleted,
    parse_version_state,
    regions_body,
    tags_body,
    version_body,
)
from adapters.azure.errors import arm_errors
from adapters.azure.kept import KeptLists, is_missing
from adapters.azure.rewriting import begin_update, begin_write, existing_version, read_version
from adapters.azure.sources import (
    GALLERIES_API,
    image_definitions,
    image_versions,
    images_in_group,
    managed_image,
    permissions,
    resources,
)
from adapters.azure.sources import gallery as gallery_source
from domain.errors import ArmError, NotYetError
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import (
    Gallery,
    ImageDefinition,
    ImageVersion,
    PublishedRegion,
    RegionsWrite,
    VersionStates,
)
from domain.resources.ids import (
    GalleryId,
    ImageDefinitionId,
    ImageId,
    ImageVersionId,
    ResourceId,
)
from domain.resources.images import ManagedImage
from domain.resources.permissions import Permission
from domain.resources.regions import canonical_region

LOCATIONS_API = "2022-12-01"
# the types of which a plan counts the resources
COUNTED = {id_type.type_name(): id_type for id_type in (ImageDefinitionId, ImageVersionId)}
COUNTS_LAST_SECONDS = 300
# images of one group that are read together share a list of creation times
TIMES_LAST_SECONDS = 30


class Compute:
    """The real `AzureCompute`. Counts and regions are kept; everything else is read at each call.

    What is kept is read by one caller at a time: the others wait for the answer, so many plans at once cost one read.
    """

    def __init__(self, arm: Arm, kept: KeptLists | None = None) -> None:
        self._arm = arm
        self._kept = kept or KeptLists(arm)
        self._regions: dict[str, frozenset[str]] = {}
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get_managed_image(
        self, image: ImageId, as_of: datetime | None = None, within: float = 0
    ) -> ManagedImage | None:
        """Returns the image with its creation time, if ARM lists it; None if the image does not exist.

        It is as it was `within` these seconds. The list of creation times was read within some more seconds, and at
        `as_of` or later.

        Raises:
            NotYetError: ARM is still creating the image.
        """
        source = managed_image(image)
        read = await self._kept.whole(source, within)
        if not read:
            return None
        try:
            return parse_managed_image(read[0], await self._created_at(image, as_of)).settled()
        except NotYetError:
            # whoever waits for it asks again, and must not be told of the same moment
            self._kept.of(source).forget()
            raise

    async def _created_at(self, image: ImageId, as_of: datetime | None) -> datetime | None:
        """Returns the creation time, which an image itself does not have, from the list of its group's resources.

        The images of a group share a list for some seconds; one that it does not have is looked for in a new one.
        """
        source = images_in_group(image.subscription, image.resource_group)
        # ARM's clock has whole seconds
        since = as_of.timestamp() - 1 if as_of else 0
        for moment in (since, self._kept.now()):
            for entry in await self._kept.whole(source, TIMES_LAST_SECONDS, moment):
                if entry.key == image.key and entry.at:
                    return entry.at
        return None

    async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Gallery | None:
        """Returns the gallery, as it was within these seconds; None if it does not exist."""
        found_galleries = await self._kept.whole(gallery_source(gallery), within)
        return found_galleries[0] if found_galleries else None

    async def get_image_definition(self, definition: ImageDefinitionId) -> ImageDefinition | None:
        """Returns the image definition; None if it does not exist."""
        gallery = definition.gallery
        resource = await found(
            self._arm.client(gallery.subscription).gallery_images.get(
                gallery.resource_group, gallery.name, definition.name, api_version=GALLERIES_API
            )
        )
        return parse_image_definition(resource) if resource else None

    async def list_image_definitions(self, gallery: GalleryId, within: float = 0) -> list[ImageDefinition]:
        """Returns the image definitions of a gallery, as they were within these seconds."""
        return await self._kept.whole(image_definitions(gallery), within)

    async def begin_image_definition(self, definition: ImageDefinition) -> None:
        gallery = definition.id.gallery
        with arm_errors():
            await self._arm.client(gallery.subscription).gallery_images.begin_create_or_update(
                gallery.resource_group,
                gallery.name,
                definition.id.name,
                GalleryImage(definition_body(definition)),
                api_version=GALLERIES_API,
                polling=False,
            )
        begun = definition.model_copy()
        begun.provisioning_state = "Creating"
        self._kept.of(image_definitions(gallery)).add(begun)

    async def get_image_version(self, version: ImageVersionId) -> ImageVersion | None:
        """Returns the image version with its replication status; None if it does not exist."""
        read = await read_version(self._arm, version)
        return parse_image_version(read.resource) if read else None

    async def list_image_versions(self, definition: ImageDefinitionId) -> list[ImageVersion]:
        """Returns all image versions of a definition; an empty list if the definition does not exist."""
        return await self._kept.fresh(image_versions(definition, changes_are_seen=False))

    async def list_version_states(self, definition: ImageDefinitionId) -> VersionStates:
        """Returns the provisioning states of a definition's versions; none if the definition does not exist."""
        url: str | None = image_versions(definition, changes_are_seen=False).path
        states, pages, scarce = dict[str, str](), 0, False
        while url is not None:
            try:
                page = await self._arm.page(definition.subscription, url)
            except ArmError as error:
                if is_missing(error):
                    break
                raise
            states |= dict(map(parse_version_state, page.items))
            url, pages, scarce = page.next, pages + 1, page.scarce is not None
        return VersionStates(states, pages, scarce)

    async def share_image_versions(
        self, definition: ImageDefinitionId, as_of: datetime, within: float
    ) -> list[ImageVersion]:
        """Returns all image versions of a definition, read for this moment or for one that lies within these seconds.

        What many plans ask for at once is read once.
        """
        source = image_versions(definition, changes_are_seen=False)
        return await self._kept.shared(source, as_of.timestamp(), within)

    async def list_soft_deleted(self, definition: ImageDefinitionId) -> list[str]:
        """Returns the numbers of the definition's versions in the gallery's bin."""
        pages = self._arm.client(definition.subscription).soft_deleted_resource.list_by_artifact_name(
            definition.resource_group,
            definition.gallery.name,
            "Images",
            definition.name,
            api_version=GALLERIES_API,
        )
        with arm_errors():
            return [parse_soft_deleted(deleted.as_dict()) async for deleted in pages]

    async def begin_image_version(self, spec: VersionSpec) -> str | None:
        """Starts to create the image version. Returns the operation's address if ARM gives one."""
        return await self._arm.operations.keep(
            spec.id, await begin_write(self._arm, spec.id, version_body(spec))
        )

    async def begin_regions(
        self,
        version: ImageVersionId,
        put: Sequence[PublishedRegion],
        remove: list[str],
        *,
        protect: bool = False,
        repeat: bool = False,
    ) -> RegionsWrite:
        """Starts to add or grow `put` and to drop `remove`, with `repeat` even if nothing changes.

        A removal allows the removal of regions that have the version, and `protect` forbids it again.

        Raises:
            ArmError: also if the version does not exist.
        """
        read = await existing_version(self._arm, version)
        before = parse_image_version(read.resource)
        body = regions_body(read.resource, put, remove, read.at, protect=protect, repeat=repeat)
        if body is None:
            return RegionsWrite(before)
        url = await self._arm.operations.keep(version, await begin_update(self._arm, version, read, body))
        return RegionsWrite(before, written=True, operation_url=url)

    async def begin_tags(self, version: ImageVersionId, tags: Mapping[str, str]) -> None:
        """Starts to set tags of a version; its other tags, its regions and everything else stay as they are.

        Raises:
            ArmError: also if the version does not exist.
        """
        read = await existing_version(self._arm, version)
        await begin_update(self._arm, version, read, tags_body(read.resource, tags, read.at))

    async def get_operation_error(self, resource: ResourceId, operation_url: str) -> ArmError | None:
        """Returns why a long-running operation failed; None while it runs, and if the reason is not available."""
        return await self._arm.operations.error(resource, operation_url)

    async def forget_operation(self, resource: ResourceId) -> None:
        """Forgets what was kept of the resource's last operation, which has ended."""
        await self._arm.operations.forget(resource)

    async def forget_operations(self, before: datetime) -> int:
        """Forgets what was kept of the operations that began before; returns how many there were."""
        return await self._arm.operations.forget_before(before)

    async def list_permissions(self, scope: ResourceId, within: float = 0) -> list[Permission]:
        """Returns what the identity may do at a resource, role by role, as it was within these seconds."""
        return await self._kept.whole(permissions(scope), within)

    def oldest_read(self, galleries: Sequence[GalleryId]) -> datetime | None:
        """Returns when the oldest of what is kept of these galleries was read; None if nothing is."""
        reads = [self._kept.of(gallery_source(one)).read_at for one in galleries]
        reads += [self._kept.of(image_definitions(one)).read_at for one in galleries]
        times = [datetime.fromtimestamp(read, UTC) for read in reads if read > 0]
        return min(times, default=None)

    async def count_resources(self, subscription: str, resource_type: str) -> dict[str, int]:
        """Returns how many resources of a type a subscription has, by canonical region name.

        A count takes one request per page, so it is kept for some minutes: a batch is planned from one count.
        """
        source = resources(subscription, COUNTED[resource_type])
        return Counter(entry.location for entry in await self._kept.whole(source, COUNTS_LAST_SECONDS))

    def has_counted(self, subscription: str) -> bool:
        """Whether the resources of a subscription were counted within some minutes."""
        moment = self._kept.now() - COUNTS_LAST_SECONDS
        return all(
            self._kept.of(resources(subscription, kind)).read_at > moment
            for kind in (ImageDefinitionId, ImageVersionId)
        )

    async def list_regions(self, subscription: str) -> frozenset[str]:
        """Returns the canonical names of the regions that a subscription can use; read once per process."""
        async with self._reading[subscription]:
            if subscription not in self._regions:
                path = f"/subscriptions/{subscription}/locations?api-version={LOCATIONS_API}"
                locations = self._arm.pages(subscription, path)
                self._regions[subscription] = frozenset(
                    [
                        canonical_region(location["name"])
                        async for location in locations
                        if location.get("name") and holds_resources(location)
                    ]
                )
            return self._regions[subscription]

    async def check_token(self) -> None:
        """Gets a token, to find out whether the identity works."""
        await self._arm.check_token()
