"""Azure Policy assignments that deny new machines from an image, over HTTP."""

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.guards import POLICY_API, Guards
from domain.errors import ArmError
from domain.retirement.messages import guard_name
from tests.integration.retirement.retired_image import GROUP, IMAGE, OTHER, VERSION, put
from tests.workflow.estate import HERE, THERE

GUARD = guard_name(f"retirement-{32 * 'a'}")


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
