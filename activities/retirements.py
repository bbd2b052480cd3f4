"""Activities about retirements."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.retirement.requests import (
    CertifyRequest,
    CompleteRequest,
    DeleteRequest,
    GuardRequest,
    ProtectRequest,
    ReadRequest,
    SeeRequest,
)
from services import retire_image
from services.read_retirement import read

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.READ_RETIREMENT)
@blueprint.durable_client_input(client_name="client")
async def read_retirement(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Returns the `Reading` for a `ReadRequest`. Writes nothing."""
    return await result_of(read(client, ReadRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.PROTECT_VERSIONS)
async def protect_versions(request: dict) -> dict:
    """Starts the writes of a `ProtectRequest`. Idempotent: each write has the whole version."""
    return await result_of(retire_image.protect(ProtectRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.PLACE_GUARDS)
async def place_guards(request: dict) -> dict:
    """Writes the policy assignments of a `GuardRequest`. Idempotent: each write is a PUT."""
    return await result_of(retire_image.place_guards(GuardRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.REMOVE_GUARDS)
async def remove_guards(request: dict) -> dict:
    """Removes the policy assignments of a `GuardRequest`. Idempotent: what is gone stays so."""
    return await result_of(retire_image.remove_guards(GuardRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.STORE_CERTIFICATE)
async def store_certificate(request: dict) -> dict:
    """Stores the certificate of a `CertifyRequest`; returns a `Stored`. Idempotent: it is written once."""
    return await result_of(retire_image.certify(CertifyRequest.model_validate(request).certificate))


@blueprint.activity_trigger(input_name="request", activity=names.DELETE_MANAGED_IMAGE)
@blueprint.durable_client_input(client_name="client")
async def delete_managed_image(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Sends the DELETE of a `DeleteRequest` if nothing moved; returns a `DeleteAnswer`. Idempotent: it looks first."""
    return await result_of(retire_image.delete(client, DeleteRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.SEE_IMAGE)
async def see_image(request: dict) -> dict:
    """Returns the `Sight` for a `SeeRequest`. Writes nothing."""
    return await result_of(retire_image.see(SeeRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.COMPLETE_CERTIFICATE)
async def complete_certificate(request: dict) -> dict:
    """Stores what completes the certificate of a `CompleteRequest`. Idempotent: what is stored stays as it is."""
    return await result_of(retire_image.complete(CompleteRequest.model_validate(request)))
