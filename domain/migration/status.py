"""The status of one migration and of each of its target galleries."""

from pydantic import BaseModel

from domain.migration.replication import ReplicationReport
from domain.migration.results import Failure, Waiting
from domain.migration.states import MigrationState
from domain.resources.galleries import RegionProgress
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId


class TargetStatus(BaseModel):
    """One target gallery: what becomes of it, and which orchestration watches it meanwhile.

    `outcome` says what was found or done: created, updated, adopted.
    """

    definition: ImageDefinitionId
    version_id: ImageVersionId | None = None
    outcome: str | None = None
    state: MigrationState
    regions: list[RegionProgress] = []
    failure: Failure | None = None
    operation_url: str | None = None
    watched_by: str | None = None

    def seen(self, regions: list[RegionProgress]) -> "TargetStatus":
        """The target with what was just seen of its regions; those that were not looked at stay as they were."""
        looked_at = {region.region: region for region in regions}
        before = [looked_at.pop(region.region, region) for region in self.regions]
        return self.model_copy(update={"regions": [*before, *looked_at.values()]})

    def watched(self, instance_id: str) -> "TargetStatus":
        """The target while another orchestration watches its version; a target that failed is not watched."""
        return self.model_copy(update={"watched_by": instance_id}) if self.version_id else self

    def failed(self, failure: Failure) -> "TargetStatus":
        """The end of a target that could not be published."""
        return self.model_copy(update={"state": MigrationState.FAILED, "failure": failure})

    def ended(self, report: ReplicationReport) -> "TargetStatus":
        """The end of a target whose version was watched: partial where some regions serve already."""
        served = any(region.state == "Completed" for region in report.regions)
        state = MigrationState.PARTIAL if served else MigrationState.FAILED
        if report.completed:
            state = MigrationState.COMPLETED
        failure = None if report.completed else report.failure or _unexplained(report)
        return self.seen(report.regions).model_copy(update={"state": state, "failure": failure})


def _unexplained(report: ReplicationReport) -> Failure:
    """The failure of a version whose operation told nothing, or is forgotten: what the regions say."""
    missing = [region for region in report.regions if region.state != "Completed"]
    told = ", ".join(f"{region.region} ({region.details or region.state})" for region in missing)
    return Failure(
        code="ReplicationFailed",
        message=f"the version is not in every region: {told or 'no region was told of'}",
        cause="The service could not replicate the version, and its operation does not tell why any more.",
        fix="Start the migration again: it takes up the version where it stands.",
    )


class MigrationStatus(BaseModel):
    """The custom status and the output of `migrate_image`: everything a caller is told about a migration.

    `works` are the instance ids of the orchestrations that take its present step; each shows what it waits for.
    """

    image: ImageId
    state: MigrationState = MigrationState.PLANNED
    started_by: str = ""
    rule: str | None = None
    fingerprint: str | None = None
    reason: str | None = None
    fix: str | None = None
    waiting_for: Waiting | None = None
    works: list[str] = []
    warnings: list[str] = []
    failure: Failure | None = None
    targets: list[TargetStatus] = []
