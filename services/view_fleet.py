"""The coverage of all managed images in a scope, read from Azure and from the task hub."""

from datetime import UTC, datetime
from typing import NamedTuple

import azure.durable_functions as df

from adapters.azure.concurrency import gather
from adapters.azure.protocols import AzureCompute
from domain.fleet.batches import Scope
from domain.fleet.coverage import (
    ImageCoverage,
    VersionsByDefinition,
    classify,
    has_completed,
    target_definitions,
    versions_of,
)
from domain.migration.status import MigrationRecord
from domain.policy.rules import Decision
from domain.policy.sections import Match
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId
from domain.resources.images import ManagedImage
from services.container import services
from services.view_migration import migrations_by_image


class _Decided(NamedTuple):
    """An image, and where the policy sends it."""

    image: ManagedImage
    decision: Decision
    definitions: list[ImageDefinitionId]


async def view_fleet(
    client: df.DurableOrchestrationClient, scopes: list[Scope], match: Match
) -> list[ImageCoverage]:
    """The coverage of every managed image in the scopes that the filter matches.

    Raises:
        ArmError: a subscription, or a version in a gallery, cannot be read.
    """
    compute = services().compute
    images = await _decided_images(compute, scopes, match)
    records = await migrations_by_image(client)
    definitions = dict.fromkeys(definition for one in images for definition in one.definitions)
    lists = await gather(compute.list_image_versions(definition) for definition in definitions)
    versions = dict(zip(definitions, lists, strict=True))
    everywhere = await gather(
        _in_every_region(compute, one, versions, records.get(one.image.id)) for one in images
    )
    return [
        classify(
            one.image, one.decision, one.definitions, records.get(one.image.id), in_every_region=replicated
        )
        for one, replicated in zip(images, everywhere, strict=True)
    ]


async def _decided_images(compute: AzureCompute, scopes: list[Scope], match: Match) -> list[_Decided]:
    """The images of all scopes, each once, with the policy's decision."""
    policy, now = await services().policies.current(), datetime.now(UTC)
    subscriptions = dict.fromkeys(scope.subscription.lower() for scope in scopes)
    lists = await gather(compute.list_managed_images(subscription) for subscription in subscriptions)
    decided = []
    for image in (image for images in lists for image in images):
        if any(scope.holds(image.id) for scope in scopes) and match.fits(image, now):
            decision = policy.decide(image, now)
            decided.append(_Decided(image, decision, target_definitions(image, decision)))
    return decided


async def _in_every_region(
    compute: AzureCompute, one: _Decided, versions: VersionsByDefinition, record: MigrationRecord | None
) -> bool:
    """Whether all target galleries have the image's content in every one of their regions.

    A list of versions does not contain their regions' status (recorded). Where the task hub knows that this content
    completed, that is enough; otherwise each version is read.
    """
    held = versions_of(one.image, one.definitions, versions)
    if not held:
        return False
    if has_completed(record, one.image):
        return True
    read = [await compute.get_image_version(version.id) for version in held]
    return all(_is_replicated(version) for version in read)


def _is_replicated(version: ImageVersion | None) -> bool:
    if version is None or not version.replication:
        return False
    return all(region.state == "Completed" for region in version.replication)
