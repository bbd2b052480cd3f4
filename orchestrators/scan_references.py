"""Scans for references from an orchestration."""

import azure.durable_functions as df

from domain import names
from domain.references.scan import Scan, ScanRequest
from orchestrators.run.activity_calls import OnWait, Orchestration, call_activity


def scan_references(
    context: df.DurableOrchestrationContext, request: ScanRequest, on_wait: OnWait
) -> Orchestration[Scan]:
    """Scans every subscription expected. What cannot be read is in the scan's `unread`.

    Raises:
        StepFailedError: nothing could be read.
    """
    return (yield from call_activity(context, names.SCAN_REFERENCES, request, Scan, on_wait))
