"""Activities about batches."""

from datetime import UTC, datetime

import azure.durable_functions as df

from activities.answers import answer
from adapters.task_hub import known_migration, start_migration
from domain import names
from domain.fleet.batches import BatchState, note_plan, note_started, note_status, startable, take_slice
from domain.migration.messages import MigrationRequest
from domain.planning.requests import PlanRequest
from domain.resources.images import ManagedImage
from services.container import services
from services.plan_migration import plan
from services.view_fleet import view_fleet

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.ADVANCE_BATCH)
@blueprint.durable_client_input(client_name="client")
async def advance_batch(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Bring a `BatchState` one step further.

    Asked twice, it finds the migrations of the first time running or ended: starting one again does nothing new.
    """
    state = BatchState.model_validate(request)
    return await answer(_plan(state, client) if state.request.dry_run else _advance(state, client))


async def _advance(state: BatchState, client: df.DurableOrchestrationClient) -> BatchState:
    """Look at what runs, select what comes next, and start what may be started."""
    for running in list(state.running):
        known = await known_migration(client, running.candidate.image)
        if known is not None:
            note_status(state, running, known.status, ended=not known.running)
    await _select(state, client)
    for candidate in startable(state):
        await start_migration(client, MigrationRequest(image=candidate.image, started_by=state.started_by))
        note_started(state, candidate)
    return state


async def _plan(state: BatchState, client: df.DurableOrchestrationClient) -> BatchState:
    """Select what comes next, and plan it without writing anything."""
    await _select(state, client)
    for candidate in list(state.pending):
        image = await services().compute.get_managed_image(candidate.image)
        planned = await plan(_plan_request(state, image)) if image is not None else None
        note_plan(state, candidate, planned)
    return state


def _plan_request(state: BatchState, image: ManagedImage) -> PlanRequest:
    return PlanRequest(image=image, started_by=state.started_by, now=datetime.now(UTC))


async def _select(state: BatchState, client: df.DurableOrchestrationClient) -> None:
    if not state.pending and not state.exhausted:
        take_slice(state, await view_fleet(client, state.request.scope, state.request.filter))
