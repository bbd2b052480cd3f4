"""Begins one image version in one gallery: a number from the ledger, then the write under that number."""

import azure.durable_functions as df

from domain import names
from domain.migration.publishing import (
    VERSION_TAKEN,
    DefinitionVersions,
    Publication,
    PublishRequest,
    VersionsRequest,
    ledger_key,
)
from domain.migration.results import Failure
from domain.migration.states import MigrationState
from domain.migration.status import TargetStatus
from domain.planning.numbering import Reservation, Reserved
from orchestrators.steps import StepFailedError, Steps, ask, shown_as_custom_status

blueprint = df.Blueprint()

# how often a number may turn out to be another source's: only writers besides Gallerist can take one
MOST_NUMBERS = 5


@blueprint.orchestration_trigger(context_name="context", orchestration=names.PUBLISH_VERSION)
def publish_version(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Begin what the `PublishRequest` says; returns a `TargetStatus`, failures included as values.

    The failure is a value: several of these run side by side, and one that raised would take the others' results.
    """
    request = PublishRequest.model_validate(context.get_input())
    status = TargetStatus(definition=request.spec.definition, state=MigrationState.PUBLISHING)
    try:
        begun = yield from _publish(context, request)
    except StepFailedError as error:
        return status.failed(error.failure).model_dump(mode="json")
    told = {"state": MigrationState.REPLICATING, **begun.model_dump()}
    return status.model_copy(update=told).model_dump(mode="json")


def _publish(context: df.DurableOrchestrationContext, request: PublishRequest) -> Steps[Publication]:
    """Reserve a number and begin the version under it; where another source has the number, take the next."""
    for _ in range(MOST_NUMBERS):
        number = yield from _reserve(context, request)
        spec = request.spec.model_copy(update={"version": number})
        publication = yield from ask(
            context, names.BEGIN_IMAGE_VERSION, spec, Publication, shown_as_custom_status(context)
        )
        if publication.outcome != "taken":
            return publication
        if request.wanted_version or request.spec.numbering.only:
            break
    raise StepFailedError(_no_number(f"version {publication.version_id} belongs to another source"))


def _reserve(context: df.DurableOrchestrationContext, request: PublishRequest) -> Steps[str]:
    """Ask the definition's ledger for a number, telling it what the gallery shows as taken."""
    definition = request.spec.definition
    asked = VersionsRequest(definition=definition, image=request.image)
    versions = yield from ask(
        context, names.LIST_IMAGE_VERSIONS, asked, DefinitionVersions, shown_as_custom_status(context)
    )
    reservation = Reservation(
        holder=f"{request.image.id.key}@{request.image.fingerprint}",
        wanted=request.wanted_version,
        numbering=request.spec.numbering,
        preferred=request.preferred_version,
        held=versions.held,
        taken=versions.taken,
    )
    ledger = df.EntityId(names.VERSION_LEDGER, ledger_key(definition))
    reply = yield context.call_entity(ledger, names.RESERVE, reservation.model_dump(mode="json"))
    reserved = Reserved.model_validate(reply)
    if reserved.version is None:
        raise StepFailedError(_no_number(f"{definition}: {reserved.refused}"))
    return reserved.version


def _no_number(message: str) -> Failure:
    return Failure(
        code=VERSION_TAKEN,
        message=message,
        cause="A version's source is fixed, and one image's content is one version; Gallerist never writes over one.",
        fix="Ask for another version, correct the name or the tag that gives it, or leave the number to Gallerist.",
    )
