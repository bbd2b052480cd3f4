"""The coverage of all managed images in a scope, read from Azure and from the task hub."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import azure.durable_functions as df

from adapters.azure.protocols import AzureLook, Extent, Seen, SeenImages
from domain.fleet.coverage import (
    ImageCoverage,
    Unknown,
    classify,
    has_completed,
    target_definitions,
    versions_of,
)
from domain.fleet.gaps import Gaps
from domain.fleet.scopes import Scope, Scopes
from domain.migration.status import MigrationRecord
from domain.policy.rules import Decision, Policy
from domain.policy.sections import Match
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.retention.forecast import Forecast, forecast_limits, most_replicas
from services.container import services
from services.view_azure import check_that_some_were_read
from services.view_migration import migrations_by_image

Versions = Mapping[ImageDefinitionId, Seen[ImageVersion]]


class FleetView(NamedTuple):
    """The coverage of the images that are known, and what is missing.

    `versions` are those of their definitions, each as far as it was read. `unlisted` are the subscriptions of which
    not all images are known yet. `newly_read` is how many lists and resources were read that no look had read before.
    """

    images: list[ImageCoverage]
    gaps: Gaps
    unlisted: frozenset[str]
    newly_read: int
    versions: list[ImageVersion]


class _Decided(NamedTuple):
    """An image, and where the policy sends it; `dated` says whether its creation time is known."""

    image: ManagedImage
    decision: Decision
    definitions: list[ImageDefinitionId]
    dates: Extent
    record: MigrationRecord | None

    @property
    def is_running(self) -> bool:
        """Whether the image's migration is running."""
        return self.record is not None and self.record.running


class _Within(NamedTuple):
    """Which images are asked for, and the policy that decides about them."""

    scopes: Scopes
    match: Match
    policy: Policy
    now: datetime


async def view_fleet(client: df.DurableOrchestrationClient, scopes: list[Scope], match: Match) -> FleetView:
    """The coverage of every managed image in the scopes that the filter matches, as far as it can be known now.

    Raises:
        ArmError: the images of no subscription can be read.
    """
    return await _view(services().looks.begin(), client, scopes, match)


async def view_coverage(
    client: df.DurableOrchestrationClient, scopes: list[Scope]
) -> tuple[FleetView, list[Forecast]]:
    """The coverage of all images, and when the limits of their galleries run out, as far as that is known.

    Raises:
        ArmError: the images of no subscription can be read.
    """
    look = services().looks.begin()
    view = await _view(look, client, scopes, Match())
    return view, await _forecast(look, view)


async def _forecast(look: AzureLook, view: FleetView) -> list[Forecast]:
    """The limits of the subscriptions of the target galleries. One that was not listed whole is left out."""
    galleries = dict.fromkeys(
        definition.subscription for one in view.images for definition in one.definitions
    )
    counts = [one for one in (await look.counts(galleries)).values() if one is not None]
    found = forecast_limits(
        (one for seen in counts for one in seen.definitions),
        (one for seen in counts for one in seen.versions),
        datetime.now(UTC),
    )
    # an entry of the list of resources has no regions
    largest = most_replicas(version for version in view.versions if version.target_regions)
    return [*found, *([largest] if largest else [])]


async def _view(
    look: AzureLook, client: df.DurableOrchestrationClient, scopes: list[Scope], match: Match
) -> FleetView:
    subscriptions = dict.fromkeys(scope.subscription.lower() for scope in scopes)
    seen = await look.images(subscriptions)
    check_that_some_were_read(seen.values(), look)
    policy, now = await services().policies.current(), datetime.now(UTC)
    records = await migrations_by_image(client)
    within = _Within(Scopes(scopes), match, policy, now)
    # a long policy and many images take a second or two, in which others want answers
    images = await asyncio.to_thread(_decided, within, list(seen.values()), records)
    everywhere, versions = await _in_every_region(look, [one for one in images if not one.is_running])
    coverage = [
        classify(
            one.image,
            one.decision,
            one.definitions,
            one.record,
            in_every_region=everywhere.get(one.image.id, False),
        )
        for one in images
    ]
    unlisted = {name for name, one in seen.items() if "unread" in (one.extent, one.dates)}
    return FleetView(coverage, look.gaps, frozenset(unlisted), look.newly_read, versions)


def _decided(
    within: _Within, seen: Iterable[SeenImages], records: Mapping[ImageId, MigrationRecord]
) -> list[_Decided]:
    """The images that are asked for, each with what the policy decides."""
    images = []
    for one in seen:
        for image in one.values:
            if within.scopes.hold(image.id) and within.match.fits(image, within.now):
                decision = within.policy.decide(image, within.now)
                definitions = target_definitions(image, decision)
                images.append(_Decided(image, decision, definitions, one.dates, records.get(image.id)))
    return images


async def _in_every_region(
    look: AzureLook, images: Collection[_Decided]
) -> tuple[dict[ImageId, bool | Unknown], list[ImageVersion]]:
    """Whether all target galleries have each image's content in every one of their regions; the versions as read.

    A list of versions does not contain their regions' status (recorded). Where the task hub knows that this content
    completed, that is enough; otherwise each version is read.
    """
    definitions = dict.fromkeys(definition for one in images for definition in one.definitions)
    versions = await look.versions(definitions)
    held = _held(images, versions)
    completed = _completed_since(images, held)
    if completed:
        versions = {**versions, **await look.versions(completed, completed)}
        held = _held(images, versions)
    doubtful = [
        version
        for one in images
        if not _is_settled(one, held[one.image.id])
        for version in held[one.image.id]
    ]
    replicated = await look.replicated(doubtful)
    judged = {one.image.id: _judge(one, held[one.image.id], versions, replicated) for one in images}
    read = [version for seen in (*versions.values(), *replicated.values()) for version in seen.values]
    return judged, read


def _held(images: Collection[_Decided], versions: Versions) -> dict[ImageId, list[ImageVersion]]:
    """The versions that hold the content of each image."""
    values = {definition: seen.values for definition, seen in versions.items()}
    return {one.image.id: versions_of(one.image, one.definitions, values) for one in images}


def _completed_since(
    images: Collection[_Decided], held: Mapping[ImageId, list[ImageVersion]]
) -> dict[ImageDefinitionId, datetime]:
    """The definitions that lack what completed, and when that was: their lists may be older."""
    completed: dict[ImageDefinitionId, datetime] = {}
    for one in images:
        if one.record and has_completed(one.record, one.image) and not held[one.image.id]:
            for definition in one.definitions:
                completed[definition] = max(one.record.updated, completed.get(definition, one.record.updated))
    return completed


def _is_settled(one: _Decided, held: list[ImageVersion]) -> bool:
    """Whether the task hub and Azure agree that the content is there."""
    succeeded = all(version.provisioning_state == "Succeeded" for version in held)
    return succeeded and has_completed(one.record, one.image)


def _judge(
    one: _Decided,
    held: list[ImageVersion],
    versions: Versions,
    replicated: Mapping[ImageVersionId, Seen[ImageVersion]],
) -> bool | Unknown:
    """What is known of one image."""
    if one.image.created_at is None and one.dates != "whole":
        # without it the content cannot be told from that of an earlier image of the same name
        return Unknown(
            f"the creation times of the subscription {_not_read(one.dates)}", one.dates == "unread"
        )
    if not held:
        return _gap("versions", {name: versions[name] for name in one.definitions}) or False
    # a version that was not read need not be: it is everywhere
    read = {version.id: replicated[version.id] for version in held if version.id in replicated}
    everywhere = all(
        any(version.is_everywhere for version in seen.values)
        for seen in read.values()
        if seen.extent == "whole"
    )
    return everywhere and (_gap("regions", read) or True)


def _gap(what: str, lists: Mapping[Any, Seen[ImageVersion]]) -> Unknown | None:
    """What is not known because of the first of these lists that was not read, or cannot be."""
    for extent in ("unread", "unreadable"):
        for name, seen in lists.items():
            if seen.extent == extent:
                return Unknown(f"the {what} of {name} {_not_read(seen.extent)}", extent == "unread")
    return None


def _not_read(extent: Extent) -> str:
    return "are not read yet" if extent == "unread" else "cannot be read"
