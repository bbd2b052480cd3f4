"""How a version is protected, so that nothing deletes the copy before the source is retired."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from domain.resources.ids import ImageVersionId
from domain.retirement.obligations.rule import Facts
from domain.retirement.obligations.versions import lasts_until, protected_until
from domain.retirement.readings import VersionReading

# so that a retirement that is blocked for long does not have to write the version again and again
LONGER = timedelta(days=180)


class Protection(BaseModel):
    """One write of a version: the block of its deletion with an end of life, or our own tag until a date."""

    version_id: ImageVersionId
    end_of_life: datetime | None = None
    tag_until: datetime | None = None


def protections(facts: Facts) -> list[Protection]:
    """The writes that protect what is not protected yet."""
    found = [facts.look.version(target.version_id) for target in facts.retirement.targets]
    return [_protection(one, facts) for one in found if one.version and _is_open(one, facts)]


def _is_open(found: VersionReading, facts: Facts) -> bool:
    until = protected_until(found)
    return until is None or until <= lasts_until(facts)


def _protection(found: VersionReading, facts: Facts) -> Protection:
    """The end of life is the policy's business: without one, a tag of ours is the lock.

    An end of life that nobody asked for would start the steps of retention. It is never moved to an earlier date.
    """
    assert found.version is not None  # noqa: S101 # see protections
    ends, days = lasts_until(facts), facts.look.terms.end_of_life_days
    known = found.version.end_of_life
    if days is not None:
        wanted = ends + timedelta(days=days)
        return Protection(version_id=found.version_id, end_of_life=max(wanted, known) if known else wanted)
    if known is not None and known > ends + facts.look.terms.soak:
        return Protection(version_id=found.version_id, end_of_life=known)
    return Protection(version_id=found.version_id, tag_until=ends + LONGER)
