"""Version numbers: three 32-bit integers, how the next one is found, and which content a version holds."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel

from domain.errors import NoVersionLeftError
from domain.galleries import ImageVersion
from domain.images import ManagedImage
from domain.resource_ids import migration_id

# "where int is between 0 and 2,147,483,647 (inclusive)" (the service's error text)
LARGEST_PART = 2_147_483_647
_FORM = re.compile(r"(\d{1,10})\.(\d{1,10})\.(\d{1,10})", re.ASCII)

# documented: tags of a resource
MOST_TAGS = 50
LONGEST_TAG_VALUE = 256

SOURCE_TAG = "gallerist-source"
FINGERPRINT_TAG = "gallerist-fingerprint"
MIGRATION_TAG = "gallerist-migration"
STARTED_BY_TAG = "gallerist-started-by"
RULE_TAG = "gallerist-rule"
CREATED_TAG = "gallerist-created"

PolicyStrategy = Literal["increment", "date", "from-name", "tag"]


class Version(NamedTuple):
    """`Major.Minor.Patch`, ordered as numbers."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `Major.Minor.Patch`.

        Raises:
            ValueError: it is not three integers from 0 to 2147483647.
        """
        match = _FORM.fullmatch(text)
        parts = [int(part) for part in match.groups()] if match else []
        if not parts or max(parts) > LARGEST_PART:
            raise ValueError(
                f"'{text}' is not a version: it has to be Major.Minor.Patch, three integers from 0 to {LARGEST_PART}"
            )
        return cls(*parts)

    def next_patch(self) -> "Version":
        """The number after this one; where the patch is at its largest, the next minor, then the next major.

        Raises:
            NoVersionLeftError: this is the largest version of all.
        """
        if self.patch < LARGEST_PART:
            return Version(self.major, self.minor, self.patch + 1)
        if self.minor < LARGEST_PART:
            return Version(self.major, self.minor + 1, 0)
        if self.major < LARGEST_PART:
            return Version(self.major + 1, 0, 0)
        raise NoVersionLeftError(str(self))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


FIRST = Version(1, 0, 0)


def next_version(taken: Iterable[Version]) -> Version:
    """The `increment` strategy: the next patch above the highest number that is taken, 1.0.0 where none is."""
    highest = max(taken, default=None)
    return highest.next_patch() if highest else FIRST


def dated_version(moment: datetime) -> Version:
    """The `date` strategy: `YYYY.MMDD.HHMMSS` in UTC, each part far below 32 bits."""
    utc = moment.astimezone(UTC)
    time_of_day = utc.hour * 10000 + utc.minute * 100 + utc.second
    return Version(utc.year, utc.month * 100 + utc.day, time_of_day)


class Numbering(BaseModel):
    """How a version gets its number, and what the strategy makes of the image.

    With `increment` that is nothing, with `date` the least number that will do, otherwise the only one.
    """

    strategy: PolicyStrategy = "increment"
    number: str | None = None

    @property
    def only(self) -> str | None:
        """The only number that will do, if the image itself gives it."""
        return self.number if self.strategy in ("from-name", "tag") else None


def version_made_from(image: ManagedImage, versions: Iterable[ImageVersion]) -> ImageVersion | None:
    """The version among these that already holds this very content of the image, if there is one.

    A version that Gallerist made says so in its tags. One that was made by hand from the same image is taken for
    the same content if it was published after the image was created (a re-created image is younger). One that is
    being deleted holds nothing any more.
    """
    candidates = sorted(versions, key=lambda version: Version.parse(version.id.name), reverse=True)
    return next((version for version in candidates if _holds(version, image)), None)


def _holds(version: ImageVersion, image: ManagedImage) -> bool:
    if version.provisioning_state == "Deleting":
        return False
    if FINGERPRINT_TAG in version.tags:
        return (version.tags.get(MIGRATION_TAG), version.tags[FINGERPRINT_TAG]) == (
            migration_id(image.id),
            image.fingerprint,
        )
    if (version.source or "").lower() != image.id.key:
        return False
    return bool(image.created_at and version.published_at and version.published_at >= image.created_at)


def version_tags(image: ManagedImage, started_by: str, rule: str, now: datetime) -> dict[str, str]:
    """The tags of a version: the image's own (as many as fit), and what tells where the version comes from."""
    lineage = {
        SOURCE_TAG: str(image.id),
        FINGERPRINT_TAG: image.fingerprint,
        MIGRATION_TAG: migration_id(image.id),
        STARTED_BY_TAG: started_by,
        RULE_TAG: rule,
        CREATED_TAG: now.astimezone(UTC).isoformat(timespec="seconds"),
    }
    room = MOST_TAGS - len(lineage)
    own = [
        (key, value) for key, value in sorted(image.tags.items()) if not key.lower().startswith("gallerist")
    ]
    return dict(own[:room]) | {key: value[:LONGEST_TAG_VALUE] for key, value in lineage.items()}
