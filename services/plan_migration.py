"""Plans the migration of one image: reads the policy, the galleries, the regions and the permissions."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import azure.durable_functions as df

from adapters.azure.protocols import AzureCompute
from domain.errors import ArmError
from domain.field_errors import FieldError
from domain.migration.messages import MigrationRequest, PlannedImage, PlanQuery
from domain.planning.checks.gallery import Usage
from domain.planning.estimates import ReplicationEstimate
from domain.planning.plan import MigrationPlan, choose, plan_migration, target_regions
from domain.planning.requests import PlanRequest
from domain.planning.targets import GalleryView
from domain.planning.verification import proof_scopes, verification_of
from domain.policy.naming import Naming, name_targets
from domain.policy.rules import Decision
from domain.resources.galleries import ImageVersion, TargetRegion
from domain.resources.ids import (
    GalleryId,
    ImageDefinitionId,
    ImageId,
    ImageVersionId,
    ResourceGroupId,
    does_not_exist,
)
from domain.resources.images import ManagedImage
from domain.resources.permissions import SOURCE_ACTIONS, Permission, missing_actions
from services.container import services
from services.publish_version import list_soft_deleted
from services.refusals import NotFoundError
from services.watch_memory import memory_of

Value = TypeVar("Value")


class Facts(NamedTuple):
    """How old, in seconds, what a plan knows of permissions and galleries may be, of their definitions and versions."""

    seconds: float
    definitions_seconds: float
    versions_seconds: float


# who starts a migration looks whether the image exists; the plan does not read it once more
JUST_READ_SECONDS = 5
# Azure refuses what is not allowed any more, and the write of a definition or version looks once more
KEPT = Facts(300, 60, 30)
NOW = Facts(0, 0, 0)
# a gallery with so many definitions may be near Azure's limits, which are per subscription
MANY_DEFINITIONS = 200


async def plan_image(client: df.DurableOrchestrationClient, query: PlanQuery) -> PlannedImage:
    """Reads the image and plans its migration; writes nothing. There is no plan without an image or its date.

    Raises:
        NotYetError: ARM is still creating or changing the image.
        ArmError: the image, a gallery or the list of regions cannot be read.
        PolicyError: there is no usable policy.
    """
    image = await services().compute.get_managed_image(query.image, query.now, JUST_READ_SECONDS)
    if image is None or (image.created_at is None and not query.undated):
        return PlannedImage(image=image)
    request = PlanRequest(image=image, started_by=query.started_by, overrides=query.overrides, now=query.now)
    planned = await plan(request, facts=NOW if query.fresh else KEPT)
    if planned.outcome == "blocked":
        # a person may have mended it since
        planned = await plan(request, facts=NOW)
    memories = [await memory_of(client, image, target) for target in planned.targets]
    return PlannedImage(image=image, plan=planned, memories=memories)


async def plan(request: PlanRequest, *, facts: Facts = KEPT, counts: bool = False) -> MigrationPlan:
    """Returns the plan for an image; writes nothing.

    What many images have in common is read once for all that are planned within minutes; the plan says when. With
    `counts`, the subscription's resources are counted even if they were not lately.

    Raises:
        ArmError: a gallery or the list of regions cannot be read.
        PolicyError: there is no usable policy.
    """
    compute, image = services().compute, request.image
    policy = await services().policies.current()
    decision = choose(policy, image, request.overrides, request.now)
    naming = name_targets(image, decision.choices) if decision.action == "migrate" else None
    if naming is None:
        return plan_migration(request, decision, {}, frozenset())
    views = [
        await _view(compute, gallery, naming, facts, request.now, counts=counts)
        for gallery in naming.galleries
    ]
    plan = plan_migration(
        request,
        decision,
        dict(zip(naming.galleries, views, strict=True)),
        await _known_regions(compute, image.id.subscription, naming.galleries),
        await _source_permissions(compute, image.id, facts),
        proof_permissions=await _proof_permissions(compute, image, decision, naming.galleries, facts),
    )
    plan.as_of = compute.oldest_read(naming.galleries)
    return plan


async def replication_estimate(
    client: df.DurableOrchestrationClient, image: ManagedImage, plan: MigrationPlan
) -> ReplicationEstimate | None:
    """Returns how long the plan's new versions will replicate; None if it makes none."""
    estimates = []
    for target in plan.targets:
        if target.adopts:
            continue
        if len(target.rollout.waves) > 1:
            waves = ReplicationEstimate(seconds=None, how="how long waves of regions take is not measured")
            estimates.append(waves)
        else:
            memory = await memory_of(client, image, target)
            estimates.append(memory.replication(len(target.rollout.regions)))
    unknown = [one for one in estimates if one.seconds is None]
    return unknown[0] if unknown else max(estimates, key=lambda one: one.seconds or 0, default=None)


async def moved_since(request: MigrationRequest, now: datetime) -> list[FieldError]:
    """Returns the facts of the plan in a request that are no longer true. Writes nothing.

    Raises:
        NotFoundError: the image does not exist.
        NotYetError: ARM is still creating or changing the image.
        ArmError: the image, a gallery or the list of regions cannot be read.
        PolicyError: there is no usable policy.
    """
    image = await read_image(request.image)
    asked = PlanRequest(image=image, started_by=request.started_by, overrides=request.overrides, now=now)
    return (await plan(asked, facts=NOW)).moved


async def _source_permissions(compute: AzureCompute, image: ImageId, facts: Facts) -> list[Permission] | None:
    """Returns what the identity may do with the image: at its group, or, if that is not enough, at the image itself."""
    group = ResourceGroupId.of(image.subscription, image.resource_group)
    found = await _readable(compute.list_permissions(group, facts.seconds))
    if found is None or missing_actions(found, SOURCE_ACTIONS):
        return await _readable(compute.list_permissions(image))
    return found


async def _proof_permissions(
    compute: AzureCompute, image: ManagedImage, decision: Decision, galleries: list[GalleryId], facts: Facts
) -> dict[str, list[Permission] | None]:
    """Returns what the identity may do where the plan's proofs are made; empty if it makes none."""
    verification = verification_of(decision.choices, target_regions(image, decision.choices))
    return {
        str(scope): await _readable(compute.list_permissions(scope, facts.seconds))
        for scope, _ in proof_scopes(verification, galleries)
    }


async def read_image(image: ImageId) -> ManagedImage:
    """Reads the image that a plan is for.

    Raises:
        NotFoundError: the image does not exist.
        NotYetError: ARM is still creating or changing the image.
        ArmError: the image cannot be read.
    """
    found = await services().compute.get_managed_image(image)
    if found is None:
        raise NotFoundError(does_not_exist(image))
    return found


async def policy_regions(image: ManagedImage) -> list[TargetRegion]:
    """Returns the target regions that the policy in force chooses for an image."""
    policy = await services().policies.current()
    return target_regions(image, policy.decide(image, datetime.now(UTC)).choices)


async def _view(
    compute: AzureCompute, gallery: GalleryId, naming: Naming, facts: Facts, now: datetime, *, counts: bool
) -> GalleryView:
    """Returns what planning needs to know of a gallery. One that cannot be read completely counts as missing."""
    permissions = await _readable(compute.list_permissions(gallery, facts.seconds))
    found = await _readable(compute.get_gallery(gallery, facts.seconds))
    definitions = (
        await _readable(compute.list_image_definitions(gallery, facts.definitions_seconds)) if found else None
    )
    definition = gallery.definition(naming.definition)
    # the name may be invalid: the versions of a definition that does not exist are not requested
    exists = any(known.id == definition for known in definitions or [])
    versions = await _readable(_versions(compute, definition, facts, now)) if exists else []
    if found is None or definitions is None or versions is None:
        return GalleryView(gallery=None, permissions=permissions)
    return GalleryView(
        gallery=found,
        definitions=definitions,
        versions=versions,
        soft_deleted=await list_soft_deleted(definition) if exists and found.soft_delete else [],
        permissions=permissions,
        usage=await _usage(compute, gallery.subscription)
        if counts or compute.has_counted(gallery.subscription) or len(definitions) >= MANY_DEFINITIONS
        else None,
    )


def _versions(
    compute: AzureCompute, definition: ImageDefinitionId, facts: Facts, now: datetime
) -> Awaitable[list[ImageVersion]]:
    if not facts.versions_seconds:
        return compute.list_image_versions(definition)
    return compute.share_image_versions(definition, now, facts.versions_seconds)


async def _known_regions(
    compute: AzureCompute, subscription: str, galleries: list[GalleryId]
) -> frozenset[str]:
    """Returns the regions that the image's subscription and the galleries' can use, as far as they can be read."""
    known = await compute.list_regions(subscription)
    for other in {gallery.subscription for gallery in galleries} - {subscription}:
        known &= await _readable(compute.list_regions(other)) or known
    return known


async def _usage(compute: AzureCompute, subscription: str) -> Usage:
    return Usage(
        definitions=await _readable(compute.count_resources(subscription, ImageDefinitionId.type_name())),
        versions=await _readable(compute.count_resources(subscription, ImageVersionId.type_name())),
    )


async def _readable(call: Awaitable[Value]) -> Value | None:
    """Returns the call's result; None if the identity may not read it, or it does not exist in this cloud."""
    try:
        return await call
    except ArmError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise
