"""The user's rules: which managed images are migrated, and into what. Reading the file is the adapters' business."""

import re
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.galleries import TargetRegions
from domain.images import ManagedImage, OsType
from domain.regions import Region, canonical_region
from domain.resource_ids import GalleryId

Action = Literal["migrate", "ignore"]
Waves = Literal["all-at-once", "home-first"]
SecurityType = Literal["Standard", "TrustedLaunchSupported"]

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
# what every template may name besides the groups of `name_pattern`
TEMPLATE_NAMES = frozenset(
    {"image", "resource_group", "subscription", "location", "os_type", "generation", "definition"}
)


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
Glob = Annotated[str, StringConstraints(min_length=1)]


class Section(BaseModel):
    """A part of the policy file: keys that are not known are errors, not wishes."""

    model_config = ConfigDict(extra="forbid")


class DefinitionNaming(Section):
    """Templates of the image definition's fixed fields; `{family}` stands for a group of `name_pattern`."""

    name: str | None = None
    publisher: str | None = None
    offer: str | None = None
    sku: str | None = None
    security_type: SecurityType | None = None


class Replication(Section):
    """How long to wait for the regions, and how often to look."""

    deadline_hours: float | None = Field(default=None, gt=0, le=24 * 14)
    first_poll_seconds: float | None = Field(default=None, ge=1)
    longest_poll_seconds: float | None = Field(default=None, ge=1)
    # home-first: the other regions are added once the image's own region has the version
    waves: Waves | None = None
    # begin with so many replicas in each region, and raise them to the full count once all regions have the version
    first_replicas: int | None = Field(default=None, ge=1, le=100)
    # how often a region that failed or is stuck is removed and added again
    heal_attempts: int | None = Field(default=None, ge=0, le=10)
    # a region whose progress stands still for so long is stuck
    stuck_after_hours: float | None = Field(default=None, gt=0)


class Choices(Section):
    """What a policy can decide about a migration. What is not said is left to the defaults."""

    galleries: list[GalleryTemplate] | None = Field(default=None, min_length=1)
    name_pattern: Annotated[str, AfterValidator(_well_formed_pattern)] | None = None
    definition: DefinitionNaming = DefinitionNaming()
    regions: TargetRegions | None = None
    exclude_from_latest: bool | None = None
    end_of_life_after_days: int | None = Field(default=None, ge=1)
    replication: Replication = Replication()

    def over(self, lower: "Choices") -> "Choices":
        """These choices, and the lower ones where these say nothing."""
        said, fallback = _said(self), _said(lower)
        merged = fallback | said
        for section in ("definition", "replication"):
            merged[section] = fallback.get(section, {}) | said.get(section, {})
        return Choices.model_validate(merged)


def _said(choices: Choices) -> dict[str, Any]:
    return choices.model_dump(mode="json", exclude_none=True, include=set(Choices.model_fields))


class Match(Section):
    """Which images a rule is for: every part that is given has to fit; globs, case ignored."""

    subscriptions: list[str] | None = None
    resource_groups: list[Glob] | None = None
    names: list[Glob] | None = None
    tags: dict[str, Glob] | None = None
    os_type: OsType | None = None
    locations: list[Region] | None = None

    def fits(self, image: ManagedImage) -> bool:
        """Whether the image is one of these."""
        tags = {key.lower(): value for key, value in image.tags.items()}
        return (
            _fits_any(self.subscriptions, image.id.subscription)
            and _fits_any(self.resource_groups, image.id.resource_group)
            and _fits_any(self.names, image.id.name)
            and all(_fits(glob, tags.get(key.lower())) for key, glob in (self.tags or {}).items())
            and self.os_type in (None, image.os_type)
            and (self.locations is None or image.location in self.locations)
        )


def _fits_any(globs: list[str] | None, text: str) -> bool:
    return globs is None or any(_fits(glob, text) for glob in globs)


def _fits(glob: str, text: str | None) -> bool:
    return text is not None and fnmatchcase(text.lower(), glob.lower())


class Rule(Choices):
    """One rule; the first one whose `match` fits an image decides."""

    name: str = Field(min_length=1)
    match: Match = Match()
    action: Action = "migrate"


class Defaults(Choices):
    """What holds where no rule says otherwise."""

    action: Action = "migrate"


BUILT_IN = Choices(
    definition=DefinitionNaming(
        name="{image}",
        publisher="{resource_group}",
        offer="{definition}",
        sku="{os_type}-{generation}",
        security_type="Standard",
    ),
    # an untested version must not become `latest` by surprise
    exclude_from_latest=True,
    # documented: "wait for up to six hours"; users report more with many regions
    replication=Replication(
        deadline_hours=24,
        first_poll_seconds=60,
        longest_poll_seconds=600,
        waves="all-at-once",
        heal_attempts=2,
        stuck_after_hours=6,
    ),
)


class Decision(NamedTuple):
    """What the policy says about one image, and by which rule."""

    action: Action
    rule: str
    choices: Choices


class Policy(Section):
    """The whole policy file."""

    defaults: Defaults = Defaults()
    rules: list[Rule] = []

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rules named twice: {', '.join(twice)}")
        if self.defaults.action == "migrate":
            _check_usable("defaults", self.defaults.over(BUILT_IN))
        for rule in self.rules:
            if rule.action == "migrate":
                _check_usable(f"rule '{rule.name}'", rule.over(self.defaults.over(BUILT_IN)))
        return self

    def decide(self, image: ManagedImage) -> Decision:
        """The first rule that fits the image, over the defaults."""
        defaults = self.defaults.over(BUILT_IN)
        for rule in self.rules:
            if rule.match.fits(image):
                return Decision(rule.action, rule.name, rule.over(defaults))
        return Decision(self.defaults.action, "defaults", defaults)


def _check_usable(place: str, choices: Choices) -> None:
    if not choices.galleries:
        raise ValueError(f"{place}: no gallery is named, neither here nor in the defaults")
    groups = set(re.compile(choices.name_pattern or "").groupindex)
    naming = choices.definition
    for template in (naming.name, naming.publisher, naming.offer, naming.sku):
        known = groups | TEMPLATE_NAMES - ({"definition"} if template is naming.name else set())
        unknown = {name for name in _PLACEHOLDER.findall(template or "") if name not in known}
        if unknown:
            raise ValueError(
                f"{place}: '{template}' names {', '.join(f'{{{name}}}' for name in sorted(unknown))}; "
                f"known are {', '.join(sorted(known))}"
            )


def template_values(image: ManagedImage, choices: Choices) -> dict[str, str] | None:
    """What the templates may name for this image; None if its name does not fit `name_pattern`."""
    values = {
        "image": image.id.name,
        "resource_group": image.id.resource_group,
        "subscription": image.id.subscription,
        "location": canonical_region(image.location),
        "os_type": image.os_type.lower(),
        "generation": "gen2" if image.hyper_v_generation == "V2" else "gen1",
    }
    if choices.name_pattern is None:
        return values
    match = re.fullmatch(choices.name_pattern, image.id.name)
    return values | {key: value or "" for key, value in match.groupdict().items()} if match else None


def render(template: str, values: dict[str, str]) -> str:
    """The template with its placeholders filled in; the policy's check has seen that all of them are known."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)
