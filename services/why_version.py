"""Reads why a machine in a region can use an image version, or cannot. Writes nothing."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from adapters.azure.consumers import NO_SUBSCRIPTION, SUBSCRIPTIONS_API
from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.fleet.findings import Finding
from domain.fleet.usable import Reading, Usable, find, usable
from domain.promotion.latest import RegionLatest, resolve
from domain.resources.galleries import Gallery
from domain.resources.ids import ImageVersionId
from domain.retention.ladder import SoftDeletedVersion
from services.container import services
from services.promotions import read_versions

Value = TypeVar("Value")


@dataclass(frozen=True)
class Why:
    """The answer about one version in one region; `version` is the one that `latest` stood for."""

    version: ImageVersionId
    region: str
    usable: Usable
    latest: RegionLatest | None
    findings: list[Finding]


async def why(version: ImageVersionId, region: str, subscription: str | None) -> Why:
    """Looks whether a machine in this region, and of this subscription, can use the version.

    The version `latest` stands for what it resolves to there.

    Raises:
        ArmError: Azure does not answer, or throttles. What it does not let the identity read is a finding.
    """
    reading = await _read(version, region, subscription)
    findings = find(reading)
    named = reading.found.id if reading.found else version
    return Why(named, region, usable(findings), reading.latest, findings)


async def _read(version: ImageVersionId, region: str, subscription: str | None) -> Reading:
    compute, definition = services().compute, version.definition
    reading = Reading(version, region, datetime.now(UTC), subscription=subscription)
    gallery, error = await attempt(compute.get_gallery(definition.gallery))
    if error is None and gallery is not None:
        reading = replace(reading, gallery=gallery)
        known, error = await attempt(compute.get_image_definition(definition))
        if known is not None:
            reading = await _with_versions(replace(reading, definition=known), gallery)
    regions, _ = await attempt(compute.list_regions(subscription or definition.subscription))
    tenants = await _tenants(definition.subscription, subscription)
    return replace(reading, error=error or reading.error, regions=regions, tenants=tenants)


async def _with_versions(reading: Reading, gallery: Gallery) -> Reading:
    """Adds the versions, and what is in the bin: a number there can neither be used as `latest` nor be free."""
    version = reading.version
    versions, error = await attempt(read_versions(version.definition))
    if versions is None:
        return replace(reading, error=error)
    rows, bin_error = await _bin(version, gallery)
    latest = resolve(versions, reading.region, [row.id.name for row in rows])
    named = latest.version if version.name.lower() == "latest" else version.name
    found = None
    if named is not None:
        found, error = await attempt(services().compute.get_image_version(version.definition.version(named)))
    return replace(
        reading,
        versions=versions,
        found=found,
        latest=latest,
        bin=next((row for row in rows if row.id == version), None),
        bin_error=bin_error,
        error=error,
    )


async def _bin(version: ImageVersionId, gallery: Gallery) -> tuple[list[SoftDeletedVersion], ArmError | None]:
    if not gallery.soft_delete:
        return [], None
    rows, error = await attempt(services().retention.list_bin(version.definition))
    return rows or [], error


async def _tenants(home: str, using: str | None) -> tuple[str | None, str | None]:
    """The tenants of both subscriptions, each as far as the identity sees it."""
    if using is None:
        return None, None
    return await _tenant(home), await _tenant(using)


async def _tenant(subscription: str) -> str | None:
    path = f"/subscriptions/{subscription}"
    found: dict[str, Any] | None
    found, _ = await attempt(services().consumers.document(NO_SUBSCRIPTION, path, SUBSCRIPTIONS_API))
    tenant = (found or {}).get("tenantId")
    return tenant if isinstance(tenant, str) else None


async def attempt(call: Awaitable[Value]) -> tuple[Value | None, ArmError | None]:
    """Returns the call's result, or the error that no repetition resolves.

    Raises:
        ArmError: Azure throttles or does not answer, so the caller should ask again.
    """
    try:
        return await call, None
    except ArmError as error:
        if diagnose(error).retry != "never":
            raise
        return None, error
