"""What ARM shows of images, regions and machines is taken without the secrets that it may repeat."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.azure.documents import parse_image_version, parse_managed_image, shown_document
from adapters.azure.machine_documents import parse_machine
from adapters.azure.machines import Machines
from domain.errors import ArmError
from tests.unit.adapters.azure.test_machine_documents import ID, spec
from tests.unit.builders import definition_id, image_id

BLOB = "https://a.blob.core.windows.net/vhds/os.vhd"
SIGNED = f"{BLOB}?sv=1&sig=marked"


def an_image() -> dict[str, Any]:
    disks = {"osDisk": {"osType": "Linux", "blobUri": SIGNED}, "dataDisks": [{"lun": 1, "blobUri": SIGNED}]}
    return {"id": str(image_id()), "tags": {"ours": "kept"}, "properties": {"storageProfile": disks}}


def test_an_image_is_known_by_its_blobs_and_not_by_their_signatures() -> None:
    """So the same image has the same fingerprint, whoever signed the address when."""
    signed = parse_managed_image(an_image(), created_at=None)
    plain = parse_managed_image(json.loads(json.dumps(an_image()).replace(SIGNED, BLOB)), created_at=None)
    assert (signed.os_disk.source, signed.data_disks[0].source) == (BLOB, BLOB)
    assert signed.fingerprint == plain.fingerprint


def test_the_document_that_is_kept_as_evidence_is_the_image_without_signatures() -> None:
    document = shown_document(an_image())
    assert document == json.loads(json.dumps(an_image()).replace(SIGNED, BLOB))


def test_what_a_region_and_a_machine_report_has_no_secret() -> None:
    region = {"region": "East US 2", "state": "Failed", "progress": 1, "details": f"cannot read {SIGNED}"}
    version = parse_image_version(
        {
            "id": str(definition_id().version("1.0.0")),
            "properties": {"replicationStatus": {"summary": [region]}},
        }
    )
    status = {"code": "ProvisioningState/failed/X", "message": f"cannot read {SIGNED}"}
    agent = {"statuses": [{"code": "ProvisioningState/failed", "message": f"cannot read {SIGNED}"}]}
    machine = parse_machine(
        {"id": ID, "properties": {"instanceView": {"statuses": [status], "vmAgent": agent}}}
    )
    assert version.replication is not None
    texts = (version.replication[0].details, machine.message, machine.agent_message)
    assert all("cannot read" in text and "marked" not in text for text in texts), texts


class EchoingArm:
    """Refuses a machine, and repeats what was sent."""

    def __init__(self) -> None:
        self.passwords: list[str] = []

    def client(self, _: str) -> Any:
        async def create(_group: str, _name: str, machine: Any, **_: Any) -> None:
            password = machine.as_dict()["properties"]["osProfile"]["adminPassword"]
            self.passwords.append(password)
            raise ArmError(
                400, "InvalidParameter", f"The value '{password}' of adminPassword is not valid.", 7
            )

        return SimpleNamespace(virtual_machines=SimpleNamespace(begin_create_or_update=create))


async def test_a_refusal_that_repeats_the_password_of_a_machine_is_without_it() -> None:
    arm: Any = EchoingArm()
    with pytest.raises(ArmError, match="is not valid") as raised:
        await Machines(arm).begin_machine(spec(os_type="Windows"))
    (password,) = arm.passwords
    assert password not in str(raised.value)
    assert (raised.value.status, raised.value.retry_after_seconds) == (400, 7)
