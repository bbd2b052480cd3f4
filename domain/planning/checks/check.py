"""The result of one check."""

from typing import Literal

from pydantic import BaseModel

Verdict = Literal["passed", "warned", "failed"]


class Check(BaseModel):
    """One thing that was looked at before any write; a failed one says what mends it."""

    name: str
    verdict: Verdict
    detail: str
    fix: str | None = None
