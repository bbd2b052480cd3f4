"""Soft-deleted versions, as a gallery with soft delete keeps and lists them."""

from dataclasses import dataclass
from datetime import datetime

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.models.resources import Json, Resource

# specified: the api-version whose list shows when a version ends
_TIMES_SHOWN_SINCE = "2026-03-03"


@dataclass(frozen=True)
class SoftDeleted:
    """A deleted version that a PUT restores until `gone_at`. Machines could use it until `unusable_at`."""

    version: Resource
    deleted_at: datetime
    unusable_at: datetime
    gone_at: datetime

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
