"""Activities about the machines that prove a version."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.proofs.machine import MachineSpec
from domain.proofs.mark import MarkQuery, MarkRequest
from domain.proofs.sizes import SizesRequest
from domain.proofs.verdict import MachineQuery
from services import prove_version

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.CHOOSE_PROOF_SIZES)
async def choose_proof_sizes(request: dict) -> dict:
    """Returns the `ProofSizes` for a `SizesRequest`. Writes nothing."""
    return await result_of(prove_version.sizes_to_try(SizesRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.BEGIN_PROOF_MACHINE)
async def begin_proof_machine(request: dict) -> dict:
    """Begins the machine of a `MachineSpec`; returns a `ProofStart`. Idempotent: it looks before it writes."""
    return await result_of(prove_version.begin_machine(MachineSpec.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.GET_PROOF_MACHINE)
async def get_proof_machine(request: dict) -> dict:
    """Returns the `MachineLook` for a `MachineQuery`, null if there is no machine. Writes nothing."""
    return await result_of(prove_version.look_at_machine(MachineQuery.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.DELETE_PROOF_MACHINE)
async def delete_proof_machine(request: dict) -> dict:
    """Deletes the machine of a `MachineQuery` with all it has. Idempotent: what is gone stays gone."""
    return await result_of(prove_version.delete_machine(MachineQuery.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.READ_MARK)
async def read_mark(request: dict) -> dict:
    """Returns the `VersionMark` for a `MarkQuery`. Writes nothing."""
    return await result_of(prove_version.read_mark(MarkQuery.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.MARK_VERSION)
async def mark_version(request: dict) -> dict:
    """Writes the mark of a `MarkRequest` into the version's tags; returns a `VersionMark`. Idempotent: writes once."""
    return await result_of(prove_version.mark_version(MarkRequest.model_validate(request)))
