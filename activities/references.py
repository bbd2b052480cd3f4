"""Activities about references."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.references.parts import PlanScan, ScanPart
from domain.references.repoint import RepointRequest
from services import repoint
from services.references import plan_scan as plan
from services.references import scan_part

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.PLAN_SCAN)
async def plan_scan(request: dict) -> dict:
    """Returns the `ScanPlan` for a `PlanScan`. Idempotent: a subscription that was seen is remembered once."""
    return await result_of(plan(PlanScan.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.SCAN_REFERENCES)
async def scan_references(request: dict) -> dict:
    """Reads a `ScanPart`; returns a `PartScan`, which may say where to go on. Changes no resource."""
    return await result_of(scan_part(ScanPart.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.BEGIN_REPOINT)
async def begin_repoint(request: dict) -> dict:
    """Changes one consumer as its `RepointPlan` says; returns the plan. Idempotent: looks before it writes."""
    return await result_of(repoint.begin(RepointRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.GET_REPOINT_STATUS)
async def get_repoint_status(request: dict) -> dict:
    """Returns what one consumer names now, as a `RepointLook`. Writes nothing."""
    return await result_of(repoint.look(RepointRequest.model_validate(request)))
