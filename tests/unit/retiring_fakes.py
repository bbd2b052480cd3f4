"""A fake of what a retirement needs of Azure: it records writes, and fails where a test says so."""

from datetime import datetime

from adapters.azure.retiring import ImageDocument, VersionDocument
from domain.errors import ArmError
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.retirement.protection import Protection
from domain.retirement.readings import FoundLock
from tests.unit.builders import NOW


class FakeRetiring:
    """Azure in memory. What `errors` names by its call raises."""

    def __init__(self) -> None:
        self.images: dict[ImageId, ManagedImage] = {}
        self.versions: dict[ImageVersionId, ImageVersion] = {}
        self.blocked: set[ImageVersionId] = set()
        self.locks: list[FoundLock] = []
        self.unfinished: list[ImageVersionId] = []
        self.errors: dict[str, ArmError] = {}
        self.read_at: datetime = NOW
        self.writes: list[str] = []
        self.protections: list[Protection] = []

    async def describe_image(self, image: ImageId) -> ImageDocument:
        self._raise("describe_image")
        return ImageDocument(self.read_at, self.images.get(image), {"id": str(image)})

    async def get_version(self, version: ImageVersionId) -> VersionDocument | None:
        self._raise("get_version")
        found = self.versions.get(version)
        return VersionDocument(found, version in self.blocked) if found else None

    async def list_locks(self, image: ImageId) -> list[FoundLock]:
        self._raise("list_locks")
        return self.locks

    async def list_group_images(self, image: ImageId) -> list[ManagedImage]:
        self._raise("list_group_images")
        return list(self.images.values())

    async def list_unfinished_versions(self, subscription: str, image: ManagedImage) -> list[ImageVersionId]:
        self._raise("list_unfinished_versions")
        return [version for version in self.unfinished if version.subscription == subscription]

    async def begin_protection(self, protection: Protection) -> None:
        self._raise("begin_protection")
        self.protections.append(protection)

    async def tag_version(self, version: ImageVersionId, tags: dict[str, str]) -> None:
        self._raise("tag_version")
        self.writes.append(f"tags {', '.join(tags)} of {version.name}")

    async def begin_delete(self, image: ImageId) -> str | None:
        self._raise("begin_delete")
        self.writes.append(f"delete {image.name}")
        return None

    def _raise(self, call: str) -> None:
        if call in self.errors:
            raise self.errors[call]


class FakeGuards:
    """The policy assignments in memory."""

    def __init__(self) -> None:
        self.standing: set[tuple[str, str]] = set()
        # by the subscription that is listed, or by the name that is removed
        self.errors: dict[str, ArmError] = {}

    async def place(self, subscription: str, name: str, image: ImageId) -> None:
        self.standing.add((subscription, name))

    async def stands(self, subscription: str, name: str, image: ImageId) -> bool:
        return (subscription, name) in self.standing

    async def remove(self, subscription: str, name: str) -> None:
        if name in self.errors:
            raise self.errors[name]
        self.standing.discard((subscription, name))

    async def placed(self, subscription: str) -> list[str]:
        if subscription in self.errors:
            raise self.errors[subscription]
        return [name for where, name in self.standing if where == subscription]
