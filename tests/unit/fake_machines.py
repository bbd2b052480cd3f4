"""Virtual machines in memory, for the activities and services that prove versions."""

from datetime import datetime

from adapters.azure.machine_documents import LeftResource
from adapters.azure.machines import MachineList
from domain.errors import ArmError
from domain.proofs.machine import MachineSpec
from domain.proofs.sizes import VmSize
from domain.proofs.verdict import MachineLook
from domain.resources.ids import MachineId, ResourceGroupId


class FakeMachines:
    """Machines in memory. If `error` is set, every call raises it; `refusal` is raised by the creation alone."""

    def __init__(self, *machines: MachineLook, sizes: list[VmSize] | None = None) -> None:
        self.machines = {machine.id: machine for machine in machines}
        self.left: list[LeftResource] = []
        self.sizes = sizes or []
        self.error: ArmError | None = None
        self.refusal: ArmError | None = None
        self.undeletable: dict[str, ArmError] = {}
        self.writes: list[str] = []
        self.at: datetime | None = None

    async def get_machine(self, machine: MachineId) -> MachineLook | None:
        self._raise_error()
        return self.machines.get(machine)

    async def begin_machine(self, spec: MachineSpec) -> None:
        self._raise_error()
        self.writes.append(f"create {spec.id.name}")
        if self.refusal is not None:
            raise self.refusal
        assert spec.id not in self.machines, "a machine is never written twice"
        self.machines[spec.id] = MachineLook(
            id=spec.id, provisioning_state="Creating", version_id=spec.version_id, tags=spec.tags
        )

    async def begin_delete_machine(self, machine: MachineId) -> None:
        self._delete(machine.name)
        del self.machines[machine]

    async def list_machines(self, group: ResourceGroupId) -> MachineList:
        self._raise_error()
        return MachineList(
            [one for one in self.machines.values() if one.id.resource_group == group.resource_group], self.at
        )

    async def list_left(self, group: ResourceGroupId) -> list[LeftResource]:
        self._raise_error()
        return list(self.left)

    async def delete_left(self, resource: LeftResource) -> None:
        self._delete(resource.name)
        self.left.remove(resource)

    async def list_sizes(self, subscription: str, region: str) -> list[VmSize]:
        self._raise_error()
        return self.sizes

    def _delete(self, name: str) -> None:
        self._raise_error()
        if name in self.undeletable:
            raise self.undeletable[name]
        self.writes.append(f"delete {name}")

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error
