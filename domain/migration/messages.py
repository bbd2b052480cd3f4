"""The inputs of the migration's orchestrators, and the ids of their child orchestrations."""

from pydantic import BaseModel

from domain.migration.status import TargetStatus
from domain.planning.requests import Overrides
from domain.resources.galleries import TargetRegion
from domain.resources.ids import ImageId
from domain.resources.provenance import MIGRATION_ID_PREFIX


def step_instance_id(step: str, migration: str, run: str, target: int) -> str:
    """The instance id of the orchestration that takes this step for the target-th gallery.

    `run` tells one run of a migration from the next: what a terminated run has left behind may still be at work.
    """
    return f"{step}-{migration.removeprefix(MIGRATION_ID_PREFIX)}-{run}-{target}"


class MigrationRequest(BaseModel):
    """The input of `migrate_image`."""

    image: ImageId
    started_by: str
    overrides: Overrides = Overrides()


class ImageRequest(BaseModel):
    """The input of `get_managed_image`."""

    image: ImageId


class AddRegionsRequest(MigrationRequest):
    """The input of `add_regions`: the versions as the migration left them, and the regions that they get besides."""

    rule: str | None = None
    fingerprint: str | None = None
    targets: list[TargetStatus]
    regions: list[TargetRegion]
    deadline_hours: float = 24
    first_poll_seconds: float = 60
    longest_poll_seconds: float = 600
