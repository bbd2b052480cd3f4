"""What crosses the durable boundary: names of functions and the JSON they take and give, as models.

Unknown keys are tolerated and missing ones have defaults where a running orchestration may hold an older form.
"""

import hashlib
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from domain.errors import ArmError, NotYetError, PolicyError, diagnose
from domain.galleries import ImageVersion, RegionProgress, TargetRegion
from domain.images import ManagedImage, PurchasePlan
from domain.policy_sections import Choices
from domain.regions import canonical_region
from domain.resource_ids import MIGRATION_ID_PREFIX, ImageDefinitionId, ImageId, ImageVersionId
from domain.states import MigrationState
from domain.versions import Numbering

# orchestrators
MIGRATE_IMAGE = "migrate_image"
MIGRATE_BATCH = "migrate_batch"
ADD_REGIONS = "add_regions"
PREPARE_DEFINITION = "prepare_definition"
PUBLISH_VERSION = "publish_version"
WATCH_REPLICATION = "watch_replication"
# activities
GET_MANAGED_IMAGE = "get_managed_image"
PLAN_MIGRATION = "plan_migration"
ENSURE_IMAGE_DEFINITION = "ensure_image_definition"
LIST_MANAGED_IMAGES = "list_managed_images"
LIST_IMAGE_VERSIONS = "list_image_versions"
BEGIN_IMAGE_VERSION = "begin_image_version"
GET_REPLICATION_STATUS = "get_replication_status"
UPDATE_REGIONS = "update_regions"
ADVANCE_BATCH = "advance_batch"
# entities
VERSION_LEDGER = "version_ledger"
RESERVE = "reserve"

# the code of a failure that no retry mends: a number that belongs to another source
VERSION_TAKEN = "VersionTaken"

Value = TypeVar("Value")


def step_instance_id(step: str, migration: str, run: str, target: int) -> str:
    """The instance id of the orchestration that takes this step for the target-th gallery.

    `run` tells one run of a migration from the next: what a terminated run has left behind may still be at work.
    """
    return f"{step}-{migration.removeprefix(MIGRATION_ID_PREFIX)}-{run}-{target}"


def ledger_key(definition: ImageDefinitionId) -> str:
    """The key of a definition's version ledger: entity keys take no slashes."""
    return hashlib.sha256(definition.key.encode()).hexdigest()


class Failure(BaseModel):
    """Why a step gave up: ARM's own code and text, and what they mean."""

    code: str
    message: str
    http_status: int = 0
    cause: str = ""
    fix: str = ""


class Wait(BaseModel):
    """A step that could not answer yet; `retry_after_seconds` is the service's wish, if it sent one.

    A step that is `throttled` is waited for as long as the migration may take, any other one a number of times.
    """

    reason: str
    retry_after_seconds: int | None = None
    throttled: bool = False
    failure: Failure


class Waiting(BaseModel):
    """What an orchestration waits for at the moment: why, and until when."""

    reason: str
    until: datetime


class StepStatus(BaseModel):
    """The custom status of an orchestration that takes one step of a migration."""

    waiting_for: Waiting | None = None


class Answer(BaseModel, Generic[Value]):
    """What an activity gives: exactly one of a value, a wait and a failure."""

    value: Value | None = None
    wait: Wait | None = None
    failure: Failure | None = None


def failure_of(error: ArmError) -> Failure:
    """What the error says, and what it means."""
    diagnosis = diagnose(error)
    return Failure(
        code=error.code,
        message=error.message,
        http_status=error.status,
        cause=diagnosis.cause,
        fix=diagnosis.fix,
    )


def refusal(error: ArmError) -> Answer[None]:
    """The answer of an activity that met an ARM error: a wait where waiting helps, else a failure."""
    failure, retry = failure_of(error), diagnose(error).retry
    if retry == "never":
        return Answer(failure=failure)
    wait = Wait(
        reason=f"{error.code}: {failure.cause}",
        retry_after_seconds=error.retry_after_seconds,
        throttled=retry == "throttled",
        failure=failure,
    )
    return Answer(wait=wait)


def policy_unusable(error: PolicyError) -> Answer[None]:
    """The answer of an activity that has no policy to go by: a wait, for somebody may be mending it."""
    fix = "Correct the policy; GET /api/health tells whether it can be used."
    failure = Failure(code="PolicyUnusable", message=str(error), cause="The policy cannot be used.", fix=fix)
    return Answer(wait=Wait(reason=str(error), failure=failure))


def not_yet(error: NotYetError) -> Answer[None]:
    """The answer of an activity that found something under way."""
    failure = Failure(code="NotYet", message=str(error), fix="Start the migration again later.")
    return Answer(wait=Wait(reason=str(error), failure=failure))


class Overrides(BaseModel):
    """What a request decides instead of the policy."""

    choices: Choices = Choices()
    version: str | None = None
    plan: PurchasePlan | None = None
    end_of_life: datetime | None = None


class MigrationRequest(BaseModel):
    """The input of `migrate_image`."""

    image: ImageId
    started_by: str
    overrides: Overrides = Overrides()


class ImageRequest(BaseModel):
    """The input of `get_managed_image`."""

    image: ImageId


class SubscriptionRequest(BaseModel):
    """The input of `list_managed_images`."""

    subscription: str


class ImageList(BaseModel):
    """The answer of `list_managed_images`."""

    images: list[ManagedImage]


class PlanRequest(BaseModel):
    """The input of `plan_migration`; `now` is the orchestration's clock."""

    image: ManagedImage
    started_by: str
    overrides: Overrides = Overrides()
    now: datetime


class VersionSpec(BaseModel):
    """An image version as it should be: the input of `begin_image_version`, with the number left to fill in."""

    definition: ImageDefinitionId
    version: str | None = None
    numbering: Numbering = Numbering()
    location: str
    source: str
    regions: list[TargetRegion]
    data_disk_luns: list[int] = []
    exclude_from_latest: bool = True
    end_of_life: datetime | None = None
    tags: dict[str, str] = {}

    @property
    def id(self) -> ImageVersionId:
        """The version's resource id, once it has a number."""
        if self.version is None:
            raise ValueError(f"no number was reserved for a version of {self.definition}")
        return self.definition.version(self.version)


class Publication(BaseModel):
    """What `begin_image_version` did. `taken`: the number belongs to another source, and nothing was written."""

    outcome: str
    version_id: ImageVersionId
    operation_url: str | None = None


class PublishRequest(BaseModel):
    """The input of `publish_version`: a caller may demand a version, the first gallery's number is preferred."""

    image: ManagedImage
    spec: VersionSpec
    wanted_version: str | None = None
    preferred_version: str | None = None


class VersionsRequest(BaseModel):
    """The input of `list_image_versions`: which numbers are gone, and does one hold this image already?"""

    definition: ImageDefinitionId
    image: ManagedImage


class DefinitionVersions(BaseModel):
    """The numbers that a definition shows: `held` holds the image's content already, `taken` something else."""

    held: str | None = None
    taken: list[str] = []


class Reservation(BaseModel):
    """The input of the ledger's `reserve`: who wants a number, and which ones the gallery shows as gone.

    `wanted` is a caller's demand, `numbering` what the policy makes of the image, `preferred` the number of the
    same content in the first gallery.
    """

    holder: str
    wanted: str | None = None
    numbering: Numbering = Numbering()
    preferred: str | None = None
    held: str | None = None
    taken: list[str] = []


class Reserved(BaseModel):
    """The ledger's answer: the number, or why there is none."""

    version: str | None = None
    refused: str | None = None


class StatusRequest(BaseModel):
    """The input of `get_replication_status`."""

    version_id: ImageVersionId
    operation_url: str | None = None
    regions: list[str]


class RegionsRequest(BaseModel):
    """The input of `update_regions`: regions to have with these replica counts, and regions to be without."""

    version_id: ImageVersionId
    put: list[TargetRegion] = []
    remove: list[str] = []


class RegionsUpdate(BaseModel):
    """The answer of `update_regions`; no URL where the regions were as wanted."""

    operation_url: str | None = None


class ReplicationReport(BaseModel):
    """How far a version is: ARM's provisioning state, every wanted region, and why it failed if it did.

    The state is `Missing` where ARM does not know the version, `Unknown` where it was not asked.
    """

    provisioning_state: str
    regions: list[RegionProgress]
    failure: Failure | None = None
    waiting_for: Waiting | None = None

    @classmethod
    def of(
        cls, version: ImageVersion | None, regions: list[str], error: ArmError | None
    ) -> "ReplicationReport":
        """The report on the wanted regions; a region that ARM does not tell of is unknown, never done."""
        told = {canonical_region(region.region): region for region in (version and version.replication) or []}
        return cls(
            provisioning_state=version.provisioning_state if version else "Missing",
            regions=[
                told[name].model_copy(update={"region": name})
                if name in told
                else RegionProgress(region=name)
                for name in regions
            ],
            failure=failure_of(error) if error else None,
        )

    @classmethod
    def unknown(cls, regions: list[str], failure: Failure | None) -> "ReplicationReport":
        """The report where the version could not be read."""
        unknown = [RegionProgress(region=region) for region in regions]
        return cls(provisioning_state="Unknown", regions=unknown, failure=failure)

    @property
    def completed(self) -> bool:
        """Whether every wanted region is there: `Succeeded` alone does not say so (reported by users)."""
        everywhere = bool(self.regions) and all(region.state == "Completed" for region in self.regions)
        return everywhere and self.provisioning_state == "Succeeded"


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


class AddRegionsRequest(MigrationRequest):
    """The input of `add_regions`: the versions as the migration left them, and the regions that they get besides."""

    rule: str | None = None
    fingerprint: str | None = None
    targets: list[TargetStatus]
    regions: list[TargetRegion]
    deadline_hours: float = 24
    first_poll_seconds: float = 60
    longest_poll_seconds: float = 600
