"""How the images of a batch ended, or what a dry run plans for them."""

from pydantic import BaseModel

from domain.planning.plan import MigrationPlan
from domain.resources.ids import ImageDefinitionId, ImageId

# the API lists this many images that did not complete, or plans of a dry run; the counts are of all
MOST_RESULTS = 500


class ImageResult(BaseModel):
    """How one image of a batch ended, or what a dry run plans for it."""

    image: ImageId
    outcome: str
    reason: str | None = None
    fix: str | None = None
    definitions: list[ImageDefinitionId] = []
    regions: list[str] = []
    warnings: list[str] = []


def planned(image: ImageId, definitions: list[ImageDefinitionId], plan: MigrationPlan | None) -> ImageResult:
    """What a dry run plans for an image; without a plan, the image no longer exists."""
    if plan is None:
        return ImageResult(image=image, outcome="skipped", reason="the managed image does not exist")
    return ImageResult(
        image=image,
        outcome=plan.outcome,
        reason=plan.reason,
        fix=plan.fix,
        definitions=definitions,
        regions=[region.name for region in plan.targets[0].rollout.regions] if plan.targets else [],
        warnings=plan.warnings,
    )
