"""The answers of the HTTP API: what a successful operation returns as JSON.

Each is made by its `of` from the domain's values, so that a new field of the domain does not become public by accident.
No field has a default unless it can be absent: what is not in the answer is not in the schema either.
"""

from api.answers.adoption import Adoption
from api.answers.base import Accepted, Answer, Links, UnreadableInstance
from api.answers.batches import Batch, Batches, BatchImage, ListedBatch
from api.answers.coverage import Coverage, ListedImage
from api.answers.diff import DefinitionCheck, Diff
from api.answers.explanations import ChosenNames, DefinitionHistory, ImageExplanation, VersionInRegion
from api.answers.health import Diagnosis, Health
from api.answers.images import Galleries, GalleryVersion, Image, Images
from api.answers.migrations import Migration, Migrations, MigrationTarget, StartedMigration
from api.answers.plans import Estimate, Plan, PlannedDefinition, PlannedTarget, PlannedVersion
from api.answers.policy import PolicyCheck, PolicyCounts, PreviewedImage, PreviewedNumber
from api.answers.promotions import PlannedPromotion, Promotion, Promotions
from api.answers.references import (
    GoneSubscription,
    PlannedRepoint,
    Reference,
    References,
    Repointed,
    Repointing,
    RepointPlans,
    UnreadKind,
)
from api.answers.retention import Lineage, Restoration, Retention, RetentionResult
from api.answers.retirements import Freeze, Retirement, RetirementCertificate, Retirements

__all__ = [
    "Accepted",
    "Adoption",
    "Answer",
    "Batch",
    "BatchImage",
    "Batches",
    "ChosenNames",
    "Coverage",
    "DefinitionCheck",
    "DefinitionHistory",
    "Diagnosis",
    "Diff",
    "Estimate",
    "Freeze",
    "Galleries",
    "GalleryVersion",
    "GoneSubscription",
    "Health",
    "Image",
    "ImageExplanation",
    "Images",
    "Lineage",
    "Links",
    "ListedBatch",
    "ListedImage",
    "Migration",
    "MigrationTarget",
    "Migrations",
    "Plan",
    "PlannedDefinition",
    "PlannedPromotion",
    "PlannedRepoint",
    "PlannedTarget",
    "PlannedVersion",
    "PolicyCheck",
    "PolicyCounts",
    "PreviewedImage",
    "PreviewedNumber",
    "Promotion",
    "Promotions",
    "Reference",
    "References",
    "RepointPlans",
    "Repointed",
    "Repointing",
    "Restoration",
    "Retention",
    "RetentionResult",
    "Retirement",
    "RetirementCertificate",
    "Retirements",
    "StartedMigration",
    "UnreadKind",
    "UnreadableInstance",
    "VersionInRegion",
]
