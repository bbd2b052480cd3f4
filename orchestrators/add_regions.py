"""Adds regions to versions that a migration made. Their managed image may no longer exist."""

import azure.durable_functions as df

from domain import names
from domain.migration.messages import AddRegionsRequest, WideningTarget
from domain.migration.replication import RegionsRequest, RegionsUpdate
from domain.migration.states import MigrationState
from domain.migration.status import End, TargetStatus
from domain.migration.target import Target, Widening
from orchestrators.replicate_versions import begin_watches, look
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.started import started_at

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.ADD_REGIONS)
def add_regions(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Widens the versions of the `AddRegionsRequest`; custom status and output are a `MigrationStatus`.

    It runs under the migration's own instance id, so that nothing else works on these versions meanwhile. An event for
    the image that arrives during this run starts nothing; the sweep finds an image that was replaced meanwhile.
    """
    request = AddRegionsRequest.model_validate(context.get_input())
    request.started_at = started_at(context, request)
    run = MigrationRun(context, request, request.widening.status if request.widening else None)
    if request.widening is None:
        targets = yield from _begin(run, request)
    else:
        targets = request.widening.targets
    if not (yield from look(run, targets)):
        request.widening = Widening(status=run.status, targets=targets)
        context.continue_as_new(request.model_dump(mode="json"))
        return None
    for target in targets:
        target.end()
    run.show_targets(targets)
    end = End.of_targets([target.status for target in targets])
    if end.state is MigrationState.UNVERIFIED:
        run.move(MigrationState.VERIFYING)
    return run.end(end)


def _begin(run: MigrationRun, request: AddRegionsRequest) -> Orchestration[list[Target]]:
    """Asks Azure for the regions of each version, and begins to watch them."""
    run.start()
    run.status.rule, run.status.fingerprint = request.rule, request.fingerprint
    targets = [_target(target, request) for target in request.targets]
    for state in (MigrationState.PREPARING, MigrationState.PUBLISHING):
        run.move(state)
        for target in targets:
            target.move(state)
    for target in targets:
        yield from _request_regions(run, target, request)
    run.move(MigrationState.REPLICATING)
    begin_watches(run, targets)
    return targets


def _target(target: WideningTarget, request: AddRegionsRequest) -> Target:
    """The target at the beginning of this run: the version's regions as they were last seen."""
    status = TargetStatus(
        definition=target.version_id.definition,
        version_id=target.version_id,
        outcome="updated",
        regions=target.regions,
        proofs=target.proofs,
    )
    return Target(status=status, rollout=target.rollout, pace=request.pace)


def _request_regions(run: MigrationRun, target: Target, request: AddRegionsRequest) -> Orchestration[None]:
    """Asks Azure for the regions. Those that the version already has stay unchanged."""
    assert target.status.version_id is not None  # noqa: S101 # the request names versions
    change = RegionsRequest(version_id=target.status.version_id, put=request.regions)
    try:
        update = yield from call_activity(
            run.context, names.UPDATE_REGIONS, change, RegionsUpdate, run.show_waiting
        )
    except StepFailedError as error:
        target.failure = error.failure
        return
    target.operation_url, target.expected = update.operation_url, update.expected
