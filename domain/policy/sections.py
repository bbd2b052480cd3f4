"""The sections of a policy file, each by itself: what may stand in it. How sections combine is policy's business."""

import re
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from domain.resources.galleries import TargetRegions
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage, OsType
from domain.resources.regions import Region

PolicyStrategy = Literal["increment", "date", "from-name", "tag"]
Action = Literal["migrate", "ignore"]
SecurityType = Literal["Standard", "TrustedLaunchSupported"]
Waves = Literal["all-at-once", "home-first"]
RetentionRule = Literal["keep-all", "delete-after-end-of-life"]
RetireWhen = Literal["never", "after-approval", "after-soak"]
VerifyHow = Literal["off", "boot"]
PromoteWhen = Literal["never", "after-replication", "after-verification"]
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def _well_formed_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{pattern}' is not a regular expression: {error}") from error
    return pattern


def _gallery_template(text: str) -> str:
    GalleryId.parse(text.replace("{subscription}", _ANY_SUBSCRIPTION))
    return text


GalleryTemplate = Annotated[str, AfterValidator(_gallery_template)]
NamePattern = Annotated[str, AfterValidator(_well_formed_pattern)]
Glob = Annotated[str, StringConstraints(min_length=1)]


class Section(BaseModel):
    """A part of the policy file: keys that are not known are errors, not wishes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Match(Section):
    """Which images a rule is for: every part that is given has to fit; globs, case ignored."""

    subscriptions: list[Glob] | None = None
    """Subscription ids, or globs of them."""
    resource_groups: list[Glob] | None = None
    """Names of resource groups, or globs of them."""
    names: list[Glob] | None = None
    """Names of images, or globs of them."""
    tags: dict[str, Glob] | None = None
    """Tags that the image has to have, with globs of their values: `*` for any value."""
    os_type: OsType | None = None
    """The operating system."""
    locations: list[Region] | None = None
    """The regions that the image may be in."""
    older_than_days: float | None = Field(default=None, ge=0)
    """Images created longer ago than this; an image of unknown age does not fit."""
    newer_than_days: float | None = Field(default=None, ge=0)
    """Images created since then; an image of unknown age does not fit."""

    def fits(self, image: ManagedImage, now: datetime) -> bool:
        """Whether the image is one of these."""
        tags = {key.lower(): value for key, value in image.tags.items()}
        return (
            _fits_any(self.subscriptions, image.id.subscription)
            and _fits_any(self.resource_groups, image.id.resource_group)
            and _fits_any(self.names, image.id.name)
            and all(_fits(glob, tags.get(key.lower())) for key, glob in (self.tags or {}).items())
            and self.os_type in (None, image.os_type)
            and (self.locations is None or image.location in self.locations)
            and self._fits_age(now - image.created_at if image.created_at else None)
        )

    def _fits_age(self, age: timedelta | None) -> bool:
        if self.older_than_days is None and self.newer_than_days is None:
            return True
        if age is None:
            return False
        old_enough = self.older_than_days is None or age > timedelta(days=self.older_than_days)
        new_enough = self.newer_than_days is None or age <= timedelta(days=self.newer_than_days)
        return old_enough and new_enough


def _fits_any(globs: list[str] | None, text: str) -> bool:
    return globs is None or any(_fits(glob, text) for glob in globs)


def _fits(glob: str, text: str | None) -> bool:
    return text is not None and fnmatchcase(text.lower(), glob.lower())


class DefinitionNaming(Section):
    """Templates of the image definition's fixed fields; `{family}` stands for a group of `name_pattern`."""

    name: str | None = None
    """The definition's name."""
    publisher: str | None = None
    """The publisher of its identity."""
    offer: str | None = None
    """The offer of its identity."""
    sku: str | None = None
    """The SKU of its identity."""
    security_type: SecurityType | None = None
    """What VMs made from it may use; on images of generation 1 it is always Standard."""


class VersionNumbering(Section):
    """Where the numbers of versions come from."""

    strategy: PolicyStrategy | None = None
    """`increment`: the next patch; `date`: of the image's creation; `from-name`: groups of name_pattern; `tag`."""
    tag: str | None = Field(default=None, min_length=1)
    """The image tag that holds Major.Minor.Patch, for the strategy `tag`."""


class Replication(Section):
    """How the regions are reached, how long they are waited for, and how often they are looked at."""

    deadline_hours: float | None = Field(default=None, gt=0, le=24 * 14)
    """How long the regions of one version may take."""
    first_poll_seconds: float | None = Field(default=None, ge=1)
    """How long to wait for the first look at the regions."""
    longest_poll_seconds: float | None = Field(default=None, ge=1)
    """How long to wait between two looks at most."""
    waves: Waves | None = None
    """`home-first`: the other regions are added once the image's own region has the version."""
    first_replicas: int | None = Field(default=None, ge=1, le=100)
    """Begin with so many replicas in each region, and raise them to the full count once all have the version."""
    heal_attempts: int | None = Field(default=None, ge=0, le=10)
    """How often a region that failed or is stuck is removed and added again."""
    stuck_after_hours: float | None = Field(default=None, gt=0)
    """A region whose progress stands still for so long is stuck."""


# the values that ask for nothing
_NOTHING = ("never", "off", "keep-all")


class NotYetSection(Section):
    """A section that is read and checked, and of which nothing but doing nothing is supported yet."""

    @model_validator(mode="after")
    def _refuse(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None and value not in _NOTHING:
                raise ValueError(f"{name} '{value}' is not supported yet: leave it out")
        return self


class Promotion(NotYetSection):
    """When a version becomes `latest`; not supported yet but for `never`."""

    when: PromoteWhen | None = None
    """After which step a version stops being excluded from latest; only `never` is supported yet."""
    rings: list[list[Region]] | None = None
    """The regions, ring by ring, in which it does so; not supported yet."""


class Verification(NotYetSection):
    """How a version is proved before it is promoted; not supported yet but for `off`."""

    how: VerifyHow | None = None
    """`boot`: a throw-away VM; only `off` is supported yet."""


class SourceRetirement(NotYetSection):
    """When the managed image is deleted; not supported yet but for `never`."""

    when: RetireWhen | None = None
    """What has to happen first; only `never` is supported yet."""
    soak_days: int | None = Field(default=None, ge=1)
    """How long the version has to be in use first; not supported yet."""


class Retention(NotYetSection):
    """Which versions are deleted; not supported yet but for `keep-all`."""

    rule: RetentionRule | None = None
    """Which versions may go; only `keep-all` is supported yet."""
    keep_versions: int | None = Field(default=None, ge=1)
    """How many versions of a definition always stay; not supported yet."""


def _short(key: str, accepted: Any) -> BeforeValidator:
    """A section whose foremost key may stand for it: `version: date` for `version: {strategy: date}`."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value, json_schema_input_type=accepted
    )


class Choices(Section):
    """What a policy can decide about a migration. What is not said is left to the defaults."""

    galleries: list[GalleryTemplate] | None = Field(default=None, min_length=1)
    """The galleries' resource ids; `{subscription}` stands for the image's own subscription."""
    name_pattern: NamePattern | None = None
    """A regular expression that the image's whole name has to fit; its named groups can be used in templates."""
    definition: DefinitionNaming = DefinitionNaming()
    """The image definition."""
    version: Annotated[VersionNumbering, _short("strategy", PolicyStrategy | VersionNumbering)] = (
        VersionNumbering()
    )
    """Where the version's number comes from."""
    regions: TargetRegions | None = None
    """The target regions besides the image's own; names, or all that is to be said of one."""
    exclude_from_latest: bool | None = None
    """Whether `latest` passes over the version."""
    end_of_life_after_days: int | None = Field(default=None, ge=1, le=36500)
    """The version's end-of-life date, counted from its making."""
    replication: Replication = Replication()
    """How the regions are reached."""
    promote: Annotated[Promotion, _short("when", PromoteWhen | Promotion)] = Promotion()
    """When the version becomes `latest`."""
    verify: Annotated[Verification, _short("how", VerifyHow | Verification)] = Verification()
    """How the version is proved."""
    retire_source: Annotated[SourceRetirement, _short("when", RetireWhen | SourceRetirement)] = (
        SourceRetirement()
    )
    """When the managed image is deleted."""
    retention: Annotated[Retention, _short("rule", RetentionRule | Retention)] = Retention()
    """Which versions are deleted."""

    def over(self, lower: "Choices") -> "Choices":
        """These choices, and the lower ones where these say nothing; sections are merged key by key."""
        said, fallback = _said(self), _said(lower)
        merged = fallback | said
        for section in ("definition", "version", "replication"):
            merged[section] = fallback.get(section, {}) | said.get(section, {})
        return Choices.model_validate(merged)


def _said(choices: Choices) -> dict[str, Any]:
    return choices.model_dump(mode="json", exclude_none=True, include=set(Choices.model_fields))
