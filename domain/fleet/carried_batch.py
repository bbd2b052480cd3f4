"""What a batch carries from step to step, and its form as JSON."""

from datetime import datetime
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from domain.fleet.batch_images import Candidate, RunningMigration
from domain.fleet.batch_results import ImageResult
from domain.fleet.coverage import Category
from domain.fleet.definition_looks import DefinitionLooks
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import StartPace
from domain.fleet.states import HasBatchState
from domain.fleet.walk import Walk
from domain.packing import pack, unpack
from domain.policy.sections import Match
from domain.results import Failure
from domain.starts import Start

# With more images than this, the fields with a record for each of them are packed, and with them how far the batch is:
# 0.1.0, which cannot unpack, then begins at the first image again, and leaves alone what is migrated or runs.
MOST_PLAIN = 50
_PACKED = ("pending", "running", "looks", "walk", "exhausted", "selected", "left_alone")


class BatchRequest(BaseModel):
    """What a batch migrates. At most so many migrations run at once; without limits, as many as Azure lets through."""

    model_config = ConfigDict(extra="forbid")

    scope: list[Scope] = Field(min_length=1)
    filter: Match = Match()
    limit: int | None = Field(default=None, ge=1)
    dry_run: bool = False
    per_subscription: int | None = Field(default=None, ge=1, le=1000)
    per_gallery: int | None = Field(default=None, ge=1, le=1000)


class CarriedBatch(HasBatchState, Start):
    """The whole of a batch, carried from execution to execution; at most a slice and its results in size.

    `walk` is how far it has come through the images, and `exhausted` that it has passed them all. `left_alone` counts
    the images that needed no migration, or whose state cannot be found out. `now` is the time of the present step,
    `looked_at` when all running migrations were last looked at, `paused_seconds` the wait that the last step asked for.
    As JSON, many images and definitions are `packed`: their ids repeat.
    """

    request: BatchRequest
    started_by: str
    now: datetime | None = None
    looked_at: datetime | None = None
    last_start: datetime | None = None
    pace: StartPace = StartPace()
    walk: Walk = Field(default_factory=Walk)
    exhausted: bool = False
    selected: int = 0
    pending: list[Candidate] = Field(default=[])
    running: list[RunningMigration] = Field(default=[])
    looks: DefinitionLooks = Field(default_factory=DefinitionLooks, exclude_if=lambda looks: not looks.known)
    counts: dict[str, int] = Field(default={})
    left_alone: dict[Category, int] = Field(default={})
    shown: list[ImageResult] = Field(default=[])
    failure: Failure | None = None
    paused_seconds: float = Field(default=0, exclude_if=lambda seconds: not seconds)

    @model_validator(mode="before")
    @classmethod
    def _unpack(cls, value: Any) -> Any:
        """Reads the state as it is stored."""
        if isinstance(value, dict) and "packed" in value:
            plain = {name: found for name, found in value.items() if name != "packed"}
            return plain | unpack(value["packed"])
        return value

    @model_serializer(mode="wrap")
    def _pack(self, plain: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        found: dict[str, Any] = plain(self)
        if not info.mode_is_json() or len(self.pending) + len(self.running) <= MOST_PLAIN:
            return found
        packed = pack({name: found.pop(name) for name in _PACKED if name in found})
        return found | {"selected": self.selected - len(self.pending), "packed": packed}
