"""Explains a decision: which rule matched and why the earlier ones did not, and who decided each choice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic_core import to_jsonable_python

from domain.described import Described
from domain.policy.consumers import consumer_text, parse_consumers
from domain.policy.rules import BUILT_IN, Decision, Policy
from domain.policy.section import Section
from domain.policy.sections import Action, Match
from domain.policy.tags import PREFIX, read_override_tags
from domain.redaction import without_secrets
from domain.resources.images import ManagedImage

Source = Literal["tag", "rule", "defaults", "built-in"]
# the tag behind each choice that an image can decide by itself
_TAGS = {
    "definition.name": "definition",
    "galleries": "galleries",
    "regions": "regions",
    "exclude_from_latest": "exclude-from-latest",
    "end_of_life_after_days": "end-of-life-after-days",
}


class Condition(Described):
    """One key of a rule's `match`."""

    key: str
    """The key, as in `names` or `tags.team`."""
    wanted: Any
    """What the rule asks for."""
    actual: Any
    """What the image has; null if it has none, or if its creation time is not known."""
    fits: bool


class TriedRule(Described):
    """One rule, in the order of the policy."""

    name: str
    verdict: Literal["matched", "not-matched", "not-reached"]
    """The first rule that matches decides; those after it are not reached."""
    conditions: list[Condition]
    """Each key of its `match`; empty where the rule is for all images, or was not reached."""


class Layer(Described):
    """Who decides a choice, and what."""

    source: Source
    by: str
    """The tag's or the rule's name, `defaults` or `built-in`."""
    value: Any


class Decided(Layer):
    """One choice, who decided it, and what it would be otherwise."""

    choice: str
    """The key in the policy, as in `promote.when` or `tags.team`."""
    instead_of: list[Layer]
    """What the layers below say, the next one first."""


class Explanation(Described):
    """A decision with its reasons."""

    action: Action
    action_by: str
    """Who decided the action: a tag, a rule or the defaults."""
    rule: str
    """The rule that matched, `defaults` if none did, or the tag that decided otherwise."""
    rules: list[TriedRule]
    choices: list[Decided]
    """Every choice that somebody made. What is not listed is open, and nothing is done about it."""
    faults: list[str]
    """The image's `gallerist:` tags that cannot be read; they block the image."""


class _Level(NamedTuple):
    source: Source
    by: str
    section: Any


def explain(policy: Policy, image: ManagedImage, now: datetime) -> Explanation:
    """Explains what the policy and the image's tags decide about the image."""
    decision = policy.decide(image, now)
    tried = _tried(policy, image, now)
    matched = next((index for index, rule in enumerate(tried) if rule.verdict == "matched"), None)
    overrides = read_override_tags(image.tags)
    levels = [
        _Level("tag", "", overrides.choices),
        *([_Level("rule", policy.rules[matched].name, policy.rules[matched])] if matched is not None else []),
        _Level("defaults", "defaults", policy.defaults),
        _Level("built-in", "built-in", BUILT_IN),
    ]
    rule = "defaults" if matched is None else tried[matched].name
    return Explanation(
        action=decision.action,
        action_by=f"tag {PREFIX}action" if overrides.action else rule,
        rule=decision.rule,
        rules=tried,
        choices=[*_by_tags_alone(image, decision), *_decided("", levels, decision.choices)],
        faults=list(decision.faults),
    )


def _tried(policy: Policy, image: ManagedImage, now: datetime) -> list[TriedRule]:
    tried: list[TriedRule] = []
    for rule in policy.rules:
        if tried and tried[-1].verdict in ("matched", "not-reached"):
            tried.append(TriedRule(name=rule.name, verdict="not-reached", conditions=[]))
            continue
        conditions = [
            Condition(key=key, wanted=_wanted(rule.match, key), actual=_actual(image, key, now), fits=fits)
            for key, fits in rule.match.conditions(image, now)
        ]
        fits = all(condition.fits for condition in conditions)
        verdict: Literal["matched", "not-matched"] = "matched" if fits else "not-matched"
        tried.append(TriedRule(name=rule.name, verdict=verdict, conditions=conditions))
    return tried


def _wanted(match: Match, key: str) -> Any:
    name, _, tag = key.partition(".")
    value = getattr(match, name)
    return value[tag] if tag else value


def _actual(image: ManagedImage, key: str, now: datetime) -> Any:
    if key.startswith("tags."):
        tags = {name.lower(): value for name, value in image.tags.items()}
        return tags.get(key.removeprefix("tags.").lower())
    age_days = (now - image.created_at).total_seconds() / 86400 if image.created_at else None
    return {
        "subscriptions": image.id.subscription,
        "resource_groups": image.id.resource_group,
        "names": image.id.name,
        "os_type": image.os_type,
        "locations": image.location,
    }.get(key, None if age_days is None else round(age_days, 2))


def _by_tags_alone(image: ManagedImage, decision: Decision) -> Iterator[Decided]:
    """Yields what only a tag can say: a version number, and consumers besides those of the policy."""
    if decision.number is not None:
        yield _decided_by_tag("version.number", "version", decision.number)
    for name, text in image.tags.items():
        if name.lower() == f"{PREFIX}consumers":
            try:
                consumers = [consumer_text(one) for one in parse_consumers(text)]
            except ValueError:
                # it is among the faults
                continue
            yield _decided_by_tag("retire_source.consumers (more)", "consumers", consumers)


def _decided_by_tag(choice: str, tag: str, value: Any) -> Decided:
    return Decided(choice=choice, source="tag", by=f"{PREFIX}{tag}", value=value, instead_of=[])


def _decided(path: str, levels: Sequence[_Level], merged: Section) -> Iterator[Decided]:
    """Yields the choices of a section that a level decides; `merged` is the section with the decision's own values."""
    for name in type(merged).model_fields:
        choice = f"{path}{name}"
        below = [level._replace(section=getattr(level.section, name, None)) for level in levels]
        given = [level for level in below if level.section is not None]
        if not given:
            continue
        value = getattr(merged, name)
        if isinstance(value, Section):
            yield from _decided(f"{choice}.", given, value)
        elif isinstance(value, Mapping):
            for key in value:
                holders = [level._replace(section=_in(level.section, key)) for level in given]
                yield from _one(f"{choice}.{key}", holders, value[key])
        else:
            yield from _one(choice, given, value)


def _in(mapping: Mapping[str, Any], key: str) -> Any:
    """The names of tags ignore case (documented)."""
    return {name.lower(): value for name, value in mapping.items()}.get(key.lower())


def _one(choice: str, levels: Sequence[_Level], value: Any) -> Iterator[Decided]:
    layers = [
        Layer(source=level.source, by=_name(level, choice), value=_shown(level.section))
        for level in levels
        if level.section is not None
    ]
    if layers:
        top, *others = layers
        yield Decided(
            choice=choice,
            source=top.source,
            by=top.by,
            value=_shown(value),
            instead_of=others,
        )


def _shown(value: Any) -> Any:
    """The value as JSON; the key in the address of a webhook is not shown."""
    return without_secrets(value) if isinstance(value, str) else to_jsonable_python(value)


def _name(level: _Level, choice: str) -> str:
    return f"{PREFIX}{_TAGS.get(choice, choice)}" if level.source == "tag" else level.by
