"""Requests about batches."""

from pydantic import Field

from domain.fleet.carried_batch import BatchRequest
from domain.fleet.scopes import Scope

# more than Azure's limits let anybody have
MOST_IMAGES = 1_000_000
MOST_SCOPES = 1000


class StartBatch(BatchRequest):
    """The images to migrate as a batch, and how many of them run at once."""

    scope: list[Scope] = Field(min_length=1, max_length=MOST_SCOPES)
    limit: int | None = Field(default=None, ge=1, le=MOST_IMAGES)
