"""Managed images: their properties, their purchase plan, and the fingerprint of their content."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from domain.resources.ids import ImageId
from domain.resources.provisioning import Provisioned
from domain.resources.regions import Region

# what a policy can match; an image may have another one
OsType = Literal["Linux", "Windows"]
# Packer keeps the marketplace plan in tags: its code writes PlanInfo where its documentation says PlanName.
_PLAN_NAME_TAGS = ("PlanInfo", "PlanName")
_PLAN_PRODUCT_TAG = "PlanProduct"
_PLAN_PUBLISHER_TAG = "PlanPublisher"


class PurchasePlan(BaseModel):
    """A marketplace purchase plan; all three parts are needed to create a VM."""

    name: str
    product: str
    publisher: str


class Disk(BaseModel):
    """A disk of a managed image. The OS disk has no `lun`; `size_gb` is missing until the image is created.

    `disk_encryption_set` is the id of the set whose key encrypts it, None for a key of the platform.
    """

    lun: int | None = None
    size_gb: int | None = None
    source: str
    disk_encryption_set: str | None = None


class ManagedImage(Provisioned):
    """A `Microsoft.Compute/images` resource, with the time of its creation where ARM lists it."""

    id: ImageId
    location: Region
    tags: dict[str, str] = Field(default={})
    os_type: str
    os_state: str
    hyper_v_generation: str
    os_disk: Disk
    data_disks: list[Disk] = Field(default=[])
    source_virtual_machine: str | None = None
    edge_zone: str | None = None
    created_at: datetime | None = None

    def created(self, moment: datetime | None) -> Self:
        """Returns a copy of the image with this creation time, which another list has."""
        copy = self.model_copy()
        copy.created_at = moment
        return copy

    @property
    def disks(self) -> list[Disk]:
        """The OS disk and the data disks."""
        return [self.os_disk, *self.data_disks]

    @property
    def is_encrypted(self) -> bool:
        """Whether a customer's key encrypts one of its disks."""
        return any(disk.disk_encryption_set for disk in self.disks)

    @property
    def fingerprint(self) -> str:
        """A hash of the image's content, 64 hexadecimal digits: the disks' sources, the source VM, OS, generation.

        Disk sizes are left out because ARM adds them only after the image is created (recorded). The creation time
        is left out because ARM's list of resources, which alone has it, lags and misses images (reported by users).
        """
        return _hash(self._content)

    @property
    def dated_fingerprint(self) -> str:
        """The hash that earlier releases wrote into the tags of a version: of the content and the creation time."""
        created = self.created_at.astimezone(UTC).isoformat() if self.created_at else None
        return _hash({**self._content, "created": created})

    @property
    def _content(self) -> dict[str, Any]:
        return {
            "os": [self.os_type, self.os_state, self.hyper_v_generation],
            "disks": sorted(
                [disk.lun if disk.lun is not None else -1, disk.source.lower()] for disk in self.disks
            ),
            "source": (self.source_virtual_machine or "").lower(),
        }

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The marketplace plan in the image's tags; None unless they name all three parts."""
        tags = {key.lower(): value for key, value in self.tags.items() if value}
        name = next((tags[tag.lower()] for tag in _PLAN_NAME_TAGS if tag.lower() in tags), None)
        product, publisher = tags.get(_PLAN_PRODUCT_TAG.lower()), tags.get(_PLAN_PUBLISHER_TAG.lower())
        if not (name and product and publisher):
            return None
        return PurchasePlan(name=name, product=product, publisher=publisher)

    @property
    def has_incomplete_plan_tags(self) -> bool:
        """Whether the tags name some parts of a plan, but not all three."""
        plan_tags = {tag.lower() for tag in (*_PLAN_NAME_TAGS, _PLAN_PRODUCT_TAG, _PLAN_PUBLISHER_TAG)}
        present = {key.lower() for key, value in self.tags.items() if value}
        return bool(plan_tags & present) and self.purchase_plan is None


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
