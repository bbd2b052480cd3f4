"""The inputs of `migrate_image`, `add_regions` and `get_managed_image`, and the ids of child orchestrations."""

import hashlib
from datetime import datetime

from pydantic import BaseModel

from domain.migration.memory import WatchMemory
from domain.migration.target import Journey, Widening
from domain.planning.plan import MigrationPlan
from domain.planning.requests import Overrides
from domain.planning.rollout import Pace, Rollout
from domain.proofs.proof import ProofStatus
from domain.resources.galleries import RegionProgress, TargetRegion
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.images import ManagedImage
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
    """The input of `migrate_image`; `journey` is how far it is, once it continues as new.

    With `batch_looks`, the batch that starts it looks at its versions, and says when one is done.
    """

    overrides: Overrides = Overrides()
    batch_looks: bool = False
    journey: Journey | None = None


class ImageRequest(BaseModel):
    """The input of `get_managed_image`."""

    image: ImageId


class PlanQuery(BaseModel):
    """The input of `plan_migration`; `now` is the orchestration's clock.

    An image of which Azure does not list the creation time yet is only planned if it may be `undated`. A `fresh` plan
    uses nothing that was read for others.
    """

    image: ImageId
    started_by: str
    overrides: Overrides = Overrides()
    now: datetime
    undated: bool = False
    fresh: bool = False


class PlannedImage(BaseModel):
    """The answer of `plan_migration`: the image as it is, None if there is none, and the plan for it.

    `memories` is what earlier migrations taught about the plan's targets, in their order.
    """

    image: ManagedImage | None = None
    plan: MigrationPlan | None = None
    memories: list[WatchMemory] = []


class WideningTarget(BaseModel):
    """A version that gets more regions: its regions as they were last seen, and those it is to have in the end.

    `proofs` are those that were made of it: more regions change nothing about them.
    """

    version_id: ImageVersionId
    regions: list[RegionProgress]
    rollout: Rollout
    proofs: list[ProofStatus] = []


class AddRegionsRequest(RunRequest):
    """The input of `add_regions`: the versions that a migration made, and the regions to add to them.

    `widening` is how far it is, once it continues as new.
    """

    rule: str | None = None
    fingerprint: str | None = None
    targets: list[WideningTarget]
    regions: list[TargetRegion]
    pace: Pace
    widening: Widening | None = None
