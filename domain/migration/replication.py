"""Replication of one version: the report on its regions, the request to bring it there, and how long to wait.

`domain.migration.rollout_steps` decides what to do about a report.
"""

import math
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel

from domain.errors import ArmError
from domain.migration.hints import HintRecord
from domain.planning.rollout import Pace, Rollout
from domain.resources.galleries import ImageVersion, RegionProgress, TargetRegion
from domain.resources.ids import ImageVersionId
from domain.resources.operations import OperationUrl
from domain.resources.provenance import FINGERPRINT_TAG
from domain.resources.regions import canonical_region
from domain.results import Failure, failure_of

# a version that was just begun may be missing from an answer or two
LOOKS_FOR_A_MISSING_VERSION = 5
# a look that comes later than this after its time means that the app was away: stopped, or without a worker
LONGEST_DELAY = timedelta(minutes=5)
# how long no region makes progress before the version's operation is asked, too
STANDSTILL = timedelta(hours=2)
# the code of a failure of a version that does not show what was written
VERSION_DIFFERS = "VersionDiffers"


class ExpectedVersion(BaseModel):
    """What a version must show after a write. None means that it was not written, so it is not compared."""

    source: str | None = None
    fingerprint: str | None = None
    exclude_from_latest: bool | None = None

    @classmethod
    def like(cls, version: ImageVersion) -> Self:
        """What the version shows now, and must show after a write to it."""
        return cls(
            source=version.source,
            fingerprint=version.tags.get(FINGERPRINT_TAG),
            exclude_from_latest=version.exclude_from_latest,
        )

    def other_content(self, version: ImageVersion) -> Failure | None:
        """The failure of a version that holds something else. Tags that others removed say nothing."""
        fingerprint = version.tags.get(FINGERPRINT_TAG)
        if _differ(self.source, version.source):
            found = f"was made from {version.source}, not from {self.source}"
        elif _differ(self.fingerprint, fingerprint):
            found = f"has the content {fingerprint}, not {self.fingerprint}"
        else:
            return None
        return Failure(
            code=VERSION_DIFFERS,
            message=f"after the write, version {version.id} {found}",
            cause="Azure restored a deleted version of this number, or somebody else wrote it at the same time.",
            fix="Start the migration again: the number counts as taken, and the image gets another one. Then delete "
            "this version again if it was deleted before and should stay so.",
        )

    def other_latest(self, version: ImageVersion) -> Failure | None:
        """The failure of a version that is or is not excluded from `latest` although the write said otherwise."""
        if self.exclude_from_latest in (None, version.exclude_from_latest):
            return None
        return Failure(
            code=VERSION_DIFFERS,
            message=f"after the write, version {version.id} has excludeFromLatest {version.exclude_from_latest}, "
            f"not {self.exclude_from_latest}",
            cause="Somebody else, or a policy of Azure, changed the version at the same time.",
            fix="Set excludeFromLatest on the version as it should be, then start the migration again: it continues "
            "with the version as it is.",
        )

    def written(self) -> Self:
        """What is compared once the write has been seen: others may promote the version from then on."""
        copy = self.model_copy()
        copy.exclude_from_latest = None
        return copy


def _differ(expected: str | None, found: str | None) -> bool:
    return expected is not None and found is not None and expected.lower() != found.lower()


class StatusRequest(BaseModel):
    """The input of `get_replication_status`; the version is compared with `expected`.

    Its operation is asked where the version has failed or is missing, and always with `asks_operation`.
    """

    version_id: ImageVersionId
    operation_url: OperationUrl | None = None
    regions: list[str]
    expected: ExpectedVersion | None = None
    asks_operation: bool = False


class RegionsRequest(BaseModel):
    """The input of `update_regions`: the regions to add or grow, and the regions to remove.

    `protect` forbids the removal of regions again, which a removal allows. `repeat` writes even if nothing changes:
    the service's way to repair a region that it does not remove.
    """

    version_id: ImageVersionId
    put: list[TargetRegion] = []
    remove: list[str] = []
    protect: bool = False
    repeat: bool = False


class RegionsUpdate(BaseModel):
    """The answer of `update_regions`: its operation, and what the version showed before the write.

    Both are None where the version already had these regions and nothing was written.
    """

    operation_url: OperationUrl | None = None
    expected: ExpectedVersion | None = None


class ReplicationReport(BaseModel):
    """The state of a version: ARM's provisioning state, every wanted region, and the failure if it failed.

    The provisioning state is `Missing` where ARM has no such version, `Unknown` where ARM could not be read.
    `removal_allowed` says whether ARM would remove the version from regions that have it. `listed` are the regions that
    the version itself names. `differs` says that it holds something else, and `objection` is a failure that does not
    stop the replication.
    """

    provisioning_state: str
    regions: list[RegionProgress]
    removal_allowed: bool = False
    listed: list[str] | None = None
    differs: bool = False
    objection: Failure | None = None
    failure: Failure | None = None

    @classmethod
    def of(
        cls,
        version: ImageVersion | None,
        regions: list[str],
        error: ArmError | None,
        expected: ExpectedVersion | None = None,
    ) -> Self:
        """The report on the wanted regions. A region that ARM does not list is unknown, never done.

        No region has the wanted version if the version under its number holds something else.
        """
        other = expected.other_content(version) if expected and version else None
        if version and other:
            report = cls.unknown(regions, other)
            report.provisioning_state, report.differs = version.provisioning_state, True
            return report
        listed = {canonical_region(found.region): found for found in (version and version.replication) or []}
        return cls(
            provisioning_state=version.provisioning_state if version else "Missing",
            regions=[_progress(name, listed.get(name)) for name in regions],
            removal_allowed=version is not None and version.removal_allowed,
            listed=[region.name for region in version.target_regions] if version else None,
            objection=expected.other_latest(version) if expected and version else None,
            failure=failure_of(error) if error else None,
        )

    @classmethod
    def unknown(cls, regions: list[str], failure: Failure | None) -> Self:
        """The report where the version could not be read."""
        unknown = [RegionProgress(region=region) for region in regions]
        return cls(provisioning_state="Unknown", regions=unknown, failure=failure)

    @property
    def completed(self) -> bool:
        """Every wanted region has the version. `Succeeded` alone does not mean that (reported by users)."""
        everywhere = bool(self.regions) and all(region.state == "Completed" for region in self.regions)
        return everywhere and self.provisioning_state == "Succeeded" and self.failure is None

    @property
    def serves_somewhere(self) -> bool:
        """At least one region has the version."""
        return any(region.state == "Completed" for region in self.regions)

    @property
    def missing_regions(self) -> list[RegionProgress]:
        """The regions that do not have the version yet."""
        return [region for region in self.regions if region.state != "Completed"]

    def failed(self, failure: Failure) -> Self:
        """The same report with a failure."""
        copy = self.model_copy()
        copy.failure = failure
        return copy

    def explain(self) -> Failure:
        """Why the version is not in every region: its failure, or else what the regions report."""
        if self.failure is not None:
            return self.failure
        regions = ", ".join(f"{one.region} ({self._why(one)})" for one in self.missing_regions)
        return Failure(
            code="ReplicationFailed",
            message=f"the version is not in every region: {regions or 'no region reported its status'}",
            cause="Azure could not replicate the version, and its operation no longer says why.",
            fix="Start the migration again: it continues with the version as it is.",
        )

    def _why(self, region: RegionProgress) -> str:
        dropped = self.listed is not None and region.region not in self.listed
        return region.details or ("not among the version's regions" if dropped else region.state)


def _progress(name: str, listed: RegionProgress | None) -> RegionProgress:
    if listed is None:
        return RegionProgress(region=name)
    return RegionProgress(region=name, state=listed.state, progress=listed.progress, details=listed.details)


class Standstill(BaseModel):
    """A region's progress, in percent, and since when it has not changed."""

    progress: int
    since: datetime


class RolloutState(BaseModel):
    """How far a rollout is; carried from look to look.

    `protected` says whether the removal of regions was forbidden before the rollout removed those of `removed`.
    """

    wave: int = 0
    raised: bool = False
    removed: list[str] = []
    protected: bool = False
    attempts: dict[str, int] = {}
    standstills: dict[str, Standstill] = {}

    def later(self, delay: timedelta) -> Self:
        """The state with every standstill begun later."""
        copy = self.model_copy()
        copy.standstills = {
            region: Standstill(progress=one.progress, since=one.since + delay)
            for region, one in self.standstills.items()
        }
        return copy


class Watch(BaseModel):
    """The watch over one version, carried from look to look.

    `due` is when the next look comes, `looked_at` when the last one came, `written_at` when the version or its regions
    were last written, `moved_at` when a region last made `progress`, as it was seen. `objection` is a failure that one
    of the looks found and that remains at the end. `refusals` counts the times in a row that a write was put off.
    `hints` and `usual_seconds` are what is known of the gallery's hints and of versions like this one. `batch_looks`:
    the batch that started the migration looks at the version, too.
    """

    version_id: ImageVersionId
    operation_url: OperationUrl | None = None
    expected: ExpectedVersion | None = None
    objection: Failure | None = None
    rollout: Rollout
    pace: Pace
    started_at: datetime
    written_at: datetime
    moved_at: datetime
    due: datetime
    looked_at: datetime | None = None
    progress: dict[str, str] = {}
    hints: HintRecord = HintRecord()
    batch_looks: bool = False
    usual_seconds: list[float] = []
    state: RolloutState = RolloutState()
    looks_missing: int = 0
    refusals: int = 0

    @property
    def region_names(self) -> list[str]:
        """All regions that the version is to have."""
        return [region.name for region in self.rollout.regions]

    @property
    def deadline(self) -> datetime:
        """When to stop waiting for the regions."""
        return self.started_at + timedelta(hours=self.pace.deadline_hours)

    @property
    def last_seen_at(self) -> datetime:
        """When the version was last known not to be done: at the last look, or when it was written."""
        return max(self.looked_at or self.written_at, self.written_at)

    def known_not_done_at(self, moment: datetime | None, now: datetime) -> Self:
        """The watch, where somebody else saw that the version was not done at that moment."""
        if moment is None or not self.last_seen_at < moment <= now:
            return self
        copy = self.model_copy()
        copy.looked_at = moment
        return copy

    def seconds_until_done(self, now: datetime, *, hinted: bool) -> float:
        """How long the replication took that this look found done: a hint comes at its end, else it was before."""
        end = now if hinted else self.last_seen_at + (now - self.last_seen_at) / 2
        return (end - self.written_at).total_seconds()

    def query(self, now: datetime) -> StatusRequest:
        """What the next look asks. Of a version that stands still, its operation may know more than it does."""
        return StatusRequest(
            version_id=self.version_id,
            operation_url=self.operation_url,
            regions=self.region_names,
            expected=self.expected,
            asks_operation=now - self.moved_at >= STANDSTILL,
        )

    def after_look(self, report: ReplicationReport, state: RolloutState, now: datetime) -> Self:
        """The watch after a look: the rollout's new state, and the looks in a row that found no version."""
        copy = self.model_copy()
        copy.looked_at = now
        copy.progress = {one.region: f"{one.state} {one.progress}" for one in report.regions}
        if copy.progress != self.progress:
            copy.moved_at = now
        copy.state, copy.refusals = state, 0
        copy.looks_missing = self.looks_missing + 1 if report.provisioning_state == "Missing" else 0
        copy.objection = self.objection or report.objection
        if self.expected and report.provisioning_state not in ("Missing", "Unknown"):
            copy.expected = self.expected.written()
        return copy

    def without_time_away(self, now: datetime) -> Self:
        """The watch after a look that comes late: time for which the app was away counts against nobody.

        The deadline, and what counts as stuck, move by that time.
        """
        away = now - self.due
        if away < LONGEST_DELAY:
            return self
        copy = self.model_copy()
        copy.started_at = self.started_at + away
        copy.state = self.state.later(away)
        return copy

    def following(self, update: RegionsUpdate, now: datetime) -> Self:
        """The watch after a write of regions, with its long-running operation and what it must have kept."""
        copy = self.model_copy()
        copy.operation_url, copy.written_at, copy.moved_at = update.operation_url, now, now
        if update.expected is not None:
            copy.expected = update.expected
        return copy

    def put_off(self, before: Self, *, counts: bool) -> Self:
        """The watch after a look whose write Azure put off: the next look decides again what the rollout needs."""
        copy = self.model_copy()
        copy.state, copy.refusals = before.state, before.refusals + (1 if counts else 0)
        return copy

    def due_in(self, seconds: float, now: datetime) -> Self:
        """The watch with its next look in so many seconds."""
        copy = self.model_copy()
        # the host's timers wait for whole seconds, and forget the rest
        copy.due = now + timedelta(seconds=math.ceil(seconds))
        return copy


def out_of_patience(watch: Watch, report: ReplicationReport, now: datetime) -> Failure | None:
    """The failure of a version that is gone or past its deadline; None while waiting makes sense."""
    if watch.looks_missing >= LOOKS_FOR_A_MISSING_VERSION:
        return Failure(
            code="VersionGone",
            message=f"the image version {watch.version_id} no longer exists",
            cause="Somebody deleted it while it was replicated.",
            fix="Start the migration again to publish it once more.",
        )
    if now < watch.deadline:
        return None
    missing = ", ".join(region.region for region in report.missing_regions)
    return Failure(
        code="ReplicationDeadlinePassed",
        message=f"not replicated by {watch.deadline.isoformat()}: {missing or 'the version is still being created'}",
        cause="Replication took longer than the policy's deadline. Azure may still finish it.",
        fix="Start the migration again to continue waiting, or raise replication.deadline_hours in the policy.",
    )


def unprotected(failure: Failure, version: ImageVersionId, refusal: Failure) -> Failure:
    """The failure of a version whose regions can still be removed, because the last write was refused."""
    copy = failure.model_copy()
    reason = f"A region was removed to repair it, and protecting the version again failed: {refusal.message}"
    copy.cause = f"{failure.cause} {reason}"
    copy.fix = f"{failure.fix} Set allowDeletionOfReplicatedLocations to false on {version}, unless it was true before."
    return copy
