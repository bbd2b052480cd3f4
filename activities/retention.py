"""Activities about the retention of versions."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.retention.restore import RestoreRequest
from domain.retention.run import PlanRequest, StepRequest
from services.plan_retention import plan_retention as make_plan
from services.restore_version import restore as take_step_up
from services.retention_steps import confirm_step, take_step

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.PLAN_RETENTION)
async def plan_retention(request: dict) -> dict:
    """Returns the `RetentionPlan` for a `PlanRequest`; null if the definition does not exist. Writes nothing."""
    return await result_of(make_plan(PlanRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.TAKE_RETENTION_STEP)
@blueprint.durable_client_input(client_name="client")
async def take_retention_step(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Begins the step of a `StepRequest`; returns a `StepAnswer`. Idempotent: finds a step that it has begun."""
    return await result_of(take_step(client, StepRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.CONFIRM_RETENTION_STEP)
async def confirm_retention_step(request: dict) -> dict:
    """Returns the `Confirmation` of a `StepRequest`. Writes nothing."""
    return await result_of(confirm_step(StepRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.RESTORE)
async def restore(request: dict) -> dict:
    """Takes the version of a `RestoreRequest` a step up; returns a `RestoreAnswer`. Idempotent: finds what it began."""
    return await result_of(take_step_up(RestoreRequest.model_validate(request)))
