"""The preview of a policy: what each image would get before the policy is in force."""

from typing import Any

import pytest

from domain.field_errors import LONGEST_REASON
from domain.fleet.policy_preview import ImagePreview, preview_image, preview_policy, summary
from domain.fleet.scopes import Scope
from domain.planning.numbering import Numbering
from domain.planning.plan import plan_migration
from domain.planning.requests import PlanRequest
from domain.planning.targets import GalleryView
from domain.policy.rules import Policy
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from tests.unit.builders import GALLERY, NOW, REGIONS, SUBSCRIPTION, gallery, image, policy

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


def test_a_preview_shows_what_an_image_would_get() -> None:
    preview = preview_image(RULES, image(), NOW)
    assert (preview.rule, preview.action, preview.reason) == ("builds", "migrate", None)
    assert (preview.galleries, preview.definition) == ([GALLERY], "web")
    assert preview.version == Numbering(strategy="date", number="2026.115.83000")
    assert [region.name for region in preview.regions] == ["westeurope", "eastus2"]


@pytest.mark.parametrize(
    ("built", "under", "expected"),
    [
        (image("scratch-1"), RULES, ("scratch", "ignore", "the policy ignores it (scratch)")),
        (
            image("web-2026"),
            RULES,
            (
                "builds",
                "blocked",
                r"the image's name 'web-2026' does not match name_pattern '(?P<family>.+)-\d{8}'",
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
            ("defaults", "blocked", "the image has no tag 'build', which should hold its version"),
        ),
        (
            image(tags={"gallerist:action": "migrate"}),
            Policy.model_validate({"defaults": {"action": "ignore"}}),
            ("tag gallerist:action", "blocked", "no target gallery"),
        ),
    ],
    ids=["ignored", "name", "tag", "definition", "version", "no gallery"],
)
def test_a_preview_of_an_image_that_would_get_nothing_has_the_reason(
    built: ManagedImage, under: Policy, expected: tuple[str, str, str]
) -> None:
    preview = preview_image(under, built, NOW)
    rule, action, reason = expected
    assert (preview.rule, preview.action, preview.galleries) == (rule, action, [])
    assert reason in (preview.reason or "")


def test_a_preview_lists_every_reason_that_the_policy_alone_shows() -> None:
    under = policy(definition={"name": "{image}-"}, version={"strategy": "tag", "tag": "build"})
    assert preview_image(under, image(), NOW).reason == (
        "'web-20260115-' cannot be the name of an image definition; "
        "the image has no tag 'build', which should hold its version"
    )


def test_a_preview_and_a_plan_give_the_same_names_and_numbers() -> None:
    request = PlanRequest(image=image(), started_by="test", now=NOW)
    plan = plan_migration(
        request,
        RULES.decide(image(), NOW),
        {GALLERY: GalleryView(gallery=gallery())},
        REGIONS,
    )
    (target,) = plan.targets
    preview = preview_image(RULES, image(), NOW)
    assert preview.galleries == [target.definition.id.gallery]
    assert preview.definition == target.definition.id.name
    assert preview.version == target.version.numbering
    assert preview.regions == target.rollout.regions


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({"subscription": SUBSCRIPTION.upper()}, ["a", "b"]),
        ({"subscription": SUBSCRIPTION, "resource_group": "BUILDS"}, ["a", "b"]),
        ({"subscription": SUBSCRIPTION, "resource_group": "other"}, []),
        ({"subscription": SUBSCRIPTION.replace("1", "2")}, []),
    ],
)
def test_the_images_of_the_scope_are_ordered_by_id(scope: dict[str, Any], names: list[str]) -> None:
    previews = preview_policy(policy(), Scope.model_validate(scope), [image("b"), image("a")], NOW)
    assert [preview.image.name for preview in previews] == names


def test_the_summary_counts_every_image_once() -> None:
    names = ("scratch-1", "web-1", "web-20260101", "db")
    assert summary(preview_image(RULES, image(name), NOW) for name in names) == {
        "actions": {"ignore": 1, "blocked": 1, "migrate": 2},
        "rules": {"scratch": 1, "builds": 2, "defaults": 1},
    }


def test_a_preview_is_the_same_after_json() -> None:
    preview = preview_image(RULES, image(), NOW)
    assert ImagePreview.model_validate(preview.model_dump(mode="json")) == preview


def test_the_reason_of_a_blocked_image_is_short() -> None:
    """A thousand of them may be listed, and a template fills in the longest names."""
    long = policy(definition={"name": "{resource_group}" * 30})
    preview = preview_image(long, image(id=ImageId.of(SUBSCRIPTION, "g" * 90, "web")), NOW)
    assert preview.action == "blocked"
    assert preview.reason is not None
    assert 0 < len(preview.reason) <= LONGEST_REASON
