"""What a question about Azure's present state finds: ordered, each with its verdict, its cause and its fix."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.arm_errors import diagnose
from domain.errors import ArmError

Verdict = Literal["passed", "warned", "failed", "unknown"]


class Finding(BaseModel):
    """One thing that was looked at. What could not be looked at is `unknown`, never `passed`."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """What was looked at."""
    verdict: Verdict
    """`warned` does not decide the answer; `unknown` could not be read, or nobody can know it."""
    detail: str
    """What was found."""
    cause: str | None = None
    """Why it is so, where that is known."""
    fix: str | None = None
    """What to do about it."""


def passed(name: str, detail: str) -> Finding:
    return Finding(name=name, verdict="passed", detail=detail)


def warned(name: str, detail: str, fix: str | None = None, cause: str | None = None) -> Finding:
    return Finding(name=name, verdict="warned", detail=detail, cause=cause, fix=fix)


def failed(name: str, detail: str, fix: str, cause: str | None = None) -> Finding:
    return Finding(name=name, verdict="failed", detail=detail, cause=cause, fix=fix)


def unknown(name: str, detail: str, fix: str | None = None, cause: str | None = None) -> Finding:
    return Finding(name=name, verdict="unknown", detail=detail, cause=cause, fix=fix)


def unreadable(name: str, what: str, error: ArmError) -> Finding:
    """The finding about something that Azure does not let the identity read."""
    diagnosis = diagnose(error)
    return unknown(name, f"{what} cannot be read: {error}", diagnosis.fix, diagnosis.cause)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict of all findings together."""
    verdicts = {one.verdict for one in findings}
    order: tuple[Verdict, ...] = ("failed", "unknown", "warned")
    return next((verdict for verdict in order if verdict in verdicts), "passed")
