"""A plan is carried out exactly as it was made, or not at all."""

from typing import Any

import pytest

from domain.planning.changes import changes_of
from domain.planning.facts import LONGEST_FACT
from domain.planning.plan import MigrationPlan
from domain.planning.requests import Overrides
from domain.policy.sections import Choices, DefinitionNaming
from domain.resources.galleries import TargetRegion
from tests.unit.builders import GALLERY, definition, disk, hand_made_version, image, policy, version
from tests.unit.domain.planning.test_plan import plan_of

FAMILY = policy(definition={"name": "web"})


def applied(planned: MigrationPlan, *args: Any, **changes: Any) -> MigrationPlan:
    """The plan of a request to carry out an earlier one."""
    return plan_of(*args, overrides=Overrides(facts=planned.facts), **changes)


def moved(plan: MigrationPlan) -> list[str]:
    return [one.field for one in plan.moved]


def test_a_plan_whose_facts_are_true_is_carried_out_with_its_number() -> None:
    planned = plan_of()
    again = applied(planned)
    assert (again.outcome, again.moved) == ("migrate", [])
    assert [target.number for target in again.targets] == ["1.0.0"]
    assert again.facts == planned.facts


def test_facts_do_not_travel_through_the_task_hub() -> None:
    assert plan_of().model_dump(mode="json").keys().isdisjoint({"facts", "moved"})
    assert "facts" not in Overrides().model_dump(mode="json")


MOVES: dict[str, tuple[dict[str, Any], str]] = {
    "another content": ({"built": image(os_disk=disk("other"))}, "content"),
    "a tag of the image": ({"built": image(tags={"team": "web"})}, "tags"),
    "another rule": ({"under": policy(regions=["eastus2"])}, "regions"),
    "more replicas": ({"under": policy(regions=[{"name": "westeurope", "replicas": 3}])}, "regions"),
    "waves": ({"under": policy(replication={"first_replicas": 1})}, "regions"),
    "an end of life": ({"under": policy(end_of_life_after_days=30)}, "end of life"),
    "latest": ({"under": policy(exclude_from_latest=False)}, "latest"),
    "a promotion": ({"under": policy(promote="after-replication")}, "follow-ups"),
    "the definition's SKU": (
        {"under": policy(definition={"sku": "blue"})},
        f"image definition in {GALLERY.key}",
    ),
}


@pytest.mark.parametrize("case", MOVES)
def test_what_has_moved_is_named_and_nothing_is_written(case: str) -> None:
    changes, fact = MOVES[case]
    plan = applied(plan_of(), **changes)
    assert moved(plan) == [fact]
    assert (plan.outcome, plan.targets) == ("blocked", [])
    assert f"{fact} was" in (plan.reason or "")
    assert "plan the image again" in (plan.fix or "")


def test_an_image_that_the_policy_ignores_by_now_is_refused() -> None:
    plan = applied(plan_of(), under=policy(action="ignore"))
    assert plan.reason == (
        "the plan is no longer true, and nothing was written: outcome was migrate, is skipped: "
        "the policy ignores it (defaults)"
    )


def test_a_number_that_another_image_got_is_refused() -> None:
    web = definition("web")
    other = hand_made_version("1.0.0", of=image("web-1", os_disk=disk("other")), id=web.id.version("1.0.0"))
    planned = plan_of(under=FAMILY)
    plan = applied(planned, under=FAMILY, definitions=[web], versions=[other])
    assert moved(plan) == ["outcome"]
    assert "version 1.0.0 belongs to another image" in (plan.reason or "")


def test_a_higher_number_of_another_image_changes_nothing() -> None:
    """Plans of one family can be carried out in any order, each with its own number."""
    web = definition("web")
    other = version("1.0.9", image("web-1", os_disk=disk("other")), id=web.id.version("1.0.9"))
    planned = plan_of(under=FAMILY, definitions=[web])
    plan = applied(planned, under=FAMILY, definitions=[web], versions=[other])
    assert (plan.outcome, plan.targets[0].number) == ("migrate", "1.0.0")


def test_what_the_same_plan_has_made_already_is_no_difference() -> None:
    """A plan can be applied twice, and a migration that stopped half-way can be started again."""
    plan = applied(plan_of(), definitions=[definition()], versions=[version()])
    assert (plan.outcome, plan.targets[0].adopts) == ("migrate", True)


def test_what_was_there_and_is_gone_is_a_difference() -> None:
    planned = plan_of(definitions=[definition()], versions=[version()])
    assert moved(applied(planned, definitions=[definition()])) == [f"image version in {GALLERY.key}"]


def test_a_creation_time_that_was_not_listed_is_no_difference() -> None:
    assert applied(plan_of(image(created_at=None))).moved == []


def test_facts_are_bounded() -> None:
    tags = {f"tag{index}": "x" * 200 for index in range(30)}
    facts = plan_of(image(tags=tags)).facts
    assert max(len(text) for text in facts.values()) <= LONGEST_FACT
    assert facts != plan_of(image(tags={**tags, "tag9": "y" * 200})).facts


def test_an_invented_fact_is_refused() -> None:
    plan = plan_of(overrides=Overrides(facts={**plan_of().facts, "colour": "red"}))
    assert plan.moved == [("colour", "was red, is nothing")]


def test_choices_of_the_request_are_part_of_the_plan() -> None:
    chosen = Choices(definition=DefinitionNaming(name="web"))
    planned = plan_of(overrides=Overrides(choices=chosen))
    assert plan_of(overrides=Overrides(choices=chosen, facts=planned.facts)).moved == []
    assert moved(applied(planned)) == [f"image definition in {GALLERY.key}"]


def test_changes_name_what_is_created() -> None:
    assert [(one.sign, one.resource, one.detail) for one in changes_of(plan_of().targets)] == [
        ("+", str(definition().id), "Linux, V2, northeurope"),
        ("+", str(definition().id.version("1.0.0")), "in westeurope"),
    ]


def test_nothing_changes_where_everything_is_there() -> None:
    assert changes_of(plan_of(definitions=[definition()], versions=[version()]).targets) == []


def test_changes_of_a_version_are_its_regions_its_replicas_and_a_repeated_write() -> None:
    under = policy(
        regions=["northeurope", {"name": "westeurope", "replicas": 3}], replication={"first_replicas": 1}
    )
    held = version(provisioning_state="Failed", target_regions=[TargetRegion(name="westeurope")])
    (change,) = changes_of(plan_of(under=under, definitions=[definition()], versions=[held]).targets)
    assert (change.sign, change.detail) == (
        "~",
        "written again: it failed; more regions: northeurope; more replicas in westeurope",
    )
