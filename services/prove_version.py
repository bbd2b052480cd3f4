"""Makes the machine that proves a version, looks at it, takes it away: a repeated call does nothing twice."""

import asyncio
from http import HTTPStatus

from pydantic import BaseModel

from adapters.azure.machine_documents import LeftResource
from adapters.azure.machines import AzureMachines
from domain.arm_errors import diagnose
from domain.errors import ArmError, NotYetError
from domain.proofs.machine import PROOF_TAG, MachineSpec, belongs_to, has_expired
from domain.proofs.mark import MarkQuery, MarkRequest, VersionMark
from domain.proofs.proof import ProofStart
from domain.proofs.refusals import NAME_TAKEN, own_failure, refusal_kind
from domain.proofs.sizes import ProofSizes, SizesRequest, choose_sizes
from domain.proofs.verdict import MachineLook, MachineQuery
from domain.resources.ids import MachineId, ResourceGroupId, does_not_exist
from domain.resources.provenance import MOST_TAGS
from domain.results import failure_of
from services.container import services


class Gone(BaseModel):
    """A machine of a proof, and everything that it brought, does not exist any more."""


async def sizes_to_try(request: SizesRequest) -> ProofSizes:
    """The sizes of the region that fit."""
    offered = await services().machines.list_sizes(request.subscription, request.region)
    return choose_sizes(offered, request)


async def begin_machine(spec: MachineSpec) -> ProofStart:
    """Begins the machine unless it is there already. One that others made is left alone.

    Raises:
        ArmError: ARM cannot be reached or throttles; a refusal is a value.
        NotYetError: the machine is being deleted.
    """
    machines = services().machines
    existing = await machines.get_machine(spec.id)
    if existing is not None:
        return _found(existing, spec)
    try:
        await machines.begin_machine(spec)
    except ArmError as error:
        if error.code == "PropertyChangeNotAllowed":
            # the first try did it, and the read was answered from a stale cache
            return ProofStart(begun=True)
        if diagnose(error).retry != "never":
            raise
        kind = refusal_kind(error.code, error.message)
        return ProofStart(refusal=kind, failure=failure_of(error))
    return ProofStart(begun=True)


def _found(existing: MachineLook, spec: MachineSpec) -> ProofStart:
    if existing.provisioning_state == "Deleting":
        raise NotYetError(f"virtual machine {spec.id.name} is being deleted")
    if existing.tags.get(PROOF_TAG) != spec.migration or existing.version_id != spec.version_id:
        failure = own_failure(NAME_TAKEN, f"{spec.id} exists, and is not the machine of this proof")
        return ProofStart(refusal="surroundings", failure=failure)
    if has_expired(existing.tags, spec.now):
        return ProofStart(stale=True)
    return ProofStart(begun=True)


async def look_at_machine(query: MachineQuery) -> MachineLook | None:
    """The machine as ARM shows it; None if there is none."""
    return await services().machines.get_machine(query.id)


async def delete_machine(query: MachineQuery) -> Gone:
    """Deletes the machine and what is left of it; returns when all of it is gone.

    Raises:
        NotYetError: some of it is still there. Call again.
    """
    machines = services().machines
    machine = await machines.get_machine(query.id)
    if machine is not None:
        if PROOF_TAG not in machine.tags:
            # not ours: somebody took the name
            return Gone()
        if machine.provisioning_state != "Deleting":
            await machines.begin_delete_machine(query.id)
        raise NotYetError(f"virtual machine {query.id.name} is being deleted")
    left = await _left_of(machines, query.id)
    if left:
        await asyncio.gather(*(machines.delete_left(resource) for resource in left))
        raise NotYetError(f"{', '.join(resource.name for resource in left)} is being deleted")
    return Gone()


async def _left_of(machines: AzureMachines, machine: MachineId) -> list[LeftResource]:
    """The disks and interfaces that the machine brought: by their names, which begin with its own."""
    group = ResourceGroupId.of(machine.subscription, machine.resource_group)
    try:
        found = await machines.list_left(group)
    except ArmError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return []
        raise
    return [one for one in found if belongs_to(machine.name, one.name)]


async def read_mark(query: MarkQuery) -> VersionMark:
    """What the version's tag says of earlier proofs."""
    version = await services().compute.get_image_version(query.version_id)
    return VersionMark(value=version.tags.get(PROOF_TAG) if version else None)


async def mark_version(request: MarkRequest) -> VersionMark:
    """Writes the mark into the version's tags, once nothing else works on the version; waits until it is there.

    Raises:
        ArmError: also if the version does not exist.
        NotYetError: the version is being changed, by this write or by another. Call again.
    """
    compute = services().compute
    version = await compute.get_image_version(request.version_id)
    if version is None:
        raise ArmError(404, "ResourceNotFound", does_not_exist(request.version_id))
    if not version.is_finished:
        # a second writer would drop what the first one writes
        raise NotYetError(f"version {version.id.name} is in provisioning state {version.provisioning_state}")
    if version.tags.get(PROOF_TAG) == request.value:
        return VersionMark(value=request.value)
    if PROOF_TAG not in version.tags and len(version.tags) >= MOST_TAGS:
        return VersionMark(no_room=True)
    await compute.begin_tags(request.version_id, {PROOF_TAG: request.value})
    raise NotYetError(f"version {version.id.name} gets the mark of its proof")
