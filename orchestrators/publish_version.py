"""Begins one image version per target gallery: reserves a number in the ledger, then writes under that number."""

from collections.abc import Sequence
from datetime import timedelta

import azure.durable_functions as df

from domain import names
from domain.migration.publishing import (
    Publication,
    PublishRequest,
    Source,
    VersionsRequest,
    failed_for_good,
    ledger_key,
    left_behind,
    no_number,
)
from domain.migration.states import MigrationState
from domain.migration.target import PlannedTarget
from domain.planning.numbering import DefinitionVersions, Reservation, Reserved
from domain.planning.version_spec import VersionSpec
from domain.resources.ids import ImageVersionId
from orchestrators.run.activity_calls import (
    OnWait,
    Orchestration,
    StepFailedError,
    call_activity,
    call_entity,
)
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.steps import Step

blueprint = df.Blueprint()

# how often a number may turn out to be another source's: only writers besides Gallerist can take one
MOST_NUMBERS = 5
# how old the plan's numbers may be; the write looks once more at the one that was chosen
FRESH = timedelta(minutes=5)


def publish_versions(
    run: MigrationRun, targets: Sequence[PlannedTarget], source: Source
) -> Orchestration[None]:
    """Begins the targets' versions side by side. A target whose version cannot be begun fails by itself."""
    for target in targets:
        target.move(MigrationState.PUBLISHING)
    requests = [source.request(target.plan) for target in targets]
    results = yield from STEP.for_each(run, targets, requests)
    for target, result in zip(targets, results, strict=True):
        target.plan.numbers = None
        target.failure = result.failure
        if result.value is not None:
            target.status.version_id = result.value.version_id
            target.status.outcome = result.value.outcome
            target.operation_url, target.expected = result.value.operation_url, result.value.expected
            run.status.warnings = [*run.status.warnings, *result.value.warnings]


@blueprint.orchestration_trigger(context_name="context", orchestration=names.PUBLISH_VERSION)
def publish_version(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Begins one version; the input is a `PublishRequest`, the output a `StepResult` with a `Publication`."""
    return (yield from STEP.as_child(context))


def _publish(
    context: df.DurableOrchestrationContext, request: PublishRequest, on_wait: OnWait
) -> Orchestration[Publication]:
    """Reserves a number and begins the version.

    Takes the next number if another source has this one, or if the version under it has failed and stays so.
    """
    unwritable: list[ImageVersionId] = []
    for _ in range(MOST_NUMBERS):
        spec = yield from _reserve(context, request, unwritable, on_wait)
        publication = yield from call_activity(context, names.BEGIN_IMAGE_VERSION, spec, Publication, on_wait)
        if publication.outcome not in ("taken", "unwritable"):
            publication.warnings = [left_behind(version) for version in unwritable]
            return publication
        if publication.outcome == "unwritable":
            unwritable.append(publication.version_id)
        if request.wanted_version or request.spec.numbering.only:
            break
    if publication.failure is not None:
        raise StepFailedError(failed_for_good(publication.version_id, publication.failure))
    raise StepFailedError(no_number(f"version {publication.version_id} belongs to another source"))


def _reserve(
    context: df.DurableOrchestrationContext,
    request: PublishRequest,
    unwritable: Sequence[ImageVersionId],
    on_wait: OnWait,
) -> Orchestration[VersionSpec]:
    """Reserves a number in the definition's ledger, which gets to know the numbers in the gallery."""
    definition = request.spec.definition
    found = yield from _numbers(context, request, on_wait)
    # the plan's numbers are used once: another source has one that was not among them
    request.numbers = None
    versions = found.without([version.name for version in unwritable])
    reservation = Reservation(
        holder=f"{request.image.id.key}@{request.image.fingerprint}",
        wanted=request.wanted_version,
        numbering=request.spec.numbering,
        preferred=request.preferred_version,
        held=versions.held,
        held_failed=versions.held_failed,
        taken=versions.taken,
    )
    ledger = df.EntityId(names.VERSION_LEDGER, ledger_key(definition))
    reply = yield from call_entity(context, ledger, names.RESERVE, reservation, on_wait)
    reserved = Reserved.model_validate(reply)
    if reserved.version is None:
        raise StepFailedError(no_number(f"{definition}: {reserved.refused}", reserved.fix))
    held_source = versions.held_source if reserved.version == versions.held else None
    return request.spec.numbered(reserved.version, held_source)


def _numbers(
    context: df.DurableOrchestrationContext, request: PublishRequest, on_wait: OnWait
) -> Orchestration[DefinitionVersions]:
    """The numbers in the definition: those of the plan, or, if it is no longer fresh, as they are now."""
    planned = request.planned_at
    if request.numbers is not None and planned and context.current_utc_datetime - planned < FRESH:
        return request.numbers
    query = VersionsRequest(
        definition=request.spec.definition,
        image=request.image,
        copied_from=request.copied_from,
        has_bin=request.has_bin,
    )
    return (yield from call_activity(context, names.LIST_IMAGE_VERSIONS, query, DefinitionVersions, on_wait))


STEP = Step(names.PUBLISH_VERSION, PublishRequest, Publication, _publish)
