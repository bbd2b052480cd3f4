"""Reads and writes ARM's JSON of virtual machines, what they leave behind, and sizes; tolerant as `documents`."""

from datetime import datetime
from typing import Any, NamedTuple

from adapters.azure.documents import UNKNOWN, parse_timestamp
from domain.errors import ResourceIdError
from domain.proofs.machine import MachineSpec
from domain.proofs.sizes import VmSize
from domain.proofs.verdict import MachineLook
from domain.redaction import without_secrets
from domain.resources.ids import ImageVersionId, MachineId
from domain.resources.regions import canonical_region

# the version of the network API with which a machine makes its interface
NETWORK_API = "2022-11-01"
_USER = "gallerist"
_FAILED = "provisioningstate/failed/"
_READY = "provisioningstate/succeeded"


class LeftResource(NamedTuple):
    """A disk or network interface; `machine` is the id of the machine that has it, None if none does."""

    id: str
    name: str
    subscription: str
    tags: dict[str, str]
    machine: str | None
    api_version: str


def machine_body(spec: MachineSpec, secret: str) -> dict[str, Any]:
    """Writes a machine that goes with all of its parts when it is deleted.

    The secret is a password for Windows, a public key for anything else.

    The default is to keep them, and data disks of an image come by themselves unless they are named by their numbers
    (documented: "Delete a VM and attached resources"; reported: ansible-collections/azure #2221).
    """
    plan = spec.plan
    return {
        "location": spec.location,
        "tags": spec.tags,
        **({"plan": plan.model_dump()} if plan else {}),
        "properties": {
            "hardwareProfile": {"vmSize": spec.size},
            "storageProfile": _storage(spec),
            "osProfile": _os_profile(spec, secret),
            "networkProfile": _network(spec),
            # without a storage account the service keeps the diagnostics (documented: managed boot diagnostics)
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
            **(_trusted_launch() if spec.trusted_launch else {}),
        },
    }


def _storage(spec: MachineSpec) -> dict[str, Any]:
    disk = {
        "createOption": "FromImage",
        "deleteOption": "Delete",
        "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
    }
    return {
        "imageReference": {"id": str(spec.version_id)},
        "osDisk": {"name": spec.os_disk_name, **disk},
        "dataDisks": [{"name": spec.data_disk_name(lun), "lun": lun, **disk} for lun in spec.data_disk_luns],
        **({"diskControllerType": "NVMe"} if spec.controller == "nvme" else {}),
    }


def _os_profile(spec: MachineSpec, secret: str) -> dict[str, Any]:
    profile: dict[str, Any] = {"computerName": spec.computer_name, "adminUsername": _USER}
    if not spec.agent:
        # documented: without an agent no extension can be allowed
        profile["allowExtensionOperations"] = False
    if spec.os_type.lower() == "windows":
        configuration = {"provisionVMAgent": spec.agent, "enableAutomaticUpdates": False}
        return profile | {"adminPassword": secret, "windowsConfiguration": configuration}
    return profile | {
        "linuxConfiguration": {
            "provisionVMAgent": spec.agent,
            "disablePasswordAuthentication": True,
            "ssh": {"publicKeys": [{"path": f"/home/{_USER}/.ssh/authorized_keys", "keyData": secret}]},
        }
    }


def _network(spec: MachineSpec) -> dict[str, Any]:
    """An interface that the machine itself brings, without a public address."""
    address = {"name": "ip", "properties": {"primary": True, "subnet": {"id": str(spec.subnet)}}}
    interface = {
        "name": spec.interface_name,
        "tags": spec.tags,
        "properties": {"primary": True, "deleteOption": "Delete", "ipConfigurations": [address]},
    }
    return {"networkApiVersion": NETWORK_API, "networkInterfaceConfigurations": [interface]}


def _trusted_launch() -> dict[str, Any]:
    settings = {"secureBootEnabled": True, "vTpmEnabled": True}
    return {"securityProfile": {"securityType": "TrustedLaunch", "uefiSettings": settings}}


def parse_machine(resource: Any) -> MachineLook:
    """Reads a machine, with its instance view if it was expanded."""
    resource = _object(resource)
    properties = _object(resource.get("properties"))
    view = _object(properties.get("instanceView"))
    failure = next(
        (one for one in _objects(view.get("statuses")) if _code(one).lower().startswith(_FAILED)), {}
    )
    agent = _object(view.get("vmAgent"))
    reports = _objects(agent.get("statuses"))
    image = _object(_object(properties.get("storageProfile")).get("imageReference"))
    return MachineLook(
        id=MachineId.parse(str(resource.get("id"))),
        provisioning_state=str(properties.get("provisioningState") or UNKNOWN),
        code=_code(failure)[len(_FAILED) :],
        message=without_secrets(str(failure.get("message") or "")),
        agent_ready=any(_code(one).lower() == _READY for one in reports),
        agent_version=str(agent["vmAgentVersion"]) if agent.get("vmAgentVersion") else None,
        agent_message=next(
            (without_secrets(str(one.get("message") or one.get("displayStatus") or "")) for one in reports),
            "",
        ),
        version_id=_version(image.get("id")),
        created_at=_time(properties.get("timeCreated")),
        tags=_tags(resource.get("tags")),
    )


def parse_left_resource(resource: Any, api_version: str) -> LeftResource:
    """Reads a disk, which names its machine beside the properties, or a network interface, which does so in them."""
    resource = _object(resource)
    machine = resource.get("managedBy") or _object(
        _object(resource.get("properties")).get("virtualMachine")
    ).get("id")
    id_ = str(resource.get("id") or "")
    parts = id_.split("/")
    return LeftResource(
        id=id_,
        name=parts[-1],
        subscription=parts[2] if len(parts) > 2 else "",  # noqa: PLR2004 # /subscriptions/{id}
        tags=_tags(resource.get("tags")),
        machine=str(machine) if machine else None,
        api_version=api_version,
    )


def parse_size(resource: Any, region: str) -> VmSize | None:
    """Reads an entry of the list of SKUs; None if it is no VM size. What it does not say is the documented default."""
    resource = _object(resource)
    if str(resource.get("resourceType")).lower() != "virtualmachines" or not resource.get("name"):
        return None
    stated = {
        str(one.get("name")).lower(): str(one.get("value")) for one in _objects(resource.get("capabilities"))
    }
    return VmSize(
        name=str(resource["name"]),
        family=str(resource.get("family") or ""),
        cores=int(_amount(stated.get("vcpus"))),
        memory_gb=_amount(stated.get("memorygb")),
        generations=_parts(stated.get("hypervgenerations", "V1")),
        architecture=stated.get("cpuarchitecturetype", "x64"),
        controllers=[part.lower() for part in _parts(stated.get("diskcontrollertypes", "SCSI"))],
        trusted_launch=stated.get("trustedlaunchdisabled", "").lower() != "true",
        data_disks=int(_amount(stated.get("maxdatadiskcount"))),
        special=_amount(stated.get("gpus")) > 0 or bool(stated.get("confidentialcomputingtype")),
        restricted=any(_restricts(one, region) for one in _objects(resource.get("restrictions"))),
    )


def _restricts(restriction: dict[str, Any], region: str) -> bool:
    """Whether the subscription cannot have the size in the region. A restriction of zones leaves the region."""
    if str(restriction.get("type")).lower() == "zone":
        return False
    values = restriction.get("values")
    named = values if isinstance(values, list) else []
    return not named or canonical_region(region) in {canonical_region(str(name)) for name in named}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _amount(text: str | None) -> float:
    try:
        amount = float(text or 0)
    except ValueError:
        return 0.0
    return amount if 0 <= amount < 1e9 else 0.0  # noqa: PLR2004 # neither infinite nor a number at all


def _version(text: Any) -> ImageVersionId | None:
    try:
        return ImageVersionId.parse(str(text))
    except ResourceIdError:
        return None


def _time(value: Any) -> datetime | None:
    try:
        return parse_timestamp(str(value))
    except ValueError:
        return None


def _code(status: dict[str, Any]) -> str:
    return str(status.get("code") or "")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _tags(value: Any) -> dict[str, str]:
    return {str(name): str(tag) for name, tag in _object(value).items()}
