"""Decides for each version of a definition whether it is kept, and why, or which step it takes. Nothing else decides.

Whatever is missing or not understood keeps a version. More facts that keep one never let another one go.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, Field

from domain.proofs.machine import PROOF_TAG
from domain.proofs.mark import PASSED
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import FINGERPRINT_TAG, made_by_gallerist
from domain.resources.versions import Version
from domain.retention.ladder import (
    KEEP_TAG,
    Rules,
    Rung,
    Step,
    is_excluded_in,
    next_step,
    rung_of,
    tag,
)

# `latest`, and the one before it: the last known good
KEPT_PER_REGION = 2
# written by the retirement of a version's source
LOCK_TAG = "gallerist-lock"


class References(BaseModel):
    """Who uses which versions: the consumers by the version's id in lower case, or why that is not known."""

    consumers: dict[str, list[str]] = Field(default={})
    unread: list[str] = Field(default=[])

    def of(self, version: ImageVersionId) -> list[str]:
        """The consumers of a version."""
        return self.consumers.get(version.key, [])


class Situation(NamedTuple):
    """What is known besides the versions. `references` is None before anybody has looked for them."""

    rules: Rules
    now: datetime
    soft_delete: bool = False
    kept_definition: bool = False
    references: References | None = None


class Judged(BaseModel):
    """One version: why it is kept, or the step that it takes."""

    version: ImageVersionId
    rung: Rung
    step: Step | None = None
    kept: str = ""


def decide(versions: Sequence[ImageVersion], situation: Situation) -> list[Judged]:
    """Judges every version, the oldest first."""
    numbered = by_number(versions)
    latest = _latest(numbered)
    referenced = _referenced(numbered, situation.references)
    counted = _counted(numbered, situation)
    judged = []
    for version in sorted(versions, key=_age_key):
        kept = _kept(version, situation) or latest.get(version.id.key) or referenced.get(version.id.key, "")
        kept = kept or counted.get(version.id.key, "") or _unknown_references(situation.references)
        following = next_step(version, situation.rules, soft_delete=situation.soft_delete, now=situation.now)
        judged.append(
            Judged(
                version=version.id,
                rung=rung_of(version),
                step=None if kept else following.step,
                kept=kept or following.waits,
            )
        )
    return judged


def by_number(versions: Sequence[ImageVersion]) -> list[ImageVersion]:
    """The versions with a number, the highest first."""
    numbered = [version for version in versions if Version.of_name(version.id.name)]
    return sorted(numbered, key=_age_key, reverse=True)


def is_own(version: ImageVersion) -> bool:
    """Whether Gallerist made the version: it has both tags that only a migration writes together."""
    return made_by_gallerist(version) and FINGERPRINT_TAG in version.tags


def why_not_good(version: ImageVersion) -> str | None:
    """Why a version cannot stand in for another; None if it is a good one."""
    proof = tag(version.tags, PROOF_TAG)
    reasons = {
        f"it is {version.provisioning_state}, and only versions that succeeded are touched": (
            version.provisioning_state != "Succeeded"
        ),
        "its date is unknown": version.published_at is None,
        f"its replication mode is {version.replication_mode}": version.replication_mode != "Full",
        "its replication was not read": version.replication is None,
        "it is not known to be replicated to all of its regions": not _is_everywhere(version),
        f"its proof says '{proof}'": proof is not None and proof.split()[:1] != [PASSED],
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _is_everywhere(version: ImageVersion) -> bool:
    """Whether every target region is reported, and everything that is reported is complete."""
    states = {region.region: region.state for region in version.replication or []}
    reported = all(region.name in states for region in version.target_regions)
    return bool(states) and reported and set(states.values()) == {"Completed"}


def completed_in(version: ImageVersion, region: str) -> bool:
    """Whether the version is known to be in a region."""
    return any(one.region == region and one.state == "Completed" for one in version.replication or [])


def _kept(version: ImageVersion, situation: Situation) -> str:
    """Why a version is kept because of what it is itself, or an empty text."""
    rules = situation.rules
    pin = tag(version.tags, KEEP_TAG)
    reasons = {
        "the policy has no retention for it: keep_last and keep_days are not both given": not rules.active,
        "Gallerist did not make it": not is_own(version),
        "its name is no number": Version.of_name(version.id.name) is None,
        f"the definition has the tag {KEEP_TAG}": situation.kept_definition,
        f"it has the tag {KEEP_TAG}: {pin}": pin is not None,
    }
    named = next((reason for reason, applies in reasons.items() if applies), None)
    return (
        named or why_not_good(version) or _protected(version, situation.now) or _is_young(version, situation)
    )


def _is_young(version: ImageVersion, situation: Situation) -> str:
    days = timedelta(days=situation.rules.keep_days or 0)
    is_older = version.published_at is not None and situation.now - version.published_at >= days
    return "" if is_older else f"it is younger than {situation.rules.keep_days or 0:g} days"


def _protected(version: ImageVersion, now: datetime) -> str:
    """An end of life that is still to come keeps the version, whoever set it. One that has passed proves nothing.

    The gallery API of 2026-03-03 gives one to every new version (azure-cli #32375), so it is nobody's will.
    """
    if version.end_of_life is not None and version.end_of_life > now:
        return f"its end of life is on {version.end_of_life:%Y-%m-%d}"
    lock = tag(version.tags, LOCK_TAG)
    if lock is None:
        return ""
    try:
        over = datetime.fromisoformat(lock) <= now
    except (ValueError, TypeError):
        return f"its tag {LOCK_TAG} cannot be read: '{lock}'"
    return "" if over else f"the retirement of its source protects it until {lock}"


def _latest(numbered: Sequence[ImageVersion]) -> dict[str, str]:
    """The versions that `latest` resolves to, or may resolve to, in any region, and in each the one before that."""
    kept: dict[str, str] = {}
    for name in sorted({region.name for version in numbered for region in version.target_regions}):
        confirmed = 0
        for version in numbered:
            region = next((one for one in version.target_regions if one.name == name), None)
            if region is None or is_excluded_in(version, region):
                continue
            role = "latest resolves to it" if not confirmed else "it is the last known good before latest"
            kept.setdefault(version.id.key, f"{role} in {name}")
            # one whose replication is not known may be latest or not: it is kept, and the next one, too
            confirmed += completed_in(version, name)
            if confirmed == KEPT_PER_REGION:
                break
    return kept


def _referenced(numbered: Sequence[ImageVersion], references: References | None) -> dict[str, str]:
    """The versions that somebody uses, and the good one before each: its users may have to go back to it."""
    kept: dict[str, str] = {}
    if references is None:
        return kept
    for index, version in enumerate(numbered):
        users = references.of(version.id)
        if not users:
            continue
        kept[version.id.key] = f"{_some(users)} {'uses' if len(users) == 1 else 'use'} it"
        before = next((one for one in numbered[index + 1 :] if why_not_good(one) is None), None)
        if before is not None:
            why = f"it is the one before {version.id.name}, which {users[0]} uses"
            kept.setdefault(before.id.key, why)
    return kept


def _counted(numbered: Sequence[ImageVersion], situation: Situation) -> dict[str, str]:
    """The last N good versions. What is kept for another reason, or made by others, is not one of them."""
    most = situation.rules.keep_last or 0
    counted: dict[str, str] = {}
    for version in numbered:
        if len(counted) >= most:
            break
        pinned = tag(version.tags, KEEP_TAG) is not None
        used = bool(situation.references and situation.references.of(version.id))
        if is_own(version) and not pinned and not used and why_not_good(version) is None:
            counted[version.id.key] = f"it is one of the last {most} good versions"
    return counted


def _unknown_references(references: References | None) -> str:
    if references is None or not references.unread:
        return ""
    return f"who uses it is not known: {_some(references.unread)}"


def _some(texts: Sequence[str]) -> str:
    first, *others = texts
    return f"{first} and {len(others)} more" if others else first


def _age_key(version: ImageVersion) -> tuple[Version, str]:
    return Version.of_name(version.id.name) or Version(-1, 0, 0), version.id.name
