"""What the workflow tests of proofs share: a policy that asks for them, and looks at the machines they leave."""

import copy
from typing import Any

from tests.workflow.estate import GALLERY, HERE, SEED, TWIN, Estate

GROUP = "proofs"
GROUP_ID = f"/subscriptions/{HERE}/resourceGroups/{GROUP}"
_NETWORKS = f"/subscriptions/{HERE}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks"
SUBNETS = {region: f"{_NETWORKS}/{region}/subnets/proofs" for region in ("eastus2", "westus2", "northeurope")}
VERIFY = {"mode": "boot", "resource_group": GROUP, "subnets": SUBNETS, "deadline_minutes": 40}
_MACHINE_TYPES = (
    "Microsoft.Compute/virtualMachines",
    "Microsoft.Compute/disks",
    "Microsoft.Network/networkInterfaces",
)


def policy(**verify: Any) -> dict[str, Any]:
    """A policy that proves in two regions; images of other names have rules of their own."""
    both = VERIFY | {"regions": ["westus2", "eastus2"]} | verify
    return {
        "defaults": {
            "galleries": [GALLERY],
            "regions": ["westus2", "northeurope"],
            "replication": {"deadline_hours": 300},
            "verify": both,
        },
        "rules": [
            {
                "name": "home",
                "match": {"names": ["home-*"]},
                "verify": {"regions": "home", "deadline_minutes": 5},
            },
            {
                "name": "patient",
                "match": {"names": ["patient-*"]},
                "verify": {"regions": "home", "deadline_minutes": 90},
            },
            {
                "name": "no agent",
                "match": {"names": ["plain-*"]},
                "verify": {"regions": "home", "agent": False, "deadline_minutes": 5},
            },
            {
                "name": "sizes",
                "match": {"names": ["sized-*"]},
                "verify": {"regions": "home", "sizes": ["Standard_D2s_v5", "Standard_D2as_v5"]},
            },
            {
                "name": "nvme",
                "match": {"names": ["nvme-*"]},
                "definition": {"features": {"DiskControllerTypes": "SCSI, NVMe"}},
            },
            {
                "name": "nowhere",
                "match": {"names": ["nowhere-*"]},
                "regions": ["westus2", "uksouth"],
                "verify": {"regions": "all"},
            },
            {
                "name": "elsewhere",
                "match": {"names": ["elsewhere-*"]},
                "galleries": [GALLERY, TWIN],
                "verify": {"regions": "home"},
            },
        ],
    }


def seed() -> dict[str, Any]:
    """The estate's seed, with the resource group of the proofs."""
    document = copy.deepcopy(SEED)
    document["resourceGroups"].append({"subscription": HERE, "name": GROUP, "location": "eastus2"})
    return document


def left(estate: Estate) -> list[str]:
    """The names of the machines, disks and interfaces that exist in the resource group of the proofs."""
    resources = estate.stack.control("GET", "state")["resources"]
    return sorted(
        resource["name"]
        for resource in resources
        if resource["type"] in _MACHINE_TYPES and f"/resourcegroups/{GROUP}/" in resource["id"].lower()
    )


def created(estate: Estate) -> list[tuple[str, int]]:
    """The machines that were asked for so far, by name, with the status of the answer."""
    return [
        (entry["path"].rpartition("/")[2], entry["status"]) for entry in estate.writes("/virtualMachines/")
    ]


def proofs(migration: dict[str, Any], target: int = 0) -> dict[tuple[str, str], dict[str, Any]]:
    """The proofs of a migration's target, by region and controller."""
    return {(proof["region"], proof["controller"]): proof for proof in migration["targets"][target]["proofs"]}
