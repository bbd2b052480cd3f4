"""What is missing from an answer about many resources: what cannot be read, and what was not read yet."""

from pydantic import BaseModel

from domain.described import Described


class Unreadable(Described):
    """A subscription, gallery, definition or record that cannot be read. The answer is about everything else."""

    id: str
    """The resource id; of a record without a usable id, the list that contains it."""
    reason: str
    """Why it cannot be read."""
    fix: str
    """What to do about it."""


class Unread(Described):
    """What was not read yet. The next request continues from there."""

    parts: int
    """How many lists and resources are left to read, as far as is known."""
    reason: str
    """Why they were not read now."""
    retry_after_seconds: int
    """In how many seconds a request can read more."""


class Gaps(BaseModel):
    """What is missing from an answer."""

    unreadable: list[Unreadable] = []
    unread: Unread | None = None
