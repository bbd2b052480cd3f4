"""Activities about managed images: plain JSON in, a result as plain JSON out."""

import json
from typing import Any

import pytest

from domain.errors import ArmError, NotYetError
from domain.migration.messages import PlannedImage
from domain.planning.plan import MigrationPlan
from domain.policy.rules import Policy
from domain.resources.images import ManagedImage
from domain.results import ActivityResult
from tests.unit.app import code as code_of
from tests.unit.builders import GALLERY, NOW, definition, gallery, image, image_id, policy
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakePolicies, working_with

get_managed_image = code_of("get_managed_image")
plan_migration = code_of("plan_migration")


async def test_an_image_is_returned_as_plain_json() -> None:
    built = image(tags={"team": "web"})
    with working_with(FakeCompute(images=[built])):
        reply = await get_managed_image({"image": str(built.id)})
    assert ActivityResult[ManagedImage].model_validate(json.loads(json.dumps(reply))).value == built


async def test_a_missing_image_is_null_and_no_failure() -> None:
    with working_with(FakeCompute()):
        reply = await get_managed_image({"image": str(image_id())})
    assert reply == {"value": None, "retry_later": None, "failure": None}


async def test_keys_that_a_later_version_added_are_tolerated() -> None:
    with working_with(FakeCompute(images=[image()])):
        reply = await get_managed_image({"image": str(image_id()), "newer": True})
    assert reply["value"]["id"] == str(image_id())


@pytest.mark.parametrize(
    ("error", "part", "code"),
    [
        (ArmError(403, "AuthorizationFailed", "no"), "failure", "AuthorizationFailed"),
        (ArmError(429, "TooManyRequests", "slow down", 9), "retry_later", "TooManyRequests"),
        (ArmError(503, "HTTP503", "the service gave no reason"), "retry_later", "HTTP503"),
        (NotYetError("the image is being created"), "retry_later", "NotYet"),
    ],
)
async def test_an_expected_error_is_a_result(error: Exception, part: str, code: str) -> None:
    compute = FakeCompute()
    compute.error = error
    with working_with(compute):
        reply = await get_managed_image({"image": str(image_id())})
    assert [name for name, value in reply.items() if value is not None] == [part]
    failure = reply["failure"] or reply["retry_later"]["failure"]
    assert failure["code"] == code


async def test_an_unforeseen_error_is_raised() -> None:
    """A bug must be seen, not waited for."""
    compute = FakeCompute()
    compute.error = KeyError("properties")
    with working_with(compute), pytest.raises(KeyError):
        await get_managed_image({"image": str(image_id())})


def plan_request(**changes: Any) -> dict[str, Any]:
    return {"image": str(image_id()), "started_by": "test", "now": NOW.isoformat(), **changes}


async def planned(compute: FakeCompute, under: Policy, **changes: Any) -> MigrationPlan:
    compute.images = {image_id(): image()}
    with working_with(compute, under):
        reply = await plan_migration(plan_request(**changes), FakeDurableClient())
    answer = ActivityResult[PlannedImage].model_validate(reply).value
    assert answer is not None
    assert answer.plan is not None
    return answer.plan


async def test_a_plan_is_made_of_the_policy_and_what_the_gallery_holds() -> None:
    existing = definition()
    plan = await planned(
        FakeCompute(galleries=[gallery()], definitions=[existing]), policy(regions=["eastus2"])
    )
    assert (plan.outcome, plan.targets[0].definition_exists) == ("migrate", True)
    assert [region.name for region in plan.targets[0].version.regions] == ["westeurope", "eastus2"]


async def test_a_request_decides_over_the_policy() -> None:
    overrides = {"choices": {"regions": ["northeurope"]}}
    plan = await planned(FakeCompute(galleries=[gallery()]), policy(regions=["eastus2"]), overrides=overrides)
    assert [region.name for region in plan.targets[0].version.regions] == ["westeurope", "northeurope"]


async def test_a_missing_gallery_blocks() -> None:
    plan = await planned(FakeCompute(), policy())
    assert (plan.outcome, str(GALLERY) in (plan.reason or "")) == ("blocked", True)


async def test_planning_writes_nothing() -> None:
    compute = FakeCompute(galleries=[gallery()])
    await planned(compute, policy())
    assert compute.writes == []


async def test_planning_an_ignored_image_reads_no_gallery() -> None:
    ignoring = Policy.model_validate({"defaults": {"action": "ignore"}})
    assert (await planned(FakeCompute(), ignoring)).outcome == "skipped"


async def test_without_a_policy_the_migration_waits_for_one() -> None:
    """Somebody may be correcting it. The reason names the line."""
    compute = FakeCompute(images=[image()], galleries=[gallery()])
    with working_with(compute, policies=FakePolicies(None)):
        reply = await plan_migration(plan_request(), FakeDurableClient())
    retry = ActivityResult[PlannedImage].model_validate(reply).retry_later
    assert retry is not None
    assert retry.reason == "policy policy.yaml, line 3: rulez: Extra inputs are not permitted"
    assert (retry.failure.code, retry.throttled) == ("PolicyUnusable", False)


@pytest.mark.parametrize(("images", "found"), [([], False), ([image(created_at=None)], True)])
async def test_without_an_image_or_its_age_there_is_no_plan(images: list[ManagedImage], found: bool) -> None:
    with working_with(FakeCompute(images=images, galleries=[gallery()])):
        reply = await plan_migration(plan_request(), FakeDurableClient())
    answer = ActivityResult[PlannedImage].model_validate(reply).value
    assert answer is not None
    assert (answer.image is not None, answer.plan) == (found, None)


async def test_an_image_that_may_be_undated_is_planned_without_its_age() -> None:
    with working_with(FakeCompute(images=[image(created_at=None)], galleries=[gallery()]), policy()):
        reply = await plan_migration(plan_request(undated=True), FakeDurableClient())
    answer = ActivityResult[PlannedImage].model_validate(reply).value
    assert answer is not None
    assert answer.plan is not None
    assert answer.plan.outcome == "migrate"
