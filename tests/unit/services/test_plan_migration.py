"""Planning with its reads: what is read for a plan, and what follows if something cannot be read."""

import pytest

from domain.errors import ArmError
from domain.migration.messages import PlanQuery
from domain.planning.plan import MigrationPlan
from domain.planning.requests import Overrides, PlanRequest
from domain.policy.rules import Policy
from domain.resources.ids import GalleryId, ImageDefinitionId, ResourceGroupId
from services.plan_migration import MANY_DEFINITIONS, plan, plan_image
from tests.unit.builders import GALLERY, NOW, definition, gallery, image, policy, version
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

IMAGES_GROUP = ResourceGroupId.of(image().id.subscription, image().id.resource_group)
ELSEWHERE = "99999999-2222-3333-4444-555555555555"


async def planned(compute: FakeCompute, under: Policy | None = None) -> MigrationPlan:
    with working_with(compute, under or policy()):
        return await plan(PlanRequest(image=image(), started_by="test", now=NOW))


def failed(decided: MigrationPlan) -> list[str]:
    return [check.name for check in decided.checks if check.verdict == "failed"]


async def test_permissions_are_read_at_the_images_group_and_at_the_gallery() -> None:
    compute = FakeCompute(galleries=[gallery()])
    decided = await planned(compute)
    assert (decided.outcome, set(compute.asked_permissions)) == ("migrate", {GALLERY, IMAGES_GROUP})


async def test_permissions_that_are_missing_at_the_group_are_looked_for_at_the_image() -> None:
    compute = FakeCompute(galleries=[gallery()])
    compute.permissions = []
    decided = await planned(compute)
    assert decided.outcome == "blocked"
    assert set(compute.asked_permissions) == {GALLERY, IMAGES_GROUP, image().id}


async def test_resources_that_nobody_counted_are_counted_for_people_and_large_galleries_only() -> None:
    class Uncounted(FakeCompute):
        counts = 0

        def has_counted(self, subscription: str) -> bool:
            return not subscription

        async def count_resources(self, subscription: str, resource_type: str) -> dict[str, int]:
            self.counts += 1
            return await super().count_resources(subscription, resource_type)

    compute = Uncounted(galleries=[gallery()])
    request = PlanRequest(image=image(), started_by="test", now=NOW)
    assert (await planned(compute)).warnings == []
    assert compute.counts == 0
    with working_with(compute, policy()):
        await plan(request, counts=True)
    assert compute.counts == 2
    full = [definition(f"d{number}") for number in range(MANY_DEFINITIONS)]
    large = Uncounted(galleries=[gallery()], definitions=full)
    await planned(large)
    assert large.counts == 2


async def test_unreadable_permissions_are_a_warning() -> None:
    compute = FakeCompute(galleries=[gallery()])
    compute.permissions = None
    decided = await planned(compute)
    assert decided.outcome == "migrate"
    assert sum("cannot be read" in warning for warning in decided.warnings) == 2


async def test_the_versions_of_a_missing_definition_are_not_requested() -> None:
    """An invalid name in the policy must be a failed check, not an error of ARM."""

    class Strict(FakeCompute):
        async def list_image_versions(self, definition: ImageDefinitionId) -> list:
            raise AssertionError(f"{definition} does not exist")

    decided = await planned(Strict(galleries=[gallery()]), policy(definition={"name": "{image}-"}))
    assert failed(decided) == ["definition name"]


async def test_existing_versions_decide_the_number() -> None:
    compute = FakeCompute(
        galleries=[gallery()],
        definitions=[definition()],
        versions=[version("4.0.0", of=image("other"))],
    )
    assert (await planned(compute)).targets[0].number == "4.0.1"


async def test_an_unreadable_gallery_is_a_failed_check() -> None:
    class Unreadable(FakeCompute):
        async def get_gallery(self, gallery: GalleryId, within: float = 0) -> None:
            assert within > 0
            raise ArmError(403, "AuthorizationFailed", f"no read of {gallery}")

    decided = await planned(Unreadable(galleries=[gallery()]))
    assert (decided.outcome, failed(decided)) == ("blocked", ["gallery"])


@pytest.mark.parametrize("status", [429, 503, 0])
async def test_a_temporary_error_is_raised(status: int) -> None:
    """A throttled read must be retried, not taken for an unreadable gallery."""
    compute = FakeCompute(galleries=[gallery()])
    compute.error = ArmError(status, "TooManyRequests", "later")
    with pytest.raises(ArmError, match="later"):
        await planned(compute)


async def test_a_region_that_the_gallerys_subscription_cannot_use_fails() -> None:
    """The version is in the gallery's subscription, its source in the image's."""

    class TwoSubscriptions(FakeCompute):
        async def list_regions(self, subscription: str) -> frozenset[str]:
            return frozenset({"westeurope"} if subscription == ELSEWHERE else {"westeurope", "eastus2"})

    away = GalleryId(ELSEWHERE, "images", ("golden",))
    compute = TwoSubscriptions(galleries=[gallery(away)])
    assert failed(await planned(compute, policy(galleries=[str(away)], regions=["eastus2"]))) == ["regions"]
    assert failed(await planned(compute, policy(galleries=[str(away)]))) == []


async def test_unreadable_regions_of_the_gallerys_subscription_are_not_checked() -> None:
    class UnreadableElsewhere(FakeCompute):
        async def list_regions(self, subscription: str) -> frozenset[str]:
            if subscription == ELSEWHERE:
                raise ArmError(403, "AuthorizationFailed", "no read of locations")
            return await super().list_regions(subscription)

    away = GalleryId(ELSEWHERE, "images", ("golden",))
    under = policy(galleries=[str(away)], regions=["eastus2"])
    assert failed(await planned(UnreadableElsewhere(galleries=[gallery(away)]), under)) == []


async def test_a_migration_whose_plan_is_no_longer_true_is_blocked_before_anything_is_written() -> None:
    """The world may move after the start was accepted: the migration itself compares the facts once more."""
    compute = FakeCompute(images=[image()], galleries=[gallery()])
    facts = (await planned(compute)).facts
    query = PlanQuery(image=image().id, started_by="test", overrides=Overrides(facts=facts), now=NOW)
    with working_with(compute, policy()):
        same = (await plan_image(FakeDurableClient(), query)).plan
    with working_with(compute, policy(regions=["eastus2"])):
        moved = (await plan_image(FakeDurableClient(), query)).plan
    assert same is not None
    assert (same.outcome, [target.number for target in same.targets]) == ("migrate", ["1.0.0"])
    assert moved is not None
    assert (moved.outcome, moved.targets) == ("blocked", [])
    assert "regions was westeurope 1 Standard_LRS, is westeurope 1 Standard_LRS, eastus2" in (
        moved.reason or ""
    )
    assert compute.writes == []
