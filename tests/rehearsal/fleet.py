"""A small fleet: a dozen images in two subscriptions, a gallery with history, and what uses its versions."""

from typing import Any

from domain.resources.provenance import FINGERPRINT_TAG, SOURCE_TAG
from local.capture import TENANT, captured

FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
COMPUTE = f"/subscriptions/{FIRST}/resourceGroups/images/providers/Microsoft.Compute"
GALLERY = f"{COMPUTE}/galleries/golden"
SECRET = "correct-horse-battery-staple"

IMAGES = [
    *(captured(FIRST, "builds", f"web-{day:02}", generation="V2") for day in (1, 2, 3)),
    *(captured(SECOND, "builds", f"db-{day:02}", location="westeurope") for day in (1, 2, 3)),
    *(captured(SECOND, "builds", f"farm-{day:02}", os_type="Windows", os_disk_gb=127) for day in (1, 2)),
    # larger than a gallery takes
    captured(FIRST, "builds", "big-01", data_disks_gb=(4095,)),
    captured(FIRST, "builds", "scratch-01", tags={"environment": "scratch"}),
    # its definition is for the other generation
    captured(FIRST, "builds", "old-01", generation="V2"),
    captured(FIRST, "builds", "solo", os_type="Windows", os_disk_gb=127),
]

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2, westus2]
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: alone
    match: {{names: [solo]}}
    promote: {{when: after-replication, rings: [[eastus2], [westus2]], bake_hours: 6}}
    retire_source: {{when: after-approval, soak_days: 2}}
  - name: families
    match: {{names: ["*-??"]}}
    name_pattern: (?P<family>.+)-\\d\\d
    definition: {{name: "{{family}}"}}
"""


def seed() -> dict[str, Any]:
    """The simulator's seed; the machines hold a secret, which no snapshot may have."""
    return {
        "subscriptions": [
            {"id": name, "name": f"Fleet {name[0]}", "tenant": TENANT} for name in (FIRST, SECOND)
        ],
        "resourceGroups": [
            {"subscription": name, "name": group, "location": "eastus2"}
            for name in (FIRST, SECOND)
            for group in ("images", "builds")
        ],
        "resources": [
            {"id": GALLERY, "location": "eastus2", "properties": {"description": SECRET}},
            _definition("old", "V1"),
            _definition("web", "V2"),
            _version("web", "1.0.0", "gone"),
            *(_secretive(image.machine) for image in IMAGES),
            *(image.image | _hour(number) for number, image in enumerate(IMAGES)),
            _machine(),
            _scale_set(),
        ],
    }


def _hour(number: int) -> dict[str, Any]:
    return {"createdTime": f"2025-12-01T{number:02}:00:00+00:00"}


def _secretive(machine: dict[str, Any]) -> dict[str, Any]:
    properties = {**machine["properties"], "osProfile": {"customData": SECRET}, "userData": SECRET}
    return {**machine, "tags": {"password": SECRET}, "properties": properties}


def _definition(name: str, generation: str) -> dict[str, Any]:
    return {
        "id": f"{GALLERY}/images/{name}",
        "location": "eastus2",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": generation,
            "architecture": "x64",
            "identifier": {"publisher": "build", "offer": name, "sku": "linux"},
            "description": SECRET,
        },
    }


def _version(definition: str, number: str, source: str) -> dict[str, Any]:
    source_id = f"/subscriptions/{FIRST}/resourceGroups/builds/providers/Microsoft.Compute/images/{source}"
    regions = [{"name": "East US 2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"}]
    return {
        "id": f"{GALLERY}/images/{definition}/versions/{number}",
        "location": "eastus2",
        "tags": {SOURCE_TAG: source_id, FINGERPRINT_TAG: "0" * 64},
        "properties": {
            "publishingProfile": {"targetRegions": regions, "publishedDate": "2025-06-01T00:00:00+00:00"},
            "storageProfile": {"source": {"id": source_id}},
        },
    }


def _machine() -> dict[str, Any]:
    reference = {"id": f"{GALLERY}/images/web", "exactVersion": "1.0.0"}
    return {
        "id": f"{COMPUTE}/virtualMachines/server",
        "location": "eastus2",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "osProfile": {"adminPassword": SECRET, "secrets": [{"vault": SECRET}]},
            "storageProfile": {"imageReference": reference, "osDisk": {"osType": "Linux"}},
        },
    }


def _scale_set() -> dict[str, Any]:
    profile = {
        "storageProfile": {"imageReference": {"id": f"{GALLERY}/images/web"}},
        "extensionProfile": {"extensions": [{"properties": {"protectedSettings": SECRET}}]},
    }
    return {
        "id": f"{COMPUTE}/virtualMachineScaleSets/farm",
        "location": "eastus2",
        "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2},
        "properties": {
            "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": "Manual"},
            "virtualMachineProfile": profile,
        },
        "_simulator": {"instances": ["1.0.0", "1.0.0"]},
    }
