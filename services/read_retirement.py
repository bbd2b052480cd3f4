"""Reads what stands for and against the deletion of a managed image. What cannot be read says why; nothing decides."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

import azure.durable_functions as df
from pydantic import ValidationError

from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.policy.naming import name_targets
from domain.policy.rules import Policy
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from domain.retirement.messages import CERTIFICATES, Attempt, Decision, decisions_folder, guard_name
from domain.retirement.readings import (
    CAP_PERIOD,
    ImageReading,
    Locks,
    Reading,
    Terms,
    Texts,
    VersionReading,
    terms_of,
)
from domain.retirement.requests import ReadRequest
from services.container import services
from services.freeze import frozen_because
from services.refusals import ConflictError
from services.view_migration import migration_of_image

Value = TypeVar("Value")


async def read(client: df.DurableOrchestrationClient, request: ReadRequest, *, last: bool = False) -> Reading:
    """Reads everything but the references.

    The last reading before a DELETE, which has no scan of its own, finds versions that are being made from the image;
    at a look the scan does.

    Raises:
        ArmError: something could not be read, and may be in a while.
        PolicyError: no usable policy has been read yet.
    """
    image = await read_image(request.image, request.now)
    policy = await services().policies.current()
    decisions, faults = await decisions_of(request.retirement)
    terms = _terms(policy, image, request, faults)
    return Reading(
        image=image,
        versions=[await _version(request, index) for index in range(len(request.version_ids))],
        locks=await _locks(request.image),
        building=await _building(client, request, image.image, last=last),
        older=await _older(policy, image.image, request),
        attempts=await _attempts(request),
        frozen=await frozen_because(client),
        terms=terms,
        decisions=decisions,
        guards=await _guards(request) if terms.strict else Texts(),
    )


async def read_image(image_id: ImageId, now: datetime) -> ImageReading:
    """Reads the image as ARM shows it, with the creation time that only the list of resources has."""
    found, why = await _or_why(services().retiring.describe_image(image_id))
    if found is None:
        return ImageReading(read_at=now, unread=why)
    if found.image is None:
        return ImageReading(read_at=found.read_at)
    dated = await services().compute.get_managed_image(image_id)
    if dated is None:
        return ImageReading(read_at=found.read_at)
    image = found.image.created(dated.created_at)
    return ImageReading(read_at=found.read_at, image=image, document=found.document)


async def _or_why(work: Awaitable[Value]) -> tuple[Value | None, str | None]:
    """What the work returns; where Azure refuses it for good, why. What may pass is raised, and tried again."""
    try:
        return await work, None
    except ArmError as error:
        if diagnose(error).retry != "never":
            raise
        return None, str(error)


def _terms(policy: Policy, image: ImageReading, request: ReadRequest, faults: list[str]) -> Terms:
    if image.image is None:
        return Terms(faults=faults)
    terms = terms_of(policy, image.image, request.now, proof_wanted=request.proof_wanted)
    terms.faults = [*terms.faults, *faults]
    return terms


async def decisions_of(retirement: str) -> tuple[list[Decision], list[str]]:
    """What persons decided, in this order. One that cannot be read may be a rejection, so it stands against all."""
    store = services().evidence
    decisions: list[Decision] = []
    faults: list[str] = []
    for name in await store.names(decisions_folder(retirement)):
        try:
            decisions.append(Decision.model_validate_json(await store.get(name) or ""))
        except ValidationError:
            faults.append(f"the decision '{name}' cannot be read by this release")
    return decisions, faults


async def _version(request: ReadRequest, index: int) -> VersionReading:
    version_id = request.version_ids[index]
    found, why = await _or_why(services().retiring.get_version(version_id))
    if why is not None:
        return VersionReading(version_id=version_id, unread=why)
    if found is None:
        return VersionReading(version_id=version_id)
    deleted, why = await _or_why(services().compute.list_soft_deleted(version_id.definition))
    if deleted is None:
        return VersionReading(version_id=version_id, unread=why)
    return VersionReading(
        version_id=version_id,
        version=found.version,
        deletion_blocked=found.deletion_blocked,
        in_bin=version_id.name in deleted,
    )


async def _locks(image: ImageId) -> Locks:
    found, why = await _or_why(services().retiring.list_locks(image))
    return Locks(values=found or [], unread=why)


async def _building(
    client: df.DurableOrchestrationClient, request: ReadRequest, image: ManagedImage | None, *, last: bool
) -> Texts:
    """The image's running migration, and at the last reading the versions that Azure is still making from it."""
    try:
        migration = await migration_of_image(client, request.image)
    except ConflictError as error:
        return Texts(unread=str(error))
    found = [migration.id] if migration and migration.running else []
    if image is None or not last:
        return Texts(values=found)
    for subscription in _subscriptions(request):
        versions, why = await _or_why(services().retiring.list_unfinished_versions(subscription, image))
        if versions is None:
            return Texts(values=found, unread=f"the galleries of {subscription} could not be read: {why}")
        found += [str(version) for version in versions]
    return Texts(values=found)


async def _older(policy: Policy, image: ManagedImage | None, request: ReadRequest) -> Texts:
    """The images of the group that the policy puts in one family with the image, and that are older."""
    naming = name_targets(image, policy.decide(image, request.now).choices) if image else None
    if image is None or naming is None:
        return Texts()
    listed, why = await _or_why(services().retiring.list_group_images(image.id))
    if listed is None:
        return Texts(unread=f"the images of the group could not be read: {why}")
    older: list[str] = []
    for other in listed:
        names = name_targets(other, policy.decide(other, request.now).choices)
        if other.id == image.id or names is None or names.definition != naming.definition:
            continue
        dated, why = await _or_why(services().compute.get_managed_image(other.id))
        if why is not None:
            return Texts(unread=f"the image {other.id} could not be read: {why}")
        if dated is not None and _may_be_older(dated, image):
            older.append(str(other.id))
    return Texts(values=older)


def _may_be_older(other: ManagedImage, image: ManagedImage) -> bool:
    if other.created_at is None or image.created_at is None:
        return True
    return (other.created_at, other.id.key) < (image.created_at, image.id.key)


async def _attempts(request: ReadRequest) -> list[Attempt]:
    names = await services().evidence.names(f"{CERTIFICATES}/")
    attempts = [attempt for name in names if (attempt := Attempt.of_name(name))]
    return [attempt for attempt in attempts if attempt.at > request.now - CAP_PERIOD]


async def _guards(request: ReadRequest) -> Texts:
    """The subscriptions in which the policy assignment stands, read back."""
    found: list[str] = []
    for subscription in request.subscriptions:
        name = guard_name(request.retirement)
        there, why = await _or_why(services().guards.stands(subscription, name, request.image))
        if why is not None:
            return Texts(
                values=found, unread=f"the policy assignments of {subscription} could not be read: {why}"
            )
        if there:
            found.append(subscription)
    return Texts(values=found)


def _subscriptions(request: ReadRequest) -> list[str]:
    """Those that were scanned, and those of the image and its versions."""
    own = [request.image.subscription, *(version.subscription for version in request.version_ids)]
    return sorted({name.lower() for name in [*request.subscriptions, *own]})
