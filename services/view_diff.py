"""Compares the policy with the galleries, a page of images at a time: plans each, and looks at its versions."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from adapters.azure.protocols import AzureLook, SeenImages
from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.fleet.diff import ImageDiff, diff_of, held_versions, unknown_diff
from domain.fleet.gaps import Gaps
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from services.container import services
from services.plan_migration import KEPT, plan
from services.view_azure import check_that_some_were_read

PLANS_AT_ONCE = 8
# the versions have to be looked at in the rest of the answer's time
PLAN_SECONDS = 8
_LATER = "ask for this page again: what was read is kept"

Outcome = MigrationPlan | ArmError | None


class DiffPage(NamedTuple):
    """The images of one page, how many there are in all, and the id of the last one if there are more."""

    images: list[ImageDiff]
    total: int
    last: str | None
    gaps: Gaps


async def view_diff(
    subscriptions: Iterable[str], resource_group: str | None, after: str, size: int
) -> DiffPage:
    """Compares the images that come after this id, in the order of their ids.

    Raises:
        ArmError: the images of no subscription can be read.
        PolicyError: there is no usable policy.
    """
    look = services().looks.begin()
    seen = await look.images(dict.fromkeys(name.lower() for name in subscriptions))
    check_that_some_were_read(seen.values(), look)
    every = [image for image in _images(seen.values()) if _is_in(image, resource_group)]
    ahead = [image for image in every if image.id.key > after]
    page = ahead[:size]
    undated = _undated(seen.values())
    plans = await _plans([image for image in page if image.id not in undated])
    versions = await _versions(look, plans.values())
    rows = [_row(image.id, plans.get(image.id), versions, dated=image.id not in undated) for image in page]
    return DiffPage(rows, len(every), page[-1].id.key if len(ahead) > size else None, look.gaps)


def _images(seen: Iterable[SeenImages]) -> list[ManagedImage]:
    return sorted((image for one in seen for image in one.values), key=lambda image: image.id.key)


def _is_in(image: ManagedImage, resource_group: str | None) -> bool:
    return resource_group is None or image.id.resource_group.lower() == resource_group.lower()


def _undated(seen: Iterable[SeenImages]) -> set[ImageId]:
    """The images without a known creation time, which may be other images than those that were migrated."""
    return {image.id for one in seen if one.dates != "whole" for image in one.values if not image.created_at}


async def _plans(images: Sequence[ManagedImage]) -> dict[ImageId, Outcome]:
    """The plan for each image, or why there is none; None for those for which there was no time."""
    # an unusable policy is an error of the whole answer
    await services().policies.current()
    turn, now = asyncio.Semaphore(PLANS_AT_ONCE), datetime.now(UTC)
    stopped: list[ArmError] = []
    outcomes: dict[ImageId, Outcome] = dict.fromkeys(image.id for image in images)

    async def take(image: ManagedImage) -> None:
        async with turn:
            if stopped:
                outcomes[image.id] = stopped[0]
                return
            try:
                request = PlanRequest(image=image, started_by="diff", now=now)
                outcomes[image.id] = await plan(request, facts=KEPT)
            except ArmError as error:
                outcomes[image.id] = error
                if diagnose(error).retry == "throttled":
                    stopped.append(error)

    try:
        async with asyncio.timeout(PLAN_SECONDS):
            await asyncio.gather(*(take(image) for image in images))
    except TimeoutError:
        # what was not planned in time is unknown
        return outcomes
    return outcomes


async def _versions(look: AzureLook, plans: Iterable[Outcome]) -> dict[ImageVersionId, ImageVersion | None]:
    """The versions that hold the images, with their replication; None for what was not read."""
    wanted = [one for found in plans if isinstance(found, MigrationPlan) for one in held_versions(found)]
    listed = await look.versions({one.definition for one in wanted})
    known = {version.id: version for seen in listed.values() for version in seen.values}
    read = await look.replicated(known[one] for one in wanted if one in known)
    return {one: next(iter(read[one].values), None) if one in read else None for one in wanted}


def _row(
    image: ImageId, found: Outcome, versions: dict[ImageVersionId, ImageVersion | None], *, dated: bool
) -> ImageDiff:
    if not dated:
        return unknown_diff(image, "the creation times of its subscription are not read yet", _LATER)
    if found is None:
        return unknown_diff(image, "it was not planned in time", _LATER)
    if isinstance(found, ArmError):
        return unknown_diff(image, str(found), diagnose(found).fix)
    return diff_of(image, found, versions)
