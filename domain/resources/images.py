"""Managed images: what they are, and which content a name stands for at the moment."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel

from domain.errors import NotYetError
from domain.resources.ids import ImageId
from domain.resources.regions import Region

OsType = Literal["Linux", "Windows"]
Generation = Literal["V1", "V2"]
# Packer leaves the marketplace plan in tags: its code writes PlanInfo where its documentation says PlanName.
_PLAN_NAME_TAGS = ("PlanInfo", "PlanName")
_PLAN_PRODUCT_TAG = "PlanProduct"
_PLAN_PUBLISHER_TAG = "PlanPublisher"


class PurchasePlan(BaseModel):
    """A marketplace purchase plan; all three parts are needed to create a VM."""

    name: str
    product: str
    publisher: str


class Disk(BaseModel):
    """One disk of a managed image; `lun` is absent for the OS disk, `size_gb` until the image is made."""

    lun: int | None = None
    size_gb: int | None = None
    source: str


class ManagedImage(BaseModel):
    """A `Microsoft.Compute/images` resource, with what ARM says of its creation."""

    id: ImageId
    location: Region
    tags: dict[str, str] = {}
    provisioning_state: str
    os_type: OsType
    os_state: str
    hyper_v_generation: Generation
    os_disk: Disk
    data_disks: list[Disk] = []
    source_virtual_machine: str | None = None
    created_at: datetime | None = None

    @property
    def disks(self) -> list[Disk]:
        """The OS disk and the data disks."""
        return [self.os_disk, *self.data_disks]

    def settled(self) -> Self:
        """The image itself, once ARM is done with it.

        Raises:
            NotYetError: it is still being made or changed.
        """
        if self.provisioning_state in ("Creating", "Updating"):
            raise NotYetError(
                f"the managed image {self.id.name} is in provisioning state {self.provisioning_state}"
            )
        return self

    @property
    def fingerprint(self) -> str:
        """What tells this image from another one of the same name: 64 hexadecimal digits.

        Made of the disks' sources, the source VM, OS and generation, and the time ARM gives for the resource's
        creation, so that an image that was deleted and made again differs and one that was tagged anew does not.
        Disk sizes are left out: ARM adds them only once the image is made (recorded).
        """
        content = {
            "os": [self.os_type, self.os_state, self.hyper_v_generation],
            "disks": sorted(
                [disk.lun if disk.lun is not None else -1, disk.source.lower()] for disk in self.disks
            ),
            "source": (self.source_virtual_machine or "").lower(),
            "created": self.created_at.astimezone(UTC).isoformat() if self.created_at else None,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The plan that the image's tags tell of, if they tell all of it."""
        tags = {key.lower(): value for key, value in self.tags.items() if value}
        name = next((tags[tag.lower()] for tag in _PLAN_NAME_TAGS if tag.lower() in tags), None)
        product, publisher = tags.get(_PLAN_PRODUCT_TAG.lower()), tags.get(_PLAN_PUBLISHER_TAG.lower())
        if not (name and product and publisher):
            return None
        return PurchasePlan(name=name, product=product, publisher=publisher)

    @property
    def names_part_of_a_plan(self) -> bool:
        """Whether the tags tell of a plan, but not all of it."""
        wanted = {tag.lower() for tag in (*_PLAN_NAME_TAGS, _PLAN_PRODUCT_TAG, _PLAN_PUBLISHER_TAG)}
        told = {key.lower() for key, value in self.tags.items() if value}
        return bool(wanted & told) and self.purchase_plan is None
