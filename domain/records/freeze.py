"""The freeze: while it is set, nothing is deleted."""

from datetime import datetime

from pydantic import BaseModel


class Freeze(BaseModel):
    """Whether deletions are stopped through the API, by whom, when and why. The policy has a freeze of its own."""

    frozen: bool = False
    by: str = ""
    reason: str = ""
    at: datetime | None = None
