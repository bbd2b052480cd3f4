"""The user's rules: which managed images are migrated, and into what. Reading the file is the adapters' business."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from domain.policy.sections import (
    Action,
    Choices,
    DefinitionNaming,
    Match,
    Replication,
    Section,
    VersionNumbering,
)
from domain.policy.tags import ACTION_TAG, NO_OVERRIDES, REGIONS_TAG, read_override_tags
from domain.resources.galleries import TargetRegion
from domain.resources.images import ManagedImage
from domain.resources.regions import canonical_region

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
# what every template may name besides the groups of `name_pattern`
TEMPLATE_NAMES = frozenset(
    {"image", "resource_group", "subscription", "location", "os_type", "generation", "definition"}
)
# the groups of `name_pattern` that the strategy `from-name` takes the version from
VERSION_GROUPS = ("major", "minor", "patch")
Part = TypeVar("Part", bound=Section)


class Fault(NamedTuple):
    """Something wrong with a policy: the way to it through the document, as in ("rules", 0, "name"), and why."""

    place: tuple[int | str, ...]
    reason: str

    def details(self) -> InitErrorDetails:
        """The fault in pydantic's form."""
        kind = PydanticCustomError("policy", "{reason}", {"reason": self.reason})
        return InitErrorDetails(type=kind, loc=self.place, input=None)


class Rule(Choices):
    """One rule; the first one whose `match` fits an image decides."""

    name: str = Field(min_length=1)
    """What the rule is called in plans, tags and lists; no two rules share a name."""
    match: Match = Match()
    """Which images it is for; all, if nothing is said."""
    action: Action = "migrate"
    """What is done with them."""


class Defaults(Choices):
    """What holds where no rule says otherwise."""

    action: Action = "migrate"
    """What is done with an image that no rule names."""


BUILT_IN = Choices(
    definition=DefinitionNaming(
        name="{image}",
        publisher="{resource_group}",
        offer="{definition}",
        sku="{os_type}-{generation}",
        security_type="Standard",
    ),
    version=VersionNumbering(strategy="increment"),
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
    """What the policy says about one image, and by which rule.

    `number` is the version that the image's own tag asks for; `faults` say which of its `gallerist:` tags cannot
    be understood: such an image is not to be migrated before somebody has mended them.
    """

    action: Action
    rule: str
    choices: Choices
    number: str | None = None
    faults: tuple[str, ...] = ()

    @property
    def ignores(self) -> bool:
        """Whether nothing is to be done with the image."""
        return self.action == "ignore" and not self.faults


class Policy(Section):
    """The whole policy file."""

    defaults: Defaults = Defaults()
    """What holds for every image, unless a rule says otherwise."""
    rules: list[Rule] = Field(default=[])
    """The rules, in order: the first one that fits an image decides."""

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        faults = list(_faults_between(self.defaults, dict(enumerate(self.rules))))
        if faults:
            raise ValidationError.from_exception_data("Policy", [fault.details() for fault in faults])
        return self

    def decide(self, image: ManagedImage, now: datetime) -> Decision:
        """The first rule that fits the image, over the defaults; the image's own tags over both."""
        fitting = (place for place, rule in enumerate(self.rules) if rule.match.fits(image, now))
        place = next(fitting, None)
        return _override(self._by_defaults if place is None else self._by_rule[place], image)

    def choices_of(self, rule: str | None) -> Choices:
        """The choices of the rule of this name, or the defaults' where there is no such rule."""
        by_name = {decision.rule: decision.choices for decision in self._by_rule}
        return by_name.get(rule or "", self._by_defaults.choices)

    @cached_property
    def _by_defaults(self) -> Decision:
        return Decision(self.defaults.action, "defaults", self.defaults.over(BUILT_IN))

    @cached_property
    def _by_rule(self) -> list[Decision]:
        """What each rule decides, with what it leaves to the defaults: put together once, not for each image."""
        lower = self._by_defaults.choices
        return [Decision(rule.action, rule.name, rule.over(lower)) for rule in self.rules]


def _override(decision: Decision, image: ManagedImage) -> Decision:
    asked = read_override_tags(image.tags)
    if asked == NO_OVERRIDES:
        return decision
    regions, bare = _encrypt_as(decision.choices.regions or [], asked.choices.regions or [])
    choices = asked.choices.model_copy(update={"regions": regions}) if regions else asked.choices
    unencrypted = [f"tag {REGIONS_TAG}: the policy has no disk encryption set for {name}" for name in bare]
    return Decision(
        action=asked.action or decision.action,
        rule=decision.rule if asked.action in (None, decision.action) else f"tag {ACTION_TAG}",
        choices=choices.over(decision.choices),
        number=asked.number,
        faults=(*asked.faults, *unencrypted),
    )


def _encrypt_as(
    decided: list[TargetRegion], asked: list[TargetRegion]
) -> tuple[list[TargetRegion], list[str]]:
    """The regions asked for with the policy's encryption sets, and those it has none for: a tag takes no key away."""
    sets = {region.name: region.disk_encryption_set for region in decided if region.disk_encryption_set}
    if not sets:
        return asked, []
    encrypted = [region.model_copy(update={"disk_encryption_set": sets.get(region.name)}) for region in asked]
    bare = [region.name for region in asked if region.name not in sets]
    return [region for region in encrypted if region.disk_encryption_set], bare


def find_faults(document: Any) -> list[Fault]:
    """Everything that is wrong with a policy's document: each key by itself, and what the sound parts mean together."""
    try:
        Policy.model_validate(document)
    except ValidationError as error:
        told = [Fault(fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
    else:
        return []
    defaults, rules = _sound_parts(document if isinstance(document, dict) else {})
    between = _faults_between(defaults, rules) if defaults else []
    return told + [fault for fault in between if fault not in told]


def _sound_parts(document: dict[str, Any]) -> tuple[Defaults | None, dict[int, Rule]]:
    rules = document.get("rules")
    read = {place: _sound(Rule, rule) for place, rule in enumerate(rules if isinstance(rules, list) else [])}
    return _sound(Defaults, document.get("defaults", {})), {
        place: rule for place, rule in read.items() if rule
    }


def _sound(section: type[Part], document: Any) -> Part | None:
    try:
        return section.model_validate(document)
    except ValidationError:
        return None


def _faults_between(defaults: Defaults, rules: dict[int, Rule]) -> Iterator[Fault]:
    """What only the whole policy shows: what a rule leaves to the defaults, and what they leave out."""
    lower = defaults.over(BUILT_IN)
    if defaults.action == "migrate":
        for place, reason in faults_in(lower):
            yield Fault(("defaults", *place), f"defaults: {reason}")
    names: set[str] = set()
    for number, rule in rules.items():
        if rule.name in names:
            yield Fault(("rules", number, "name"), f"rules named twice: {rule.name}")
        names.add(rule.name)
        for place, reason in faults_in(rule.over(lower)) if rule.action == "migrate" else ():
            yield Fault(("rules", number, *place), f"rule '{rule.name}': {reason}")


def faults_in(choices: Choices) -> Iterator[Fault]:
    """Why nothing could be migrated by these choices, whatever the image."""
    yield from _gallery_faults(choices)
    yield from _template_faults(choices)
    yield from _version_faults(choices)


def _gallery_faults(choices: Choices) -> Iterator[Fault]:
    galleries, regions = choices.galleries or [], choices.regions or []
    if not galleries:
        yield Fault(("galleries",), "no gallery is named, neither here nor in the defaults")
    if len(galleries) > 1 and any(region.disk_encryption_set for region in regions):
        # documented: a version under customer-managed keys cannot be the source of another
        reason = "with disk encryption sets there can be one gallery only: no version is copied from an encrypted one"
        yield Fault(("galleries",), reason)


def _template_faults(choices: Choices) -> Iterator[Fault]:
    for field in ("name", "publisher", "offer", "sku"):
        template = getattr(choices.definition, field) or ""
        known = _groups(choices) | TEMPLATE_NAMES - ({"definition"} if field == "name" else set())
        unknown = {name for name in _PLACEHOLDER.findall(template) if name not in known}
        if unknown:
            named = ", ".join(f"{{{name}}}" for name in sorted(unknown))
            reason = f"'{template}' names {named}; known are {', '.join(sorted(known))}"
            yield Fault(("definition", field), reason)


def _version_faults(choices: Choices) -> Iterator[Fault]:
    strategy, tag = choices.version.strategy, choices.version.tag
    if strategy == "from-name" and not _groups(choices).issuperset(VERSION_GROUPS):
        yield Fault(("version",), f"from-name needs the groups {', '.join(VERSION_GROUPS)} in name_pattern")
    if strategy == "tag" and not tag:
        reason = "strategy tag needs version.tag, the image tag that holds Major.Minor.Patch"
        yield Fault(("version",), reason)


def _groups(choices: Choices) -> set[str]:
    return set(re.compile(choices.name_pattern or "").groupindex)


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
