"""The sections of a policy file: the keys of each one, their valid values, and how two of them merge."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from domain.policy.globs import GlobList
from domain.policy.patterns import check_pattern
from domain.policy.second_half import (
    Notify,
    Promote,
    PromoteWhen,
    Retention,
    RetireSource,
    RetireWhen,
    Verify,
    VerifyMode,
)
from domain.policy.section import LONGEST_DAYS, LONGEST_HOURS, MOST_REGIONS, Section, merged, short
from domain.resources.galleries import TargetRegions
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage, OsType
from domain.resources.provenance import LONGEST_TAG_NAME, LONGEST_TAG_VALUE, is_own_tag
from domain.resources.regions import Region

PolicyStrategy = Literal["increment", "date", "from-name", "tag"]
Action = Literal["migrate", "ignore"]
SecurityType = Literal[
    "Standard", "TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported"
]
DiskControllerTypes = Literal["SCSI", "NVMe", "SCSI, NVMe"]
Flag = Literal["True", "False"]
Waves = Literal["all-at-once", "home-first"]
# the groups of `name_pattern` that the strategy `from-name` takes the version from
VERSION_GROUPS = ("major", "minor", "patch")
# beside Gallerist's own tags a version has room for some more than these (documented: 50 tags)
MOST_POLICY_TAGS = 40
# a day; the extension's durable timers reach no further than six
LONGEST_POLL_SECONDS = 24 * 3600
# the text of a whole policy, in characters
LONGEST_POLICY = 256 * 1024
LONGEST_PATTERN = 1000
# a name has at most 80 characters; a template has placeholders instead of some
LONGEST_TEMPLATE = 500
MOST_GALLERIES = 20
MOST_GLOBS = 1000
LONGEST_GLOB = 500
# an image has no more (documented)
MOST_MATCHED_TAGS = 50
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def _gallery_template(text: str) -> str:
    GalleryId.parse(text.replace("{subscription}", _ANY_SUBSCRIPTION))
    return text


GalleryTemplate = Annotated[str, AfterValidator(_gallery_template)]
Template = Annotated[str, StringConstraints(max_length=LONGEST_TEMPLATE)]
NamePattern = Annotated[str, StringConstraints(max_length=LONGEST_PATTERN), AfterValidator(check_pattern)]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_GLOB)]
MatchedTag = Annotated[str, StringConstraints(max_length=LONGEST_TAG_NAME)]
Globs = Annotated[list[Glob], Field(max_length=MOST_GLOBS)]


def _in_azures_spelling(value: Any, spellings: tuple[str, ...]) -> Any:
    """Returns a feature's value as Azure writes it; YAML reads `true` as a boolean, and case is ignored."""
    parts = [part.strip().lower() for part in str(value).split(",")]
    known = {frozenset(part.strip().lower() for part in text.split(",")): text for text in spellings}
    return known.get(frozenset(parts), value) if len(parts) == len(set(parts)) else value


def _feature(values: Any, *, flag: bool = False) -> BeforeValidator:
    return BeforeValidator(
        lambda value: _in_azures_spelling(value, get_args(values)),
        json_schema_input_type=bool | values if flag else values,
    )


SecurityTypeFeature = Annotated[SecurityType, _feature(SecurityType)]
DiskControllerTypesFeature = Annotated[DiskControllerTypes, _feature(DiskControllerTypes)]
FlagFeature = Annotated[Flag, _feature(Flag, flag=True)]


def _usable_tag_name(name: str) -> str:
    """Documented: which characters the name of a tag cannot have."""
    if is_own_tag(name):
        raise ValueError(f"'{name}' is a name that Gallerist keeps for its own tags; choose another")
    forbidden = sorted(set(name) & set("<>%&\\?/"))
    if forbidden:
        raise ValueError(f"the name of a tag cannot have {' '.join(forbidden)}, and '{name}' does")
    return name


def _each_tag_once(tags: dict[str, str]) -> dict[str, str]:
    lowered = [name.lower() for name in tags]
    twice = sorted(name for name in tags if lowered.count(name.lower()) > 1)
    if twice:
        raise ValueError(f"the names of tags ignore case, so these are one tag: {', '.join(twice)}")
    return tags


TagName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TAG_NAME),
    AfterValidator(_usable_tag_name),
]
TagTemplate = Annotated[str, StringConstraints(max_length=LONGEST_TAG_VALUE)]
Tags = Annotated[
    dict[TagName, TagTemplate], Field(max_length=MOST_POLICY_TAGS), AfterValidator(_each_tag_once)
]


class Match(Section):
    """The images that a rule is for: an image must match every key that is given. Case is ignored."""

    subscriptions: Globs | None = None
    """Subscription ids, or globs of them."""
    resource_groups: Globs | None = None
    """Names of resource groups, or globs of them."""
    names: Globs | None = None
    """Names of images, or globs of them."""
    tags: dict[MatchedTag, Glob] | None = Field(default=None, max_length=MOST_MATCHED_TAGS)
    """Tags that the image must have, with globs for their values: `*` for any value."""
    os_type: OsType | None = None
    """The operating system."""
    locations: list[Region] | None = Field(default=None, max_length=MOST_REGIONS)
    """The regions that the image may be in, in either spelling."""
    older_than_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """Images created longer ago than this. An image of unknown age never matches."""
    newer_than_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """Images created since then. An image of unknown age never matches."""

    def fits(self, image: ManagedImage, now: datetime) -> bool:
        """Whether the image matches every key that is given."""
        return all(fits for _, fits in self.conditions(image, now))

    def conditions(self, image: ManagedImage, now: datetime) -> Iterator[tuple[str, bool]]:
        """Yields each key that is given, and whether the image matches it: of `tags`, each tag as `tags.name`."""
        if self.subscriptions is not None:
            yield "subscriptions", self._globs["subscriptions"].matches(image.id.subscription)
        if self.resource_groups is not None:
            yield "resource_groups", self._globs["resource_groups"].matches(image.id.resource_group)
        if self.names is not None:
            yield "names", self._globs["names"].matches(image.id.name)
        tags = {key.lower(): value for key, value in image.tags.items()} if self.tags else {}
        for key in self.tags or {}:
            value = tags.get(key.lower())
            yield f"tags.{key}", value is not None and self._globs[f"tags.{key}"].matches(value)
        if self.os_type is not None:
            yield "os_type", self.os_type == image.os_type
        if self.locations is not None:
            yield "locations", image.location in self.locations
        age = now - image.created_at if image.created_at else None
        if self.older_than_days is not None:
            yield "older_than_days", age is not None and age > timedelta(days=self.older_than_days)
        if self.newer_than_days is not None:
            yield "newer_than_days", age is not None and age <= timedelta(days=self.newer_than_days)

    def compile(self) -> None:
        """Compiles the globs now instead of for the first image."""
        _ = self._globs

    @cached_property
    def _globs(self) -> dict[str, GlobList]:
        """The globs by the keys of `conditions`, each compiled once."""
        lists = {
            "subscriptions": self.subscriptions,
            "resource_groups": self.resource_groups,
            "names": self.names,
            **{f"tags.{key}": [glob] for key, glob in (self.tags or {}).items()},
        }
        return {key: GlobList(globs) for key, globs in lists.items() if globs is not None}


class Features(Section):
    """What VMs created from the definition can be, by Azure's names and in Azure's values. Fixed at its creation."""

    SecurityType: SecurityTypeFeature | None = None
    """The security type of the VMs; always Standard for images of generation 1."""
    DiskControllerTypes: DiskControllerTypesFeature | None = None
    """The disk controllers that the image has drivers for; most sizes of v6 and newer need NVMe."""
    IsAcceleratedNetworkSupported: FlagFeature | None = None
    """Whether the image has the drivers for accelerated networking."""
    IsHibernateSupported: FlagFeature | None = None
    """Whether the VMs can hibernate."""

    def stated(self) -> dict[str, str]:
        """Returns the features that are decided, with their values."""
        return self.model_dump(exclude_none=True)


class DefinitionNaming(Section):
    """The image definition. Each name is a template; `{family}` stands for a group of `name_pattern`."""

    name: Template | None = None
    """A template for the definition's name."""
    publisher: Template | None = None
    """A template for the definition's publisher."""
    offer: Template | None = None
    """A template for the definition's offer."""
    sku: Template | None = None
    """A template for the definition's SKU."""
    across_resource_groups: bool | None = None
    """Whether images of several resource groups and subscriptions are versions of one definition."""
    features: Features = Features()
    """What VMs created from it can be."""
    security_type: SecurityTypeFeature | None = None
    """Short for features.SecurityType."""

    @model_validator(mode="after")
    def _move_security_type(self) -> Self:
        """Keeps the security type in one place, so that a rule's spelling replaces either of the defaults'."""
        if self.security_type is None:
            return self
        if self.features.SecurityType not in (None, self.security_type):
            raise ValueError(
                f"security_type is {self.security_type}, and features.SecurityType is {self.features.SecurityType}; "
                "give one of them"
            )
        self.features = self.features.model_copy()
        self.features.SecurityType, self.security_type = self.security_type, None
        return self


class VersionNumbering(Section):
    """How a version gets its number."""

    strategy: PolicyStrategy | None = None
    """`increment`: the next patch. `date`: the image's creation. `from-name`: groups of name_pattern. `tag`: a tag."""
    tag: str | None = Field(default=None, min_length=1, max_length=LONGEST_TAG_NAME)
    """For the strategy `tag`: the image tag that holds Major.Minor.Patch."""


class Replication(Section):
    """How a version is replicated to its regions, how long that may take, and how often it is checked."""

    deadline_hours: float | None = Field(default=None, gt=0, le=LONGEST_HOURS)
    """How long the replication of one version may take."""
    first_poll_seconds: float | None = Field(default=None, ge=1, le=LONGEST_POLL_SECONDS)
    """How long to wait before the first check."""
    longest_poll_seconds: float | None = Field(default=None, ge=1, le=LONGEST_POLL_SECONDS)
    """The longest wait between two checks."""
    waves: Waves | None = None
    """`home-first` adds the other regions after the image's own region has the version."""
    first_replicas: int | None = Field(default=None, ge=1, le=100)
    """Replicas per region to begin with; raised to the full count after all regions have the version."""
    heal_attempts: int | None = Field(default=None, ge=0, le=10)
    """How often a failed or stuck region is removed and added again."""
    stuck_after_hours: float | None = Field(default=None, gt=0, le=LONGEST_HOURS)
    """A region without progress for this long is stuck."""


class Choices(Section):
    """What a policy can decide about a migration. None leaves the decision open."""

    galleries: list[GalleryTemplate] | None = Field(default=None, min_length=1, max_length=MOST_GALLERIES)
    """The target galleries' resource ids; `{subscription}` stands for the image's own subscription."""
    name_pattern: NamePattern | None = None
    """A regular expression for the image's whole name; templates can use its named groups."""
    definition: DefinitionNaming = DefinitionNaming()
    """The image definition."""
    version: Annotated[VersionNumbering, short("strategy", PolicyStrategy | VersionNumbering)] = (
        VersionNumbering()
    )
    """How the version gets its number."""
    tags: Tags = Field(default={})
    """Tags of the definition and of the version; each value is a template."""
    regions: TargetRegions | None = None
    """The target regions besides the image's own: names, or sections with more details."""
    exclude_from_latest: bool | None = None
    """Whether `latest` ignores the version."""
    end_of_life_after_days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)
    """The version's end-of-life date, in days after its creation."""
    replication: Replication = Replication()
    """How the version is replicated to its regions."""
    verify: Annotated[Verify, short("mode", VerifyMode | Verify)] = Verify()
    """Whether a machine is started from the version, to prove that it works."""
    promote: Annotated[Promote, short("when", PromoteWhen | Promote)] = Promote()
    """Whether and how the version becomes `latest`."""
    retire_source: Annotated[RetireSource, short("when", RetireWhen | RetireSource)] = RetireSource()
    """Whether and when the managed image is deleted."""
    retention: Retention = Retention()
    """Which versions of the definition are kept, and how the others leave."""
    notify: Notify = Notify()
    """Who is told what happens."""

    @property
    def is_followed(self) -> bool:
        """Whether anything may follow a migration: a promotion, or the retirement of the image."""
        return any(when not in (None, "never") for when in (self.promote.when, self.retire_source.when))

    def over(self, lower: "Choices") -> "Choices":
        """Returns `lower` with everything that these choices decide; sections merge key by key."""
        return merged(self, lower)
