"""What a retirement reads and writes of the image, over HTTP: its locks, its DELETE, and what is built from it."""

from datetime import timedelta

import pytest
from azure_compute_simulator import RequestFault, SimulatorServer
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from adapters.azure.arm import Arm
from adapters.azure.retiring import Retiring
from domain.errors import ArmError
from domain.resources.ids import ImageVersionId
from tests.integration.retirement.retired_image import GROUP, IMAGE, OTHER, RESOURCE, put
from tests.workflow.estate import GALLERY, HERE, THERE

LOCKS = "/providers/Microsoft.Authorization/locks"


def lock(scope: str, name: str, level: str = "CanNotDelete", notes: str = "") -> dict[str, str]:
    return {"scope": scope, "name": name, "level": level, "notes": notes}


# locks


async def test_locks_on_the_image_its_group_and_its_subscription_are_found(
    arm: Arm, server: SimulatorServer
) -> None:
    server.set_locks(
        [
            lock(str(IMAGE), "image", "ReadOnly", "ask team blue"),
            lock(GROUP.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "group"),
            lock(f"/subscriptions/{HERE}", "subscription"),
            lock(str(OTHER), "sibling"),
            lock(f"/subscriptions/{HERE}/resourceGroups/pack", "a shorter name"),
            lock(f"/subscriptions/{THERE}", "elsewhere"),
        ]
    )
    found = await Retiring(arm).list_locks(IMAGE)
    assert sorted((one.id.rpartition("/")[2], one.level, one.notes) for one in found) == [
        ("group", "CanNotDelete", ""),
        ("image", "ReadOnly", "ask team blue"),
        ("subscription", "CanNotDelete", ""),
    ]
    assert {one.scope.lower() for one in found} == {IMAGE.key, GROUP.lower(), f"/subscriptions/{HERE}"}


@pytest.mark.parametrize(
    "scope", [str(IMAGE), GROUP, f"/subscriptions/{HERE}"], ids=["image", "group", "subscription"]
)
async def test_locks_of_which_one_scope_cannot_be_read_are_an_error(
    arm: Arm, server: SimulatorServer, scope: str
) -> None:
    server.add_fault(
        RequestFault(path=f"^{scope}{LOCKS}", status=403, code="AuthorizationFailed", message="no role here")
    )
    with pytest.raises(ArmError, match="no role here"):
        await Retiring(arm).list_locks(IMAGE)


# the DELETE


async def test_the_image_is_described_as_arm_shows_it_until_it_is_gone(
    arm: Arm, server: SimulatorServer
) -> None:
    retiring = Retiring(arm)
    described = await retiring.describe_image(IMAGE)
    assert described.image is not None
    assert described.image.tags == {"team": "blue"}
    disk = RESOURCE["properties"]["storageProfile"]["osDisk"]
    assert described.document["properties"]["storageProfile"]["osDisk"]["blobUri"] == disk["blobUri"]
    assert abs(described.read_at - server.clock.now()) < timedelta(seconds=60)

    url = await retiring.begin_delete(IMAGE)

    assert url is not None
    assert f"/subscriptions/{HERE}/providers/Microsoft.Compute/locations/eastus2/operations/" in url
    assert (await retiring.describe_image(IMAGE)).image is None
    # a repeated DELETE is no error
    assert await retiring.begin_delete(IMAGE) is None
    assert await retiring.list_group_images(IMAGE) == []


async def test_a_locked_image_is_not_deleted(arm: Arm, server: SimulatorServer) -> None:
    server.set_locks([lock(GROUP, "keep")])
    with pytest.raises(ArmError) as refused:
        await Retiring(arm).begin_delete(IMAGE)
    assert (refused.value.status, refused.value.code) == (409, "ScopeLocked")
    assert refused.value.message == (
        f"The scope '{IMAGE}' cannot perform delete operation because following scope(s) are locked: '{GROUP}'. "
        "Please remove the lock and try again."
    )


async def test_an_image_from_which_machines_are_being_made_is_not_deleted(
    arm: Arm, server: SimulatorServer
) -> None:
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/new"
    server.set_pace("seconds:9000", machine)
    profile = {"computerName": "new", "adminUsername": "packer", "adminPassword": "Pa55word-2026"}
    properties = {"storageProfile": {"imageReference": {"id": str(IMAGE)}}, "osProfile": profile}
    status, body = await put(arm, machine, {"location": "eastus2", "properties": properties}, "2024-07-01")
    assert status == 201, body
    with pytest.raises(ArmError) as refused:
        await Retiring(arm).begin_delete(IMAGE)
    assert refused.value.code == "OperationNotAllowedOnVMImageAsVMsBeingProvisioned"
    assert refused.value.message == (
        "Operation 'delete' is not allowed on VM Image 'web' since VMs are being provisioned using the VM Image."
    )


async def test_an_image_is_not_deleted_without_the_role(arm: Arm, server: SimulatorServer) -> None:
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": f"/subscriptions/{HERE}"}
    server.set_roles([role | {"actions": ["Microsoft.Compute/images/read"]}])
    retiring = Retiring(arm)
    with pytest.raises(ArmError) as refused:
        await retiring.begin_delete(IMAGE)
    assert (refused.value.status, refused.value.code) == (403, "AuthorizationFailed")
    assert (
        f"does not have authorization to perform action 'Microsoft.Compute/images/delete' over scope '{IMAGE}'"
        in (refused.value.message)
    )
    assert (await retiring.describe_image(IMAGE)).image is not None


async def test_a_delete_without_an_answer_may_have_been_accepted(arm: Arm, server: SimulatorServer) -> None:
    server.add_fault(RequestFault(kind="lost-answer", method="DELETE", path="images/web"))
    retiring = Retiring(arm)
    with pytest.raises(ArmError) as lost:
        await retiring.begin_delete(IMAGE)
    # no answer is not a refusal: nobody knows
    assert lost.value.status == 0
    assert (await retiring.describe_image(IMAGE)).image is None


# versions that are still built from the image


async def test_versions_that_are_being_built_from_the_image_are_found(
    arm: Arm, server: SimulatorServer
) -> None:
    retiring = Retiring(arm)
    image = (await retiring.describe_image(IMAGE)).image
    assert image is not None
    assert await retiring.list_unfinished_versions(HERE, image) == []
    building = f"{GALLERY}/images/web/versions/1.0.1"
    server.set_pace("seconds:9000", building)
    source = {
        "storageProfile": {"source": {"id": str(IMAGE).upper().replace("/SUBSCRIPTIONS", "/subscriptions")}}
    }
    status, body = await put(arm, building, {"location": "eastus2", "properties": source}, "2024-03-03")
    assert status == 201, body
    assert await retiring.list_unfinished_versions(HERE, image) == [ImageVersionId.parse(building)]
    assert await retiring.list_unfinished_versions(THERE, image) == []
