"""What a retirement reads and writes in Azure, over HTTP: locks, the DELETE, policy assignments, protection."""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.rest import HttpRequest
from azure_compute_simulator import RequestFault, SimulatorServer
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from adapters.azure.arm import Arm, parse_object
from adapters.azure.guards import POLICY_API, Guards
from adapters.azure.retiring import Retiring
from adapters.azure.rewriting import existing_version
from domain.errors import ArmError
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.provenance import FINGERPRINT_TAG
from domain.retirement.messages import guard_name
from domain.retirement.protection import Protection
from tests.integration.simulated_azure import way_to
from tests.workflow.estate import GALLERY, HERE, SEED, THERE, an_image

RESOURCE = an_image("web", tags={"team": "blue"})
IMAGE = ImageId.parse(RESOURCE["id"])
GROUP = f"/subscriptions/{HERE}/resourceGroups/packer"
OTHER = ImageId.parse(an_image("web-2")["id"])
LOCKS = "/providers/Microsoft.Authorization/locks"
GUARD = guard_name(f"retirement-{32 * 'a'}")
DEFINITION = {
    "id": f"{GALLERY}/images/web",
    "location": "eastus2",
    "properties": {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": "web"},
    },
}
VERSION = ImageVersionId.parse(f"{GALLERY}/images/web/versions/1.0.0")
UEFI = {"signatureTemplateNames": ["MicrosoftUefiCertificateAuthorityTemplate"]}
END_OF_LIFE = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
VERSION_RESOURCE: dict[str, Any] = {
    "id": str(VERSION),
    "location": "eastus2",
    "tags": {"team": "blue", FINGERPRINT_TAG: "f"},
    "properties": {
        "publishingProfile": {
            "targetRegions": [
                {
                    "name": "East US 2",
                    "regionalReplicaCount": 2,
                    "storageAccountType": "Standard_ZRS",
                    "excludeFromLatest": True,
                },
                {"name": "West US 2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            ],
            "excludeFromLatest": True,
            "replicationMode": "Full",
        },
        "safetyProfile": {"allowDeletionOfReplicatedLocations": True},
        "securityProfile": {"uefiSettings": UEFI},
        "storageProfile": {"source": {"id": str(IMAGE)}},
    },
}


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    server.reset(
        SEED | {"resources": [*SEED["resources"], RESOURCE, deepcopy(DEFINITION), deepcopy(VERSION_RESOURCE)]}
    )
    async with way_to(server, monkeypatch, HERE, THERE) as way:
        yield way.arm


async def put(arm: Arm, path: str, body: dict[str, Any], api_version: str) -> tuple[int, dict[str, Any]]:
    """Writes as somebody else does."""
    request = HttpRequest("PUT", f"{arm.endpoint}{path}?api-version={api_version}", json=body)
    answer = await arm.client(path.split("/")[2]).send_request(request)
    return answer.status_code, parse_object(answer)


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


# guards


async def test_a_guard_is_written_read_back_and_removed_twice(arm: Arm, server: SimulatorServer) -> None:
    guards = Guards(arm)
    assert await guards.stands(THERE, GUARD, IMAGE) is False
    for _ in range(2):
        await guards.place(THERE, GUARD, IMAGE)
    assert await guards.stands(THERE, GUARD, IMAGE) is True
    assert await guards.stands(HERE, GUARD, IMAGE) is False
    # the one of another image does not count
    assert await guards.stands(THERE, GUARD, OTHER) is False
    for _ in range(2):
        await guards.remove(THERE, GUARD)
    assert await guards.stands(THERE, GUARD, IMAGE) is False
    assert not server.azure.policies.definitions


async def test_an_assignment_that_somebody_switched_off_does_not_stand(arm: Arm) -> None:
    guards = Guards(arm)
    await guards.place(HERE, GUARD, IMAGE)
    path = f"/subscriptions/{HERE}/providers/Microsoft.Authorization"
    properties = {
        "policyDefinitionId": f"{path}/policyDefinitions/{GUARD}",
        "enforcementMode": "DoNotEnforce",
        "parameters": {"image": {"value": str(IMAGE)}},
    }
    status, body = await put(arm, f"{path}/policyAssignments/{GUARD}", {"properties": properties}, POLICY_API)
    assert status in (200, 201), body
    assert await guards.stands(HERE, GUARD, IMAGE) is False


async def test_a_guard_denies_machines_from_the_image_and_no_others(
    arm: Arm, server: SimulatorServer
) -> None:
    await Guards(arm).place(HERE, GUARD, IMAGE)
    server.skip_time(3600)
    statuses = {}
    for name, id_ in (("denied", str(IMAGE)), ("allowed", str(VERSION))):
        profile = {"computerName": name, "adminUsername": "packer", "adminPassword": "Pa55word-2026"}
        properties = {"storageProfile": {"imageReference": {"id": id_}}, "osProfile": profile}
        path = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"
        statuses[name], body = await put(
            arm, path, {"location": "eastus2", "properties": properties}, "2024-07-01"
        )
        if name == "denied":
            error = body["error"]
            assert error["code"] == "RequestDisallowedByPolicy"
            assert "Gallerist retires the managed image web" in error["message"]
    assert statuses == {"denied": 403, "allowed": 201}


async def test_a_guard_in_a_subscription_that_does_not_exist_is_an_error(arm: Arm) -> None:
    missing = "99999999-9999-4999-8999-999999999999"
    guards = Guards(arm)
    for call in (
        guards.place(missing, GUARD, IMAGE),
        guards.stands(missing, GUARD, IMAGE),
        guards.remove(missing, GUARD),
    ):
        with pytest.raises(ArmError, match="SubscriptionNotFound"):
            await call
    await arm.client(missing).close()


async def test_only_what_this_app_placed_is_listed(arm: Arm) -> None:
    """Another app may retire images in the same subscription; persons may use our names."""
    guards = Guards(arm)
    await guards.place(HERE, GUARD, IMAGE)
    await Guards(arm, "another-app").place(HERE, guard_name(f"retirement-{32 * '9'}"), IMAGE)
    await guards.place(HERE, "gallerist-retire-by-hand", IMAGE)
    assert await guards.placed(HERE) == [GUARD]
    assert await guards.placed(THERE) == []
    await guards.remove(HERE, GUARD)
    assert await guards.placed(HERE) == []


# protection

LOCKED_UNTIL = END_OF_LIFE + timedelta(days=1)
PROTECTIONS = {
    "by its end of life": Protection(version_id=VERSION, end_of_life=END_OF_LIFE),
    "by our tag": Protection(version_id=VERSION, tag_until=LOCKED_UNTIL),
}


@pytest.mark.parametrize("how", PROTECTIONS)
async def test_protection_keeps_everything_else_of_the_version(arm: Arm, how: str) -> None:
    """The simulated PUT resets what it does not send."""
    before = (await existing_version(arm, VERSION)).resource
    assert before["properties"]["securityProfile"] == {"uefiSettings": UEFI}

    await Retiring(arm).begin_protection(PROTECTIONS[how])

    expected = deepcopy(before)
    if how == "by our tag":
        expected["tags"]["gallerist-lock"] = LOCKED_UNTIL.isoformat()
    else:
        expected["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] = True
        expected["properties"]["publishingProfile"]["endOfLifeDate"] = END_OF_LIFE.isoformat()
    assert (await existing_version(arm, VERSION)).resource == expected


async def test_a_protected_version_is_not_deleted_before_its_end_of_life(arm: Arm) -> None:
    retiring = Retiring(arm)
    await retiring.begin_protection(PROTECTIONS["by its end of life"])
    read = await retiring.get_version(VERSION)
    assert read is not None
    assert (read.deletion_blocked, read.version.end_of_life) == (True, END_OF_LIFE)
    url = f"{arm.endpoint}{VERSION}?api-version=2024-03-03"
    answer = await arm.client(HERE).send_request(HttpRequest("DELETE", url))
    code = parse_object(answer)["error"]["code"]
    assert (answer.status_code, code) == (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife")


async def test_a_version_whose_end_of_life_has_passed_is_tagged(arm: Arm, server: SimulatorServer) -> None:
    """A write refuses a date that has passed ("must be set to a future date", documented)."""
    retiring = Retiring(arm)
    await retiring.begin_protection(PROTECTIONS["by its end of life"])
    server.skip_time(timedelta(days=500).total_seconds())
    await retiring.tag_version(VERSION, {"gallerist-certificate": "c"})
    until = server.clock.now() + timedelta(days=30)
    await retiring.begin_protection(Protection(version_id=VERSION, tag_until=until))
    read = await retiring.get_version(VERSION)
    assert read is not None
    assert read.version.tags == {
        "team": "blue",
        FINGERPRINT_TAG: "f",
        "gallerist-certificate": "c",
        "gallerist-lock": until.isoformat(timespec="seconds"),
    }


async def test_a_version_that_does_not_exist_is_read_as_none_and_not_written(arm: Arm) -> None:
    missing = ImageVersionId.parse(f"{GALLERY}/images/web/versions/9.9.9")
    assert await Retiring(arm).get_version(missing) is None
    with pytest.raises(ArmError, match="ResourceNotFound"):
        await Retiring(arm).tag_version(missing, {"a": "b"})
