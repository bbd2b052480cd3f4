"""The inputs of `migrate_image`, `add_regions` and `get_managed_image`, and the ids of child orchestrations."""

import hashlib

from pydantic import BaseModel

from domain.planning.requests import Overrides
from domain.planning.rollout import Pace, Rollout
from domain.proofs.proof import ProofStatus
from domain.resources.galleries import RegionProgress, TargetRegion
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.provenance import MIGRATION_ID_PREFIX
from domain.starts import Start


def child_instance_id(step: str, migration: str, run: str, key: str) -> str:
    """The instance id of the child orchestration that takes a step for what the key names: mostly a target gallery.

    `run` differs between runs of one migration: children of a terminated run may still be running.
    """
    target = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{step}-{migration.removeprefix(MIGRATION_ID_PREFIX)}-{run}-{target}"


class RunRequest(Start):
    """What every orchestration under an image's migration id is started with."""

    image: ImageId
    started_by: str


class MigrationRequest(RunRequest):
    """The input of `migrate_image`."""

    overrides: Overrides = Overrides()


class ImageRequest(BaseModel):
    """The input of `get_managed_image`."""

    image: ImageId


class WideningTarget(BaseModel):
    """A version that gets more regions: its regions as they were last seen, and those it is to have in the end.

    `proofs` are those that were made of it: more regions change nothing about them.
    """

    version_id: ImageVersionId
    regions: list[RegionProgress]
    rollout: Rollout
    proofs: list[ProofStatus] = []


class AddRegionsRequest(RunRequest):
    """The input of `add_regions`: the versions that a migration made, and the regions to add to them."""

    rule: str | None = None
    fingerprint: str | None = None
    targets: list[WideningTarget]
    regions: list[TargetRegion]
    pace: Pace
