"""Activities about references."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.references.scan import ScanRequest
from services.references import scan

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.SCAN_REFERENCES)
async def scan_references(request: dict) -> dict:
    """Returns the `Scan` for a `ScanRequest`. Writes nothing."""
    return await result_of(scan(ScanRequest.model_validate(request)))
