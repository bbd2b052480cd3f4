"""What a policy would do with each image, told before it is in force."""

from typing import Any

import pytest

from domain.fleet.batches import Scope
from domain.fleet.policy_preview import Outlook, look_out, outlook, summary
from domain.planning.numbering import Numbering
from domain.policy.rules import Policy
from domain.resources.images import ManagedImage
from tests.unit.builders import GALLERY, NOW, SUBSCRIPTION, image, policy

RULES = Policy.model_validate(
    {
        "defaults": {"galleries": [str(GALLERY)], "regions": ["eastus2"]},
        "rules": [
            {"name": "scratch", "match": {"names": ["scratch-*"]}, "action": "ignore"},
            {
                "name": "builds",
                "match": {"names": ["web-*"]},
                "name_pattern": r"(?P<family>.+)-\d{8}",
                "definition": {"name": "{family}"},
                "version": "date",
            },
        ],
    }
)


def test_an_image_is_told_what_it_would_get() -> None:
    told = outlook(RULES, image(), NOW)
    assert (told.rule, told.action, told.reason) == ("builds", "migrate", None)
    assert (told.galleries, told.definition) == ([GALLERY], "web")
    assert told.version == Numbering(strategy="date", number="2026.115.83000")
    assert [region.name for region in told.regions] == ["westeurope", "eastus2"]


@pytest.mark.parametrize(
    ("built", "under", "told"),
    [
        (image("scratch-1"), RULES, ("scratch", "ignore", "the policy ignores it (scratch)")),
        (
            image("web-2026"),
            RULES,
            (
                "builds",
                "blocked",
                r"the image's name 'web-2026' does not fit name_pattern '(?P<family>.+)-\d{8}'",
            ),
        ),
        (
            image("scratch-2", tags={"gallerist:version": "1"}),
            RULES,
            ("scratch", "blocked", "tag gallerist:version: '1' is not a version"),
        ),
        (
            image(),
            policy(definition={"name": "{image}-"}),
            ("defaults", "blocked", "'web-20260115-' cannot be the name of an image definition"),
        ),
        (
            image(),
            policy(version={"strategy": "tag", "tag": "build"}),
            ("defaults", "blocked", "the image has no tag 'build', which is to hold its version"),
        ),
        (
            image(tags={"gallerist:action": "migrate"}),
            Policy.model_validate({"defaults": {"action": "ignore"}}),
            ("tag gallerist:action", "blocked", "no gallery is named"),
        ),
    ],
    ids=["ignored", "name", "tag", "definition", "version", "no gallery"],
)
def test_an_image_that_would_get_nothing_is_told_why(
    built: ManagedImage, under: Policy, told: tuple[str, str, str]
) -> None:
    seen = outlook(under, built, NOW)
    rule, action, reason = told
    assert (seen.rule, seen.action, seen.galleries) == (rule, action, [])
    assert reason in (seen.reason or "")


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({"subscription": SUBSCRIPTION.upper()}, ["a", "b"]),
        ({"subscription": SUBSCRIPTION, "resource_group": "BUILDS"}, ["a", "b"]),
        ({"subscription": SUBSCRIPTION, "resource_group": "other"}, []),
        ({"subscription": SUBSCRIPTION.replace("1", "2")}, []),
    ],
)
def test_the_images_of_the_scope_are_told_in_order(scope: dict[str, Any], names: list[str]) -> None:
    told = look_out(policy(), Scope.model_validate(scope), [image("b"), image("a")], NOW)
    assert [row.image.name for row in told] == names


def test_the_summary_counts_every_image_once() -> None:
    told = [outlook(RULES, image(name), NOW) for name in ("scratch-1", "web-1", "web-20260101", "db")]
    assert summary(told) == {
        "actions": {"ignore": 1, "blocked": 1, "migrate": 2},
        "rules": {"scratch": 1, "builds": 2, "defaults": 1},
    }


def test_an_outlook_survives_being_json() -> None:
    told = outlook(RULES, image(), NOW)
    assert Outlook.model_validate(told.model_dump(mode="json")) == told
