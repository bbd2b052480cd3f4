"""Virtual machines in Azure: those that prove a version, their disks and network interfaces, and the sizes there are.

Every call raises `ArmError` if ARM refuses it or does not answer. A machine's secret is made here when the machine is
requested; it is in that request alone, and nobody has its private half.
"""

import secrets
import string
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from azure.mgmt.compute.models import VirtualMachine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.azure.arm import Arm, found
from adapters.azure.errors import arm_errors
from adapters.azure.machine_documents import (
    LeftResource,
    machine_body,
    parse_left_resource,
    parse_machine,
    parse_size,
)
from domain.errors import ArmError, ResourceIdError
from domain.proofs.machine import MachineSpec
from domain.proofs.sizes import VmSize
from domain.proofs.verdict import MachineLook
from domain.redaction import HIDDEN
from domain.resources.ids import MachineId, ResourceGroupId

MACHINES_API = "2024-11-01"
DISKS_API = "2024-03-02"
INTERFACES_API = "2023-11-01"
SKUS_API = "2021-07-01"
_DISKS = "Microsoft.Compute/disks"
_INTERFACES = "Microsoft.Network/networkInterfaces"
_LISTS = ((_DISKS, DISKS_API), (_INTERFACES, INTERFACES_API))
# what ARM's rules for passwords ask for (documented): at most 123 characters on Windows, of several kinds
_PASSWORD_LENGTH = 64
_SYMBOLS = "!#%*+-.:=?@_~"
_KEY_BITS = 2048


class MachineList(NamedTuple):
    """The machines of a resource group, and ARM's own time of the answer, if it says so."""

    looks: list[MachineLook]
    at: datetime | None = None


class AzureMachines(Protocol):
    """Machines, what they leave behind, and sizes. Every call raises `ArmError`."""

    async def get_machine(self, machine: MachineId) -> MachineLook | None: ...
    async def begin_machine(self, spec: MachineSpec) -> None: ...
    async def begin_delete_machine(self, machine: MachineId) -> None: ...
    async def list_machines(self, group: ResourceGroupId) -> MachineList: ...
    async def list_left(self, group: ResourceGroupId) -> list[LeftResource]: ...
    async def delete_left(self, resource: LeftResource) -> None: ...
    async def list_sizes(self, subscription: str, region: str) -> list[VmSize]: ...


class Machines:
    """The real `AzureMachines`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def get_machine(self, machine: MachineId) -> MachineLook | None:
        """Returns the machine with its instance view; None if it does not exist."""
        machines = self._arm.client(machine.subscription).virtual_machines
        resource = await found(
            machines.get(
                machine.resource_group, machine.name, expand="instanceView", api_version=MACHINES_API
            )
        )
        return parse_machine(resource) if resource else None

    async def begin_machine(self, spec: MachineSpec) -> None:
        """Begins to create the machine. It must not exist: a second request has another secret and is refused."""
        machines, secret = self._arm.client(spec.id.subscription).virtual_machines, _new_secret(spec.os_type)
        try:
            with arm_errors():
                await machines.begin_create_or_update(
                    spec.id.resource_group,
                    spec.id.name,
                    VirtualMachine(machine_body(spec, secret)),
                    api_version=MACHINES_API,
                    polling=False,
                )
        except ArmError as error:
            # a refusal may repeat what was sent
            message = error.message.replace(secret, HIDDEN)
            raise ArmError(error.status, error.code, message, error.retry_after_seconds) from None

    async def begin_delete_machine(self, machine: MachineId) -> None:
        """Begins to delete the machine with everything that says so."""
        machines = self._arm.client(machine.subscription).virtual_machines
        with arm_errors():
            await machines.begin_delete(
                machine.resource_group, machine.name, api_version=MACHINES_API, polling=False
            )

    async def list_machines(self, group: ResourceGroupId) -> MachineList:
        """Returns the machines of a resource group, without their instance views. One with an odd id is not ours."""
        url: str | None = _list_path(group, MachineId.type_name(), MACHINES_API)
        looks: list[MachineLook] = []
        at = None
        while url:
            page = await self._arm.page(group.subscription, url)
            for item in page.items:
                with suppress(ResourceIdError):
                    looks.append(parse_machine(item))
            url, at = page.next, page.at
        return MachineList(looks, at)

    async def list_left(self, group: ResourceGroupId) -> list[LeftResource]:
        """Returns the disks and network interfaces of a resource group."""
        return [
            parse_left_resource(item, api_version)
            for type_name, api_version in _LISTS
            async for item in self._arm.pages(group.subscription, _list_path(group, type_name, api_version))
        ]

    async def delete_left(self, resource: LeftResource) -> None:
        """Begins to delete a disk or a network interface."""
        path = f"{quote(resource.id)}?api-version={resource.api_version}"
        await self._arm.delete(resource.subscription, path)

    async def list_sizes(self, subscription: str, region: str) -> list[VmSize]:
        """Returns the VM sizes of a region, with what the subscription cannot have marked."""
        condition = quote(f"location eq '{region}'")
        path = (
            f"/subscriptions/{subscription}/providers/Microsoft.Compute/skus"
            f"?api-version={SKUS_API}&$filter={condition}"
        )
        parsed = [parse_size(item, region) async for item in self._arm.pages(subscription, path)]
        return [size for size in parsed if size is not None]


def _list_path(group: ResourceGroupId, type_name: str, api_version: str) -> str:
    return f"{quote(str(group))}/providers/{type_name}?api-version={api_version}"


def _new_secret(os_type: str) -> str:
    """Makes what a machine's creation needs: for Windows a password that nobody keeps, otherwise a public key.

    The private half of the key is gone when this returns.
    """
    if os_type.lower() == "windows":
        alphabet = string.ascii_letters + string.digits + _SYMBOLS
        password = "".join(secrets.choice(alphabet) for _ in range(_PASSWORD_LENGTH))
        # one of each kind, wherever chance left one out
        return f"{password}aZ7{secrets.choice(_SYMBOLS)}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    public: Any = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return str(public.decode())
