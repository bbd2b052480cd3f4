"""The result of one check."""

from typing import Literal

from pydantic import BaseModel

Verdict = Literal["passed", "warned", "failed"]


class Check(BaseModel):
    """What one check found before anything is written, and how to fix it."""

    name: str
    verdict: Verdict
    detail: str
    fix: str | None = None


def passed(name: str, detail: str) -> Check:
    """Returns a check that found nothing wrong."""
    return Check(name=name, verdict="passed", detail=detail)


def warned(name: str, detail: str, fix: str | None = None) -> Check:
    """Returns a check that does not stop the migration, but should be known."""
    return Check(name=name, verdict="warned", detail=detail, fix=fix)


def failed(name: str, detail: str, fix: str) -> Check:
    """Returns a check that blocks the migration until somebody fixes it."""
    return Check(name=name, verdict="failed", detail=detail, fix=fix)
