"""The input of planning: an image, who wants it migrated, and what the request decides instead of the policy."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from domain.policy.sections import Choices
from domain.resources.images import ManagedImage, PurchasePlan


def _parse_choices(value: Any) -> Choices:
    """Ignores unknown keys: another version of the app may have written the message."""
    return Choices.model_validate(value, extra="ignore")


class Overrides(BaseModel):
    """What a request decides instead of the policy.

    `facts` are those of an earlier plan: the migration writes what they say, or nothing (domain/planning/facts.py).
    """

    choices: Annotated[Choices, BeforeValidator(_parse_choices)] = Choices()
    version: str | None = None
    plan: PurchasePlan | None = None
    end_of_life: datetime | None = None
    facts: dict[str, str] = Field(default={}, exclude_if=lambda facts: not facts)


class PlanRequest(BaseModel):
    """The input of `plan_migration`; `now` is the orchestration's clock."""

    image: ManagedImage
    started_by: str
    overrides: Overrides = Overrides()
    now: datetime

    @property
    def purchase_plan(self) -> PurchasePlan | None:
        """The plan in the request, or else in the image's tags."""
        return self.overrides.plan or self.image.purchase_plan
