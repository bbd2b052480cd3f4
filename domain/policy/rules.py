"""The policy: its rules and defaults, and what they decide about an image. Adapters read the file."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from domain.field_errors import error_details, reason
from domain.policy.faults import Fault, faults_in
from domain.policy.second_half import Notify, Promote, Retention, RetireSource, Verify
from domain.policy.section import Section
from domain.policy.sections import (
    Action,
    Choices,
    DefinitionNaming,
    Features,
    Match,
    Replication,
    VersionNumbering,
)
from domain.policy.tags import ACTION_TAG, REGIONS_TAG, TagOverrides, read_override_tags
from domain.resources.galleries import TargetRegion
from domain.resources.images import ManagedImage

Part = TypeVar("Part", bound=Section)

MOST_RULES = 1000
LONGEST_RULE_NAME = 200
# what the defaults have wrong is wrong in each rule, too
MOST_FAULTS = 1000

# the only home of these values: they apply where neither a rule nor the user's defaults decide
BUILT_IN = Choices(
    definition=DefinitionNaming(
        name="{image}",
        publisher="{resource_group}",
        offer="{definition}",
        sku="{os_type}-{generation}",
        features=Features(SecurityType="Standard"),
    ),
    version=VersionNumbering(strategy="increment"),
    # an untested version must not become `latest` by surprise
    exclude_from_latest=True,
    # documented: "wait for up to six hours"; users report more with many regions
    replication=Replication(
        deadline_hours=24,
        first_poll_seconds=90,
        longest_poll_seconds=7200,
        waves="all-at-once",
        heal_attempts=2,
        stuck_after_hours=6,
    ),
    verify=Verify(mode="off", regions="home", agent=True, deadline_minutes=40),
    promote=Promote(when="never", rings=[], bake_hours=24),
    retire_source=RetireSource(
        when="never", soak_days=14, approval_days=30, strict=False, most_per_day=20, consumers=[]
    ),
    retention=Retention(grace_days=30, dry_run=True, most_per_run=10),
    notify=Notify(notice_days=3),
)


class Rule(Choices):
    """One rule; the first one that matches an image decides."""

    name: str = Field(min_length=1, max_length=LONGEST_RULE_NAME)
    """The rule's name in plans, tags and lists; each rule has its own."""
    match: Match = Match()
    """The images that the rule is for; all images if not given."""
    action: Action = "migrate"
    """What happens to these images."""


class Defaults(Choices):
    """What applies where no rule decides."""

    action: Action = "migrate"
    """What happens to an image that no rule matches."""


class Decision(NamedTuple):
    """What the policy and the image's own tags decide about one image, and which rule did.

    `number` is the version in the tag `gallerist:version`. `faults` are the image's `gallerist:` tags that cannot
    be read; such an image is blocked until somebody corrects them.
    """

    action: Action
    rule: str
    choices: Choices
    number: str | None = None
    faults: tuple[str, ...] = ()

    @property
    def ignores(self) -> bool:
        """Whether the image is skipped."""
        return self.action == "ignore" and not self.faults


class Policy(Section):
    """The whole policy file."""

    defaults: Defaults = Defaults()
    """What applies to every image unless a rule decides otherwise."""
    rules: list[Rule] = Field(default=[], max_length=MOST_RULES)
    """The rules, in order; the first one that matches an image decides."""
    freeze: bool = False
    """Stops every deletion, of managed images and of versions, until it is false again."""

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        faults = _faults_of_the_whole(self.defaults, dict(enumerate(self.rules)))
        if faults:
            raise ValidationError.from_exception_data("Policy", [fault.as_pydantic() for fault in faults])
        return self

    def decide(self, image: ManagedImage, now: datetime) -> Decision:
        """Returns what the first matching rule decides over the defaults, and the image's tags over both."""
        matching = (index for index, rule in enumerate(self.rules) if rule.match.fits(image, now))
        index = next(matching, None)
        return _override(self._by_defaults if index is None else self._by_rule[index], image)

    def compile(self) -> None:
        """Does once what is done once, so that whoever needs the first decision does not wait for it."""
        _ = self._by_rule
        for rule in self.rules:
            rule.match.compile()

    def choices_of(self, rule: str | None) -> Choices:
        """Returns the choices of the rule with this name, or the defaults' if there is none."""
        by_name = {decision.rule: decision.choices for decision in self._by_rule}
        return by_name.get(rule or "", self._by_defaults.choices)

    @cached_property
    def _by_defaults(self) -> Decision:
        return Decision(self.defaults.action, "defaults", self.defaults.over(BUILT_IN))

    @cached_property
    def _by_rule(self) -> list[Decision]:
        """The decision of each rule over the defaults, merged once instead of once per image."""
        lower = self._by_defaults.choices
        return [Decision(rule.action, rule.name, rule.over(lower)) for rule in self.rules]


def find_faults(document: Any) -> list[Fault]:
    """Returns everything wrong with a policy document; of what shows in the whole alone, `MOST_FAULTS` at most.

    A rule that is valid by itself is also checked against the defaults, even if other rules are invalid.
    """
    try:
        Policy.model_validate(document)
    except ValidationError as error:
        faults = [_fault(details) for details in error_details(error)]
    else:
        return []
    defaults, rules = _valid_parts(document if isinstance(document, dict) else {})
    of_the_whole = _faults_of_the_whole(defaults, rules) if defaults else []
    known = set(faults)
    return faults + [fault for fault in of_the_whole if fault not in known]


def _fault(details: ErrorDetails) -> Fault:
    return Fault(details["loc"], "unknown key" if details["type"] == "extra_forbidden" else reason(details))


def _valid_parts(document: dict[str, Any]) -> tuple[Defaults | None, dict[int, Rule]]:
    rules = document.get("rules")
    known = rules[:MOST_RULES] if isinstance(rules, list) else []
    parsed = {index: _valid(Rule, rule) for index, rule in enumerate(known)}
    defaults = _valid(Defaults, document.get("defaults", {}))
    return defaults, {index: rule for index, rule in parsed.items() if rule}


def _valid(section: type[Part], document: Any) -> Part | None:
    try:
        return section.model_validate(document)
    except ValidationError:
        return None


def _faults_of_the_whole(defaults: Defaults, rules: dict[int, Rule]) -> list[Fault]:
    return list(islice(_combined_faults(defaults, rules), MOST_FAULTS))


def _combined_faults(defaults: Defaults, rules: dict[int, Rule]) -> Iterator[Fault]:
    """Yields what only shows when rules and defaults are combined: duplicate names, and choices nobody made."""
    lower = defaults.over(BUILT_IN)
    if defaults.action == "migrate":
        for location, why in faults_in(lower):
            yield Fault(("defaults", *location), f"defaults: {why}")
    names: set[str] = set()
    for index, rule in rules.items():
        if rule.name in names:
            yield Fault(("rules", index, "name"), f"another rule has the name '{rule.name}'")
        names.add(rule.name)
        for location, why in faults_in(rule.over(lower)) if rule.action == "migrate" else ():
            yield Fault(("rules", index, *location), f"rule '{rule.name}': {why}")


def _override(decision: Decision, image: ManagedImage) -> Decision:
    """Returns the decision with the image's own tags over it."""
    overrides = read_override_tags(image.tags)
    if overrides == TagOverrides():
        return decision
    faults = list(overrides.faults)
    choices = overrides.choices
    if choices.regions is not None:
        encrypted, unencrypted = _apply_encryption(decision.choices.regions or [], choices.regions)
        choices = choices.model_copy()
        choices.regions = encrypted
        faults += [
            f"tag {REGIONS_TAG}: the policy has no disk encryption set for {name}" for name in unencrypted
        ]
    return Decision(
        action=overrides.action or decision.action,
        rule=decision.rule if overrides.action in (None, decision.action) else f"tag {ACTION_TAG}",
        choices=choices.over(decision.choices),
        number=overrides.number,
        faults=tuple(faults),
    )


def _apply_encryption(
    policy_regions: list[TargetRegion], tag_regions: list[TargetRegion]
) -> tuple[list[TargetRegion], list[str]]:
    """Applies the policy's disk encryption sets to a tag's regions, and returns the regions without one.

    A tag must not switch encryption off.
    """
    sets = {
        region.name: region.disk_encryption_set for region in policy_regions if region.disk_encryption_set
    }
    if not sets:
        return tag_regions, []
    encrypted = [region.encrypted_with(sets[region.name]) for region in tag_regions if region.name in sets]
    return encrypted, [region.name for region in tag_regions if region.name not in sets]
