"""The policy against the galleries: in sync and healthy are two questions."""

from typing import Any

import pytest

from domain.errors import ArmError
from domain.fleet.diff import ImageDiff
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.ids import GalleryId
from services.view_diff import DiffPage, view_diff
from tests.unit.builders import (
    GALLERY,
    OTHER_GALLERY,
    SUBSCRIPTION,
    definition,
    gallery,
    image,
    in_regions,
    policy,
    version,
)
from tests.unit.fakes import FakeCompute, working_with


def holding(*versions: ImageVersion, **changes: Any) -> FakeCompute:
    """One image, its definition, and these versions in it."""
    fields = {"images": [image()], "galleries": [gallery()], "definitions": [definition()], **changes}
    return FakeCompute(versions=list(versions), **fields)


async def page_of(compute: FakeCompute, after: str = "", size: int = 50, **defaults: Any) -> DiffPage:
    with working_with(compute, policy(**defaults)):
        page = await view_diff([SUBSCRIPTION.upper()], None, after, size)
    assert compute.writes == []
    return page


async def only(compute: FakeCompute, **defaults: Any) -> ImageDiff:
    (row,) = (await page_of(compute, **defaults)).images
    return row


async def test_an_image_whose_version_is_everywhere_is_in_sync_and_healthy() -> None:
    row = await only(holding(version(replication=in_regions(westeurope="Completed"))))
    assert (row.sync, row.health, row.changes) == ("in-sync", "healthy", [])
    assert [(one.region, one.state, one.excluded_from_latest) for one in row.versions[0].regions] == [
        ("westeurope", "Completed", False)
    ]


async def test_an_image_without_a_version_is_out_of_sync_and_missing() -> None:
    row = await only(FakeCompute(images=[image()], galleries=[gallery()]))
    assert (row.sync, row.health, row.versions) == ("out-of-sync", "missing", [])
    assert [change.sign for change in row.changes] == ["+", "+"]


async def test_a_healthy_version_can_be_out_of_sync() -> None:
    held = version(replication=in_regions(westeurope="Completed"))
    row = await only(holding(held), regions=["northeurope"])
    assert (row.sync, row.health) == ("out-of-sync", "healthy")
    assert [(change.sign, change.detail) for change in row.changes] == [("~", "more regions: northeurope")]


@pytest.mark.parametrize(
    ("provisioning", "state", "health", "why"),
    [
        ("Succeeded", "Failed", "degraded", ["westeurope: failed"]),
        ("Succeeded", "Replicating", "progressing", ["westeurope: replicating, 40 %"]),
        ("Updating", "Completed", "progressing", ["its state is Updating"]),
        ("Succeeded", "Unknown", "unknown", ["westeurope: unknown"]),
    ],
)
async def test_an_image_in_sync_can_be_unhealthy(
    provisioning: str, state: str, health: str, why: list[str]
) -> None:
    held = version(provisioning_state=provisioning, replication=in_regions(westeurope=state))
    row = await only(holding(held))
    assert (row.sync, row.health, row.versions[0].why) == ("in-sync", health, why)


async def test_a_gallery_that_lacks_the_version_is_the_worse_of_two() -> None:
    held = version(
        replication=in_regions(westeurope="Completed"), target_regions=[TargetRegion(name="westeurope")]
    )
    compute = holding(held, galleries=[gallery(), gallery(OTHER_GALLERY)])
    row = await only(compute, galleries=[str(GALLERY), str(OTHER_GALLERY)])
    assert (row.sync, row.health, len(row.versions)) == ("out-of-sync", "missing", 1)


async def test_what_is_blocked_or_ignored_says_why() -> None:
    ignored = await only(holding(), action="ignore")
    assert (ignored.sync, ignored.health, ignored.reason) == (
        "ignored",
        None,
        "the policy ignores it (defaults)",
    )
    blocked = await only(FakeCompute(images=[image()]))
    assert (blocked.sync, blocked.health) == ("blocked", None)
    assert "does not exist" in (blocked.reason or "")
    assert blocked.fix


async def test_a_version_that_cannot_be_read_is_of_unknown_health() -> None:
    held = version()
    compute = holding(held)
    compute.errors[str(held.id)] = ArmError(429, "TooManyRequests", "slow down")
    page = await page_of(compute)
    assert page.gaps.unread is not None


async def test_images_come_in_pages_in_the_order_of_their_ids() -> None:
    images = [image(name) for name in ("b", "a", "c")]
    compute = FakeCompute(images=images, galleries=[gallery()])
    first = await page_of(compute, size=2)
    assert ([row.image.name for row in first.images], first.total) == (["a", "b"], 3)
    assert first.last is not None
    rest = await page_of(compute, after=first.last, size=2)
    assert ([row.image.name for row in rest.images], rest.last) == (["c"], None)


async def test_one_image_that_cannot_be_planned_does_not_hide_the_others() -> None:
    class Broken(FakeCompute):
        """Its list of regions fails once."""

        failures = 1

        async def list_regions(self, subscription: str) -> frozenset[str]:
            if self.failures:
                self.failures -= 1
                raise ArmError(500, "InternalServerError", "oops")
            return await super().list_regions(subscription)

    page = await page_of(Broken(images=[image("a"), image("b")], galleries=[gallery()]))
    assert [row.sync for row in page.images] == ["unknown", "out-of-sync"]
    assert "oops" in (page.images[0].reason or "")
    assert page.images[0].fix


async def test_throttling_stops_the_plans_that_are_left() -> None:
    class Throttled(FakeCompute):
        asked = 0

        async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Any:
            self.asked += 1
            raise ArmError(429, "TooManyRequests", "slow down")

    compute = Throttled(images=[image(f"web-{number}") for number in range(30)])
    page = await page_of(compute)
    assert {row.sync for row in page.images} == {"unknown"}
    assert compute.asked < 30


async def test_without_creation_times_nothing_is_said() -> None:
    compute = FakeCompute(images=[image(created_at=None)], galleries=[gallery()])
    compute.errors[f"dates of {SUBSCRIPTION}"] = ArmError(429, "TooManyRequests", "slow down")
    row = await only(compute)
    assert (row.sync, row.reason) == ("unknown", "the creation times of its subscription are not read yet")


async def test_only_the_images_of_a_group_are_compared() -> None:
    with working_with(holding(), policy()):
        assert (await view_diff([SUBSCRIPTION], "BUILDS", "", 50)).total == 1
        assert (await view_diff([SUBSCRIPTION], "other", "", 50)).total == 0
