"""The sweep deletes what is certainly ours and over, and nothing else."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError
from domain.policy.rules import Policy
from domain.proofs.machine import EXPIRES_TAG, PROOF_TAG
from domain.proofs.verdict import MachineLook
from domain.resources.ids import MachineId, ResourceGroupId
from services.sweep_proofs import delete_left_machines, proof_groups
from tests.unit.activities.test_proofs import left
from tests.unit.builders import GALLERY, NOW, SUBSCRIPTION
from tests.unit.domain.planning.test_verification import SUBNETS
from tests.unit.fake_machines import FakeMachines
from tests.unit.fakes import FakeCompute, working_with

NAME = "gallerist-proof-0123456789ab-d2s-v5"
OVER = {PROOF_TAG: "migration-1", EXPIRES_TAG: (NOW - timedelta(minutes=1)).isoformat()}
RUNNING = {PROOF_TAG: "migration-1", EXPIRES_TAG: (NOW + timedelta(minutes=1)).isoformat()}
VERIFY = {"mode": "boot", "resource_group": "proofs", "subnets": SUBNETS}


def a_policy(**defaults: Any) -> Policy:
    return Policy.model_validate({"defaults": {"galleries": [str(GALLERY)], "verify": VERIFY, **defaults}})


def machine(name: str = NAME, group: str = "proofs", **changes: Any) -> MachineLook:
    fields = {
        "id": MachineId(SUBSCRIPTION, group, (name,)),
        "provisioning_state": "Succeeded",
        "tags": OVER,
    }
    return MachineLook(**{**fields, **changes})


async def swept(machines: FakeMachines, policy: Policy | None = None) -> list[str]:
    with working_with(FakeCompute(), policy or a_policy(), machines=machines):
        return await delete_left_machines(NOW)


async def test_an_expired_machine_goes_and_again_finds_nothing() -> None:
    machines = FakeMachines(machine())
    assert await swept(machines) == [NAME]
    assert await swept(machines) == []
    assert machines.writes == [f"delete {NAME}"]


@pytest.mark.parametrize(
    "kept",
    [
        machine(tags=RUNNING),
        machine(tags={}),
        machine(tags={EXPIRES_TAG: OVER[EXPIRES_TAG]}),
        machine(tags={PROOF_TAG: "m"}),
        machine(tags={PROOF_TAG: "m", EXPIRES_TAG: "soon"}),
        machine("web-server"),
        machine(group="production"),
        machine(provisioning_state="Deleting"),
    ],
)
async def test_what_may_be_needed_or_somebody_elses_stays(kept: MachineLook) -> None:
    machines = FakeMachines(kept)
    assert await swept(machines) == []
    assert machines.writes == []


async def test_azures_clock_decides_what_has_expired() -> None:
    machines = FakeMachines(machine(tags=RUNNING))
    machines.at = NOW + timedelta(hours=1)
    assert await swept(machines) == [NAME]
    behind = FakeMachines(machine())
    behind.at = NOW - timedelta(hours=1)
    assert await swept(behind) == []


async def test_disks_and_interfaces_without_a_machine_go_too() -> None:
    machines = FakeMachines()
    machines.left = [
        left(f"{NAME}-os", tags=OVER),
        left(f"{NAME}-nic-1", tags=OVER),
        left(f"{NAME}-data-0", tags=OVER, machine="/some/machine"),
        left(f"{NAME}-data-1", tags=RUNNING),
        left(f"{NAME}-data-2", tags={}),
        left("backup", tags=OVER),
    ]
    assert await swept(machines) == [f"{NAME}-os", f"{NAME}-nic-1"]


async def test_a_refusal_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    other = NAME.replace("0123", "4567")
    machines = FakeMachines(machine(), machine(other))
    machines.undeletable[NAME] = ArmError(409, "ScopeLocked", "a lock")
    with caplog.at_level(logging.WARNING):
        assert await swept(machines) == [other]
    assert f"{NAME}, which a proof left, cannot be deleted" in caplog.text


@pytest.mark.parametrize(("status", "logged"), [(404, False), (403, True)])
async def test_a_group_that_cannot_be_listed_is_logged(
    caplog: pytest.LogCaptureFixture, status: int, *, logged: bool
) -> None:
    """One that does not exist holds nothing."""
    machines = FakeMachines()
    machines.error = ArmError(status, "X", "no")
    with caplog.at_level(logging.WARNING):
        assert await swept(machines) == []
    assert ("cannot be listed" in caplog.text) is logged


def test_the_groups_are_those_of_every_rule() -> None:
    """Also of a rule that has switched proofs off, and for galleries in the image's own subscription."""
    template = "/subscriptions/{subscription}/resourceGroups/images/providers/Microsoft.Compute/galleries/g"
    policy = Policy.model_validate(
        {
            "defaults": {"galleries": [str(GALLERY)]},
            "rules": [
                {"name": "off", "verify": {"mode": "off", "resource_group": "former"}},
                {"name": "own", "galleries": [template], "verify": VERIFY},
            ],
        }
    )
    groups = proof_groups(policy, ["00000000-0000-0000-0000-000000000001"])
    assert groups == [
        ResourceGroupId.of(SUBSCRIPTION, "former"),
        ResourceGroupId.of("00000000-0000-0000-0000-000000000001", "proofs"),
    ]
