"""Scans for references to a managed image: machines and scale sets, by their provider's lists."""

import json
from datetime import UTC, datetime
from typing import Any

from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.references.scan import Consumer, Scan, ScanRequest, Unread
from services.container import services

MACHINES, SCALE_SETS = "virtualMachines", "virtualMachineScaleSets"


async def scan(request: ScanRequest) -> Scan:
    """Scans the subscriptions expected, and those of the settings. What cannot be read is in `unread`.

    Raises:
        ArmError: a list could not be read, and may be in a while.
    """
    begun_at = datetime.now(UTC)
    subscriptions = sorted({name.lower() for name in (*request.expected, *services().settings.subscriptions)})
    consumers: list[Consumer] = []
    unread: list[Unread] = []
    for subscription in subscriptions:
        for kind in (MACHINES, SCALE_SETS):
            try:
                found = await services().consumers.list_resources(subscription, kind)
            except ArmError as error:
                if diagnose(error).retry != "never":
                    raise
                unread.append(Unread(subscription=subscription, kind=kind, reason=str(error)))
                continue
            consumers += [one for item in found for one in _consumers(item, kind, request.ids)]
    return Scan(
        begun_at=begun_at,
        ended_at=datetime.now(UTC),
        subscriptions=subscriptions,
        consumers=consumers,
        unread=unread,
    )


def _consumers(resource: dict[str, Any], kind: str, ids: list[str]) -> list[Consumer]:
    properties = resource.get("properties") or {}
    model = properties.get("virtualMachineProfile") or properties
    reference = (model.get("storageProfile") or {}).get("imageReference") or {}
    named = str(reference.get("id") or "")
    if named.lower() not in {one.lower() for one in ids}:
        return []
    # a machine that is there lives on its own disks
    lives_on = kind == MACHINES and properties.get("provisioningState") == "Succeeded"
    return [
        Consumer(
            id=str(resource.get("id")),
            kind=kind,
            names=named,
            form="managed image",
            relation="made-from" if lives_on else "uses",
            blocks=not lives_on,
            remedy="nothing" if lives_on else "in place",
            found_by="provider",
            text=json.dumps(reference, sort_keys=True),
        )
    ]
