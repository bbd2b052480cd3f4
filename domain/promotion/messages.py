"""The input of `promote_version`, its instance id, and the orders that people give to a promotion that runs."""

import hashlib
import json
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError

from domain.promotion.status import Action, PromotionStatus, Superseded
from domain.records.notices import NoticeTargets
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.regions import Region
from domain.starts import Start

PROMOTION_ID_PREFIX = "promotion-"

Order = Literal["pause", "resume", "abort", "rollback", "supersede"]
# the external events by which orders reach a promotion, the strongest first
BY_HAND = "by hand"
MOST_OBEYED = 20
ORDERS: tuple[Order, ...] = ("rollback", "abort", "supersede", "pause", "resume")


def promotion_id(definition: ImageDefinitionId) -> str:
    """The instance id of a definition's promotions: one at a time, whatever the case of its id."""
    return PROMOTION_ID_PREFIX + hashlib.sha256(definition.key.encode()).hexdigest()[:32]


class PromotionRequest(Start):
    """The input of `promote_version`.

    `rings` are in order; regions in no ring come last. An election may name its `regions`; a promotion has all regions
    of the version. A `rollback` carries what it restores as `status`; otherwise `status` is how far the promotion is,
    carried through `continue_as_new`. `superseded` is the promotion that it replaced.
    `obeyed` are the ids of the orders that it carried out.
    """

    version_id: ImageVersionId
    action: Action = "promote"
    rings: list[list[Region]] = Field(default=[])
    regions: list[Region] | None = None
    bake_hours: float = Field(default=0, ge=0)
    started_by: str
    targets: NoticeTargets = NoticeTargets()
    status: PromotionStatus | None = None
    superseded: Superseded | None = None
    obeyed: list[str] = Field(default=[])
    hears_again: bool = False

    def obey(self, *orders: str) -> None:
        """Notes orders as carried out; the host hands them over once more."""
        self.obeyed = [*self.obeyed, *orders][-MOST_OBEYED:]
        self.hears_again = bool(orders)

    @property
    def definition(self) -> ImageDefinitionId:
        """The definition whose `latest` changes."""
        return self.version_id.definition

    def is_like(self, other: "PromotionRequest") -> bool:
        """Whether both ask for the same; who asks makes no difference."""
        asked = ("version_id", "action", "rings", "regions", "bake_hours")
        return all(getattr(self, name) == getattr(other, name) for name in asked)


class Ordered(BaseModel):
    """The payload of an order: its id, who gave it, and for `supersede` the promotion that comes instead.

    By its id an order that arrives again is known: the host hands one over to the next execution once more.
    """

    id: str = BY_HAND
    by: str = ""
    request: PromotionRequest | None = None

    @classmethod
    def parse(cls, payload: Any) -> Self:
        """Reads a payload, which may arrive as a JSON string (azure-functions-durable-python #295)."""
        try:
            return cls.model_validate(json.loads(payload) if isinstance(payload, str) else payload)
        except (ValidationError, ValueError):
            return cls(by="somebody")
