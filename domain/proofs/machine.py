"""The machine of a proof: its name, its description without secrets, and how it is recognised when it is left."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel

from domain.proofs.sizes import Controller
from domain.resources.ids import ImageVersionId, MachineId, SubnetId
from domain.resources.images import PurchasePlan
from domain.resources.regions import Region

# on a machine: the migration that it proves. On a version: what its proofs showed.
PROOF_TAG = "gallerist-proof"
EXPIRES_TAG = "gallerist-proof-expires"
_PREFIX = "gallerist-proof-"
_NAME = re.compile(r"gallerist-proof-[0-9a-f]{12}-[a-z0-9-]{1,30}")


class MachineSpec(BaseModel):
    """The input of `begin_proof_machine`. The machine's secret is made when it is created, and kept nowhere."""

    id: MachineId
    location: Region
    size: str
    version_id: ImageVersionId
    subnet: SubnetId
    os_type: str
    data_disk_luns: list[int] = []
    plan: PurchasePlan | None = None
    agent: bool
    trusted_launch: bool
    controller: Controller
    migration: str
    now: datetime
    expires_at: datetime

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the machine and its network interface, by which the sweep knows them."""
        expires = self.expires_at.astimezone(UTC).isoformat(timespec="seconds")
        return {PROOF_TAG: self.migration, EXPIRES_TAG: expires}

    @property
    def os_disk_name(self) -> str:
        """The name of the OS disk, which begins with the machine's."""
        return f"{self.id.name}-os"

    def data_disk_name(self, lun: int) -> str:
        """The name of a data disk, which begins with the machine's."""
        return f"{self.id.name}-data-{lun}"

    @property
    def interface_name(self) -> str:
        """The name of the network interface's configuration; Azure may add to it."""
        return f"{self.id.name}-nic"

    @property
    def computer_name(self) -> str:
        """The name inside the machine: at most 15 characters on Windows (documented)."""
        return f"proof-{_hash(self.id.name)[:8]}"


def machine_name(version: ImageVersionId, region: str, controller: Controller, size: str) -> str:
    """The name of the machine that proves a version in a region. Another size is another name.

    A machine is never written twice: its secret differs, and Azure refuses the change (reported: azure-cli #11840).
    """
    short = re.sub(r"[^a-z0-9]+", "-", size.lower().removeprefix("standard_")).strip("-")[:30].rstrip("-")
    what = _hash(f"{version.key}/{region}/{controller}")[:12]
    return f"{_PREFIX}{what}-{short}"


def is_proof_name(name: str) -> bool:
    """Whether a resource's name is that of a proof's machine, or of what belongs to one."""
    return _NAME.fullmatch(name) is not None


def belongs_to(machine: str, name: str) -> bool:
    """Whether a disk or network interface is that of this machine, by its name."""
    return re.fullmatch(rf"{re.escape(machine)}-(os|data-\d+|nic.*)", name, re.IGNORECASE) is not None


def has_expired(tags: Mapping[str, str], now: datetime) -> bool:
    """Whether a resource carries our tag and the time until which it may be needed, and that time is over.

    A time that cannot be read is not over: nobody knows whose it is.
    """
    if PROOF_TAG not in tags:
        return False
    try:
        expires = datetime.fromisoformat(tags.get(EXPIRES_TAG, ""))
    except ValueError:
        return False
    return (expires if expires.tzinfo else expires.replace(tzinfo=UTC)) < now


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
