"""The sections of a policy: how choices merge. Every key of every section is covered, also one that is added later."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from domain.policy.rules import BUILT_IN, Policy, Rule
from domain.policy.section import Section
from domain.policy.sections import Choices, DefinitionNaming, VersionNumbering
from tests.unit.builders import GALLERY, NOW, OTHER_GALLERY, image

SUBNET = (
    f"/subscriptions/{GALLERY.subscription}/resourceGroups/net"
    "/providers/Microsoft.Network/virtualNetworks/v/subnets/proofs"
)
# for every key of a policy's choices two different values, each valid beside all the others
VALUES: dict[tuple[str, ...], tuple[Any, Any]] = {
    ("galleries",): ([str(GALLERY)], [str(OTHER_GALLERY)]),
    ("name_pattern",): (".+", "(?P<family>.+)"),
    ("definition", "name"): ("base", "{image}-base"),
    ("definition", "publisher"): ("contoso", "fabrikam"),
    ("definition", "offer"): ("web", "db"),
    ("definition", "sku"): ("one", "two"),
    ("definition", "across_resource_groups"): (True, False),
    ("definition", "features", "SecurityType"): ("Standard", "TrustedLaunchSupported"),
    ("definition", "features", "DiskControllerTypes"): ("SCSI", "SCSI, NVMe"),
    ("definition", "features", "IsAcceleratedNetworkSupported"): ("True", "False"),
    ("definition", "features", "IsHibernateSupported"): ("True", "False"),
    ("version", "strategy"): ("date", "tag"),
    ("version", "tag"): ("build", "release"),
    ("tags",): ({"costCenter": "1"}, {"costCenter": "2"}),
    ("regions",): (["eastus2"], []),
    ("exclude_from_latest",): (True, False),
    ("end_of_life_after_days",): (30, 60),
    ("replication", "deadline_hours"): (6, 48),
    ("replication", "first_poll_seconds"): (5, 10),
    ("replication", "longest_poll_seconds"): (300, 400),
    ("replication", "waves"): ("all-at-once", "home-first"),
    ("replication", "first_replicas"): (1, 2),
    ("replication", "heal_attempts"): (0, 1),
    ("replication", "stuck_after_hours"): (1, 2),
    ("verify", "mode"): ("off", "boot"),
    ("verify", "regions"): ("home", ["eastus2"]),
    ("verify", "resource_group"): ("proofs", "others"),
    ("verify", "subnets"): ({"eastus2": SUBNET}, {"eastus2": f"{SUBNET}-2"}),
    ("verify", "sizes"): (["Standard_B2s"], ["Standard_D2s_v5"]),
    ("verify", "agent"): (True, False),
    ("verify", "deadline_minutes"): (30, 60),
    ("promote", "when"): ("never", "after-replication"),
    ("promote", "rings"): ([["eastus2"]], [["westus2"], ["eastus2"]]),
    ("promote", "bake_hours"): (1, 2),
    ("retire_source", "when"): ("never", "after-approval"),
    ("retire_source", "soak_days"): (7, 14),
    ("retire_source", "approval_days"): (20, 30),
    ("retire_source", "strict"): (True, False),
    ("retire_source", "most_per_day"): (5, 6),
    ("retire_source", "consumers"): ([{"name": "cluster", "until": "2027-01-31"}], []),
    ("retention", "keep_last"): (3, 5),
    ("retention", "keep_days"): (90, 180),
    ("retention", "grace_days"): (7, 14),
    ("retention", "dry_run"): (True, False),
    ("retention", "most_per_run"): (5, 6),
    ("retention", "old_replicas"): (1, 2),
    ("notify", "topic"): (
        "https://one.eventgrid.azure.net/api/events",
        "https://two.eventgrid.azure.net/api/events",
    ),
    ("notify", "webhook"): ("https://hooks.contoso.com/a", "https://hooks.contoso.com/b"),
    ("notify", "owner"): ("images@contoso.com", "platform@contoso.com"),
    ("notify", "notice_days"): (1, 2),
}
# moved into the key that it is short for when a policy is read
SHORTHAND = ("definition", "security_type")
KEYS = pytest.mark.parametrize("key", VALUES, ids=".".join)


def keys(section: type[Section], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yields the path of every key, into sections inside sections."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from keys(inner, (*prefix, name))
        elif (*prefix, name) != SHORTHAND:
            yield (*prefix, name)


def document(values: dict[tuple[str, ...], Any]) -> dict[str, Any]:
    """Returns the values as nested dictionaries.

    What is not excluded from `latest` cannot be proved before it is: of these two the proof is left out.
    """
    nested: dict[str, Any] = {}
    included = values.get(("exclude_from_latest",)) is False
    for path, value in values.items():
        if included and (path, value) == (("verify", "mode"), "boot"):
            continue
        section = nested
        for name in path[:-1]:
            section = section.setdefault(name, {})
        section[path[-1]] = value
    return nested


def chosen(choices: Choices, path: tuple[str, ...]) -> Any:
    """Returns the value of a key; regions by their names."""
    value = choices.model_dump(mode="json")
    for name in path:
        value = value[name]
    return [region["name"] for region in value] if path == ("regions",) and value else value


ALL_DEFAULTS = {path: first for path, (first, _) in VALUES.items()}


def test_every_key_of_every_section_has_values_here() -> None:
    assert set(VALUES) == set(keys(Choices))


@KEYS
def test_a_rule_that_leaves_a_key_open_gets_the_defaults_value(key: tuple[str, ...]) -> None:
    """Also if the rule decides every other key of the same section."""
    for decided in ({}, {other: second for other, (_, second) in VALUES.items() if other != key}):
        policy = Policy.model_validate(
            {"defaults": document(ALL_DEFAULTS), "rules": [{"name": "it", **document(decided)}]}
        )
        assert chosen(policy.decide(image(), NOW).choices, key) == VALUES[key][0]


@KEYS
def test_a_rule_that_decides_a_key_changes_only_that_key(key: tuple[str, ...]) -> None:
    rule = {"name": "it", **document({key: VALUES[key][1]})}
    policy = Policy.model_validate({"defaults": document(ALL_DEFAULTS), "rules": [rule]})
    choices = policy.decide(image(), NOW).choices
    assert chosen(choices, key) == VALUES[key][1]
    assert {other: chosen(choices, other) for other in VALUES if other != key} == {
        other: first for other, first in ALL_DEFAULTS.items() if other != key
    }


@KEYS
def test_defaults_that_leave_a_key_open_get_the_built_in_value(key: tuple[str, ...]) -> None:
    choices = Policy.model_validate({"defaults": {"galleries": [str(GALLERY)]}}).decide(image(), NOW).choices
    expected = [str(GALLERY)] if key == ("galleries",) else chosen(BUILT_IN, key)
    assert chosen(choices, key) == expected


def test_merging_with_nothing_changes_nothing() -> None:
    choices = Choices.model_validate(document(ALL_DEFAULTS))
    assert choices.over(Choices()) == choices
    assert Choices().over(choices) == choices


def test_merging_leaves_both_sides_unchanged() -> None:
    upper, lower = Choices(version={"tag": "build"}), Choices(version={"strategy": "date"})
    assert upper.over(lower).version == VersionNumbering(strategy="date", tag="build")
    assert upper == Choices(version={"tag": "build"})
    assert lower == Choices(version={"strategy": "date"})


def test_a_strategy_can_stand_for_the_version_section() -> None:
    """It merges with the defaults' section like the long form."""
    policy = Policy.model_validate(
        {
            "defaults": {"galleries": [str(GALLERY)], "version": {"strategy": "date", "tag": "build"}},
            "rules": [{"name": "it", "version": "tag"}],
        }
    )
    assert policy.decide(image(), NOW).choices.version == VersionNumbering(strategy="tag", tag="build")


NUMBERS = {
    ("match", "older_than_days"): (0, 36500),
    ("match", "newer_than_days"): (0, 36500),
    ("end_of_life_after_days",): (1, 36500),
    ("replication", "deadline_hours"): (0.01, 336),
    ("replication", "first_poll_seconds"): (1, 86400),
    ("replication", "longest_poll_seconds"): (1, 86400),
    ("replication", "first_replicas"): (1, 100),
    ("replication", "heal_attempts"): (0, 10),
    ("replication", "stuck_after_hours"): (0.01, 336),
    ("verify", "deadline_minutes"): (0.01, 1440),
    ("promote", "bake_hours"): (0, 336),
    ("retire_source", "soak_days"): (0, 36500),
    ("retire_source", "approval_days"): (0.01, 36500),
    ("retire_source", "most_per_day"): (1, 1000),
    ("retention", "keep_last"): (1, 10_000),
    ("retention", "keep_days"): (0, 36500),
    ("retention", "grace_days"): (0, 36500),
    ("retention", "most_per_run"): (1, 1000),
    ("retention", "old_replicas"): (1, 100),
    ("notify", "notice_days"): (0, 36500),
}


def test_every_number_of_a_rule_has_bounds_here() -> None:
    numbers = {path for path in keys(Rule) if "number" in types_of(path) or "integer" in types_of(path)}
    assert numbers == set(NUMBERS)


def types_of(path: tuple[str, ...]) -> set[str]:
    """Returns the JSON types of a key."""
    section: type[Section] = Rule
    for name in path[:-1]:
        inner = section.model_fields[name].annotation
        assert isinstance(inner, type)
        section = inner
    schema = section.model_json_schema()["properties"][path[-1]]
    return {str(part.get("type")) for part in schema.get("anyOf", [schema])}


@pytest.mark.parametrize(("path", "bounds"), NUMBERS.items(), ids=[".".join(path) for path in NUMBERS])
def test_a_number_is_within_what_times_can_be(path: tuple[str, ...], bounds: tuple[float, float]) -> None:
    """Beyond them `timedelta`, `datetime` or a durable timer fails, and infinity is null in JSON."""
    for number in bounds:
        rule = Rule.model_validate({"name": "it", **document({path: number})})
        assert rule.match.fits(image(), NOW) in (True, False)
    for number in (bounds[0] - 1, bounds[1] + 1, 1e10, 10**30, math.inf, -math.inf, math.nan):
        with pytest.raises(ValidationError):
            Rule.model_validate({"name": "it", **document({path: number})})


@pytest.mark.parametrize("pattern", ["(", "a{1001}", "(" * 900, "a" * 1001])
def test_a_pattern_that_cannot_be_compiled_is_invalid(pattern: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Choices(name_pattern=pattern)
    assert [error["loc"] for error in refused.value.errors()] == [("name_pattern",)]


def features_of(defaults: dict[str, Any], rule: dict[str, Any]) -> dict[str, str]:
    policy = Policy.model_validate(
        {
            "defaults": {"galleries": [str(GALLERY)], "definition": defaults},
            "rules": [{"name": "it", "definition": rule}],
        }
    )
    return policy.decide(image(), NOW).choices.definition.features.stated()


@pytest.mark.parametrize(
    ("defaults", "rule"),
    [
        ({"security_type": "Standard"}, {"features": {"SecurityType": "TrustedLaunchSupported"}}),
        ({"features": {"SecurityType": "Standard"}}, {"security_type": "TrustedLaunchSupported"}),
    ],
)
def test_the_short_security_type_and_the_feature_replace_each_other(
    defaults: dict[str, Any], rule: dict[str, Any]
) -> None:
    """Whichever way each of them is written, the rule decides over the defaults."""
    assert features_of(defaults, rule) == {"SecurityType": "TrustedLaunchSupported"}


def test_two_security_types_in_one_section_are_refused() -> None:
    both = {"security_type": "Standard", "features": {"SecurityType": "TrustedLaunchSupported"}}
    with pytest.raises(ValidationError, match="give one of them"):
        DefinitionNaming.model_validate(both)
    same = {"security_type": "Standard", "features": {"SecurityType": "Standard"}}
    assert DefinitionNaming.model_validate(same).features.stated() == {"SecurityType": "Standard"}


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("DiskControllerTypes", "nvme,scsi", "SCSI, NVMe"),
        ("DiskControllerTypes", "NVMe", "NVMe"),
        ("SecurityType", "trustedlaunchsupported", "TrustedLaunchSupported"),
        ("SecurityType", "ConfidentialVmSupported", "ConfidentialVMSupported"),
        ("IsHibernateSupported", True, "True"),
        ("IsAcceleratedNetworkSupported", "false", "False"),
    ],
)
def test_a_feature_gets_azures_spelling(name: str, written: Any, value: str) -> None:
    assert features_of({}, {"features": {name: written}})[name] == value


def test_tags_merge_one_by_one() -> None:
    """A rule adds tags and replaces those of the defaults, whose names ignore case."""
    policy = Policy.model_validate(
        {
            "defaults": {"galleries": [str(GALLERY)], "tags": {"costCenter": "1", "owner": "images"}},
            "rules": [{"name": "it", "tags": {"COSTCENTER": "2", "tier": "gold"}}],
        }
    )
    tags = policy.decide(image(), NOW).choices.tags
    assert tags == {"COSTCENTER": "2", "tier": "gold", "owner": "images"}
