"""Reads how far a version is replicated, and changes its regions."""

from domain.migration.replication import (
    ExpectedVersion,
    RegionsRequest,
    RegionsUpdate,
    ReplicationReport,
    StatusRequest,
)
from services.container import services


async def read_replication(request: StatusRequest) -> ReplicationReport:
    """The report on the version: one read. Why it failed, only its long-running operation says (recorded)."""
    compute = services().compute
    version = await compute.get_image_version(request.version_id)
    error = None
    in_doubt = version is None or version.provisioning_state not in ("Creating", "Updating", "Succeeded")
    if request.operation_url and (in_doubt or request.asks_operation):
        error = await compute.get_operation_error(request.version_id, request.operation_url)
    if error is not None:
        # the operation may have failed after the version was read, and both must be of one moment
        version = await compute.get_image_version(request.version_id)
    report = ReplicationReport.of(version, request.regions, error, request.expected)
    if request.operation_url and report.completed:
        await compute.forget_operation(request.version_id)
    return report


async def change_regions(request: RegionsRequest) -> RegionsUpdate:
    """Adds or grows and removes regions. A repeated call finds nothing left to change."""
    update = await services().compute.begin_regions(
        request.version_id, request.put, request.remove, protect=request.protect, repeat=request.repeat
    )
    expected = ExpectedVersion.like(update.before) if update.written else None
    return RegionsUpdate(operation_url=update.operation_url, expected=expected)
