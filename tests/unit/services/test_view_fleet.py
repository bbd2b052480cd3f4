"""The coverage as a use case: what a part that was not read, or cannot be, means for each image."""

import threading
from datetime import datetime
from typing import Any

import pytest
from pydantic import PrivateAttr

from domain.errors import ArmError
from domain.fleet.coverage import ImageCoverage, summarize
from domain.fleet.scopes import Scope, Scopes
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.policy.rules import Decision, Policy
from domain.policy.sections import Match
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id
from services.preview import preview
from services.view_fleet import FleetView, view_fleet
from tests.unit.builders import (
    OTHER_GALLERY,
    SUBSCRIPTION,
    definition_id,
    hand_made_version,
    image,
    image_id,
    in_regions,
    policy,
    version,
)
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with

THERE = SUBSCRIPTION.replace("1", "9")
FORBIDDEN = ArmError(403, "AuthorizationFailed", "no read")
THROTTLED = ArmError(429, "TooManyRequests", "later")
WEB, API = image("web"), image("api")


def published(of: Any = WEB, state: str = "Completed", **changes: Any) -> Any:
    name = definition_id(of.id.name).version("1.0.0")
    return version(of=of, id=name, replication=in_regions(westeurope=state), **changes)


async def view(
    compute: FakeCompute,
    client: FakeDurableClient | None = None,
    *scopes: str,
    match: Match | None = None,
    **defaults: Any,
) -> FleetView:
    with working_with(compute, policy(**defaults)):
        wanted = [Scope(subscription=name) for name in scopes or (SUBSCRIPTION,)]
        return await view_fleet(client or FakeDurableClient(), wanted, match or Match())


def found(seen: FleetView) -> dict[str, ImageCoverage]:
    return {one.image.name: one for one in seen.images}


def completed(**fields: Any) -> FakeDurableClient:
    """A task hub that knows that the content of `WEB` completed."""
    client = FakeDurableClient()
    status = MigrationStatus(
        image=image_id("web"), state=MigrationState.COMPLETED, fingerprint=WEB.fingerprint, **fields
    )
    client.add(
        migration_id(image_id("web")),
        "Completed",
        {"image": str(image_id("web")), "started_by": "anna"},
        output=status.model_dump(mode="json"),
    )
    return client


async def test_a_version_in_every_region_is_migrated_and_one_on_its_way_is_not() -> None:
    compute = FakeCompute(images=[WEB, API], versions=[published(), published(API, "Replicating")])
    seen = found(await view(compute))
    assert (seen["web"].category, seen["api"].category) == ("migrated", "untouched")


@pytest.mark.parametrize(
    ("error", "unread", "why"),
    [
        (THROTTLED, True, f"the versions of {definition_id('web')} are not read yet"),
        (FORBIDDEN, False, f"the versions of {definition_id('web')} cannot be read"),
    ],
)
async def test_an_image_whose_definition_is_not_read_is_unknown_and_the_others_are_known(
    error: ArmError, unread: bool, why: str
) -> None:
    compute = FakeCompute(images=[WEB, API], versions=[published(), published(API)])
    compute.errors[str(definition_id("web"))] = error
    seen = await view(compute)
    web = found(seen)["web"]
    assert (web.category, web.unread, web.why) == ("unknown", unread, why)
    assert found(seen)["api"].category == "migrated"
    assert bool(seen.gaps.unread) is unread
    assert bool(seen.gaps.unreadable) is not unread
    summary = summarize(seen.images)
    assert summary.images == sum(summary.counts.values()) == 2


async def test_one_of_two_galleries_that_is_not_read_leaves_the_image_unknown() -> None:
    compute = FakeCompute(images=[WEB], versions=[published()])
    compute.errors[str(definition_id("web", OTHER_GALLERY))] = THROTTLED
    seen = await view(compute, galleries=[str(definition_id().gallery), str(OTHER_GALLERY)])
    assert found(seen)["web"].category == "unknown"


@pytest.mark.parametrize(("client", "category"), [(None, "unknown"), (completed(), "migrated")])
async def test_what_the_task_hub_saw_complete_needs_no_reading_of_the_regions(
    client: FakeDurableClient | None, category: str
) -> None:
    compute = FakeCompute(images=[WEB], versions=[published()])
    compute.errors[str(published().id)] = THROTTLED
    assert found(await view(compute, client))["web"].category == category


async def test_what_completed_and_was_deleted_since_is_untouched() -> None:
    assert found(await view(FakeCompute(images=[WEB]), completed()))["web"].category == "untouched"


@pytest.mark.parametrize(("error", "unread"), [(THROTTLED, True), (FORBIDDEN, False)])
async def test_an_image_without_a_known_creation_time_is_unknown(error: ArmError, unread: bool) -> None:
    """Its content cannot be told from that of an earlier image of the same name."""
    compute = FakeCompute(images=[image("web", created_at=None)], versions=[hand_made_version()])
    compute.errors[f"dates of {SUBSCRIPTION}"] = error
    seen = await view(compute)
    web = found(seen)["web"]
    assert (web.category, web.unread) == ("unknown", unread)
    assert seen.unlisted == ({SUBSCRIPTION} if unread else set())


async def test_an_image_that_the_list_of_resources_never_shows_is_not_waited_for() -> None:
    seen = await view(FakeCompute(images=[image("web", created_at=None)]))
    assert found(seen)["web"].category == "untouched"


async def test_a_subscription_that_cannot_be_read_is_named_and_the_images_of_others_are_counted() -> None:
    compute = FakeCompute(images=[WEB])
    compute.errors[f"/subscriptions/{THERE}"] = FORBIDDEN
    seen = await view(compute, None, SUBSCRIPTION, THERE)
    assert list(found(seen)) == ["web"]
    assert [part.id for part in seen.gaps.unreadable] == [f"/subscriptions/{THERE}"]
    assert seen.unlisted == set()


async def test_a_subscription_that_is_not_read_yet_is_not_listed() -> None:
    compute = FakeCompute(images=[WEB])
    compute.errors[f"/subscriptions/{THERE}"] = THROTTLED
    assert (await view(compute, None, SUBSCRIPTION, THERE)).unlisted == {THERE}


@pytest.mark.parametrize("error", [THROTTLED, FORBIDDEN])
async def test_if_nothing_at_all_is_read_the_error_is_raised(error: ArmError) -> None:
    """An answer without images would look like an estate without images."""
    compute = FakeCompute(images=[WEB])
    compute.errors[f"/subscriptions/{SUBSCRIPTION}"] = error
    with pytest.raises(ArmError, match=error.code):
        await view(compute)


class WatchedPolicy(Policy):
    """A policy that knows the threads in which it decided."""

    _threads: set[threading.Thread] = PrivateAttr(default_factory=set)

    def decide(self, image: ManagedImage, now: datetime) -> Decision:
        self._threads.add(threading.current_thread())
        return super().decide(image, now)


async def test_what_decides_about_many_images_keeps_nobody_waiting() -> None:
    """A long policy and many images take seconds, and the event loop answers everybody."""
    watched = WatchedPolicy.model_validate(policy().model_dump())
    compute = FakeCompute(images=[WEB, API])
    with working_with(compute, watched):
        scope = Scope(subscription=SUBSCRIPTION)
        seen = await view_fleet(FakeDurableClient(), [scope], Match())
        previews = await preview(None, scope)
    assert (len(seen.images), len(previews)) == (2, 2)
    assert watched._threads
    assert threading.current_thread() not in watched._threads


async def test_an_image_is_in_one_of_many_scopes() -> None:
    scopes = Scopes(
        [Scope(subscription=THERE), Scope(subscription=SUBSCRIPTION.upper(), resource_group="Golden")]
    )
    named = [ImageId.of(*parts) for parts in ((THERE, "any", "a"), (SUBSCRIPTION, "golden", "b"))]
    assert all(scopes.hold(image) for image in named)
    assert not scopes.hold(ImageId.of(SUBSCRIPTION, "other", "b"))
