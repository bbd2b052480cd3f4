"""The way back up: a version that retention excluded or soft-deleted is what it was before, and is kept from then."""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.resources.ids import ImageVersionId
from domain.resources.provenance import LONGEST_TAG_VALUE
from domain.results import CurrentWait, Failure
from domain.retention.ladder import Rung
from domain.starts import Start

RESTORE_ID_PREFIX = "restore-"


def restore_id(version: ImageVersionId) -> str:
    """The instance id of a version's restoration, whatever the case of its id."""
    return RESTORE_ID_PREFIX + hashlib.sha256(version.key.encode()).hexdigest()[:32]


def keep_text(by: str, at: datetime) -> str:
    """The value of the tag that keeps a restored version: without it the next run would take the same step."""
    return f"restored by {by} on {at:%Y-%m-%d}"[:LONGEST_TAG_VALUE]


class RestoreRequest(Start):
    """The input of `restore_version`, and of its activity, which gets the moment of each look."""

    version: ImageVersionId
    by: str
    at: datetime | None = None


class RestoreAnswer(BaseModel):
    """What one look did: nothing is left to do, Azure is at work, or there is no way back."""

    state: Literal["done", "working", "refused"]
    message: str = ""
    rung: Rung | None = None


class RestoreStatus(RestoreRequest):
    """The custom status and the output of `restore_version`; `found_on` is the rung on which the version was."""

    state: Literal["restoring", "restored", "refused", "failed"] = "restoring"
    found_on: Rung | None = None
    message: str = ""
    failure: Failure | None = None
    waiting_for: CurrentWait | None = None
