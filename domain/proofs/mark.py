"""The short mark in a version's tag `gallerist-proof`: what its proofs showed, where and when."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from domain.proofs.proof import ProofStatus
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import LONGEST_TAG_VALUE

PASSED, FAILED, UNPROVED = "passed", "failed", "unproved"
_MARKS = {"proved": PASSED, "failed": FAILED}


class MarkRequest(BaseModel):
    """The input of `mark_version`: the tag to write."""

    version_id: ImageVersionId
    value: str


class VersionMark(BaseModel):
    """A version's tag, None if it has none; `no_room`: it has as many tags as Azure allows."""

    value: str | None = None
    no_room: bool = False


class MarkQuery(BaseModel):
    """The input of `read_mark`."""

    version_id: ImageVersionId


def mark_of(proofs: Sequence[ProofStatus], now: datetime) -> str:
    """The tag's value: the worst verdict, the regions that have it, the date, and the code of the failure.

    Such as `passed eastus2,westus2 2026-11-26`, or `failed eastus2 2026-11-26 OSProvisioningTimedOut`.
    """
    for verdict in ("failed", "unproved", "running", "proved"):
        found = [proof for proof in proofs if proof.verdict == verdict]
        if found:
            code = next((proof.failure.code for proof in found if proof.failure), "")
            regions = list(dict.fromkeys(proof.region for proof in found))
            return _text(_MARKS.get(verdict, UNPROVED), regions, f"{now:%Y-%m-%d} {code}".strip())
    return f"{UNPROVED} - {now:%Y-%m-%d}"


def passed_regions(value: str | None) -> frozenset[str]:
    """The regions in which the version was proved, by its tag. What cannot be read proves nothing."""
    parts = (value or "").split()
    if not parts or parts[0] != PASSED or len(parts) < 2:  # noqa: PLR2004 # the verdict and the regions
        return frozenset()
    return frozenset(parts[1].split(","))


def _text(verdict: str, regions: list[str], end: str) -> str:
    """The text, with as many regions as a tag's value has room for."""
    for count in range(len(regions), 0, -1):
        left_out = f"+{len(regions) - count}" if count < len(regions) else ""
        text = f"{verdict} {','.join(regions[:count])}{left_out} {end}"
        if len(text) <= LONGEST_TAG_VALUE:
            return text
    return f"{verdict} - {end}"[:LONGEST_TAG_VALUE]
