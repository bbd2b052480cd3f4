"""Soft-deleted versions, as a gallery with soft delete keeps and lists them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from azure_compute_simulator.clock import Clock, timestamp
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId

# specified: the api-version whose list shows when a version ends
_TIMES_SHOWN_SINCE = "2026-03-03"
# documented: the default retention; that there is no grace period by default is inferred
_RETENTION_DAYS = 7


@dataclass(frozen=True)
class SoftDeleted:
    """A deleted version that a PUT restores until `gone_at`. Machines could use it until `unusable_at`."""

    version: Resource
    deleted_at: datetime
    unusable_at: datetime
    gone_at: datetime

    def is_usable(self, now: datetime) -> bool:
        """Whether machines can still be created from it, by its id (specified: `consumptionEndTime`)."""
        return now < self.unusable_at

    def as_json(self, api_version: str) -> Json:
        """Returns the row of the list of soft-deleted artifacts (specified)."""
        id_ = self.version.id
        gallery, definition, number = id_.names
        root = str(id_).removesuffix(f"/{gallery}/images/{definition}/versions/{number}")
        properties = {
            "resourceArmId": str(id_),
            "softDeletedArtifactType": "Images",
            "softDeletedTime": timestamp(self.deleted_at),
        }
        if api_version >= _TIMES_SHOWN_SINCE:
            properties |= {
                "consumptionEndTime": timestamp(self.unusable_at),
                "hardDeletionTargetTime": timestamp(self.gone_at),
            }
        return {
            "name": number,
            "id": f"{root}/{gallery}/softDeletedArtifactTypes/Images/artifacts/{definition}/versions/{number}",
            "type": "Microsoft.Compute/galleries/softDeletedArtifactTypes/artifacts/versions",
            "location": self.version.location,
            "properties": properties,
        }


class Bin:
    """The soft-deleted versions of all galleries, until they are gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, SoftDeleted] = {}

    def keep(self, version: Resource, policy: Json) -> None:
        """Keeps a deleted version for as long as its gallery's policy says."""
        at = self._clock.now()
        unusable_at = at + timedelta(days=policy.get("retentionPeriodInDays", _RETENTION_DAYS))
        gone_at = unusable_at + timedelta(days=policy.get("gracePeriodInDays", 0))
        self._kept[version.id.key] = SoftDeleted(version, at, unusable_at, gone_at)

    def take(self, version: ResourceId) -> Resource | None:
        """Takes a version out, to restore it or to purge it; None if it is not there any more."""
        self._purge()
        found = self._kept.pop(version.key, None)
        return found.version if found else None

    def usable(self, version: ResourceId) -> Resource | None:
        """Returns a version from which machines can still be created by its id."""
        found = self._kept.get(version.key)
        return found.version if found and found.is_usable(self._clock.now()) else None

    def below(self, parent: ResourceId) -> list[SoftDeleted]:
        """Returns what a gallery or definition has in the bin."""
        self._purge()
        return [kept for kept in self._kept.values() if kept.version.id.key.startswith(f"{parent.key}/")]

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()

    def _purge(self) -> None:
        now = self._clock.now()
        self._kept = {key: kept for key, kept in self._kept.items() if kept.gone_at > now}
