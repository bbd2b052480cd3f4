"""Where all managed images of a scope stand, read from Azure and from the task hub."""

from datetime import UTC, datetime
from typing import NamedTuple

import azure.durable_functions as df

from adapters.azure.concurrency import gather
from adapters.azure.protocols import AzureCompute
from adapters.task_hub import known_migrations
from domain.fleet.batches import Scope
from domain.fleet.coverage import KnownMigration, Shelf, Standing, held_versions, standing, target_definitions
from domain.migration.states import MigrationState
from domain.policy.rules import Decision
from domain.policy.sections import Match
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId
from domain.resources.images import ManagedImage
from services.container import services


class _Place(NamedTuple):
    image: ManagedImage
    decision: Decision
    definitions: list[ImageDefinitionId]


async def view_fleet(
    client: df.DurableOrchestrationClient, scopes: list[Scope], match: Match
) -> list[Standing]:
    """The standing of every managed image in the scopes that the filter fits.

    Raises:
        ArmError: a subscription, or a version in a gallery, cannot be read.
    """
    compute = services().compute
    places = await _places(compute, scopes, match)
    known = await known_migrations(client)
    definitions = dict.fromkeys(definition for place in places for definition in place.definitions)
    lists = await gather(compute.list_image_versions(definition) for definition in definitions)
    shelf = dict(zip(definitions, lists, strict=True))
    everywhere = await gather(
        _in_every_region(compute, place, shelf, known.get(place.image.id)) for place in places
    )
    return [
        standing(
            place.image, place.decision, place.definitions, known.get(place.image.id), in_every_region=there
        )
        for place, there in zip(places, everywhere, strict=True)
    ]


async def _places(compute: AzureCompute, scopes: list[Scope], match: Match) -> list[_Place]:
    """The images of all scopes, each once, with what the policy says of them."""
    policy, now = await services().policies.current(), datetime.now(UTC)
    subscriptions = dict.fromkeys(scope.subscription.lower() for scope in scopes)
    found = await gather(compute.list_managed_images(subscription) for subscription in subscriptions)
    places = []
    for image in (image for images in found for image in images):
        if any(scope.holds(image.id) for scope in scopes) and match.fits(image, now):
            decision = policy.decide(image, now)
            places.append(_Place(image, decision, target_definitions(image, decision)))
    return places


async def _in_every_region(
    compute: AzureCompute, place: _Place, shelf: Shelf, known: KnownMigration | None
) -> bool:
    """Whether all target galleries have the image's content in every region of theirs.

    A list of versions does not tell of regions (recorded). Where the task hub has seen this very content complete,
    it is believed; otherwise each version is read.
    """
    held = held_versions(place.image, place.definitions, shelf)
    if not held:
        return False
    if (
        known is not None
        and known.status.state is MigrationState.COMPLETED
        and known.status.fingerprint == place.image.fingerprint
    ):
        return True
    read = [await compute.get_image_version(version.id) for version in held]
    return all(_replicated(version) for version in read)


def _replicated(version: ImageVersion | None) -> bool:
    if version is None or not version.replication:
        return False
    return all(region.state == "Completed" for region in version.replication)
