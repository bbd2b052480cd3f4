"""What a look at the machine means, and whose fault a failure is."""

from typing import Any

import pytest

from domain.proofs.refusals import refusal_kind
from domain.proofs.verdict import MachineLook, judge, too_late
from domain.resources.ids import MachineId
from tests.unit.builders import PROVIDER

MACHINE = MachineId.parse(f"{PROVIDER}/virtualMachines/m")


def look(state: str = "Succeeded", code: str = "", **changes: Any) -> MachineLook:
    return MachineLook(**{"id": MACHINE, "provisioning_state": state, "code": code, **changes})


@pytest.mark.parametrize(
    ("seen", "agent", "kind"),
    [
        (look(agent_ready=True), True, "proved"),
        (look(), True, "not-yet"),
        (look(), False, "proved"),
        (look("Creating"), True, "not-yet"),
        (look("Creating", agent_ready=True), True, "not-yet"),
        (look("Updating", agent_ready=True), True, "not-yet"),
        (look("Unknown", agent_ready=True), False, "not-yet"),
        (look("Failed", "OSProvisioningTimedOut"), True, "not-yet"),
        (look("Failed", "OSProvisioningTimedOut"), False, "not-yet"),
        (look("Failed", "OSProvisioningClientError", agent_ready=True), True, "failed"),
        (look("Failed", "OSProvisioningInternalError"), True, "failed"),
        (look("Failed", "AllocationFailed"), True, "no-hardware"),
        (look("Failed", "ZonalAllocationFailed"), True, "no-hardware"),
        (look("Failed", "OverconstrainedAllocationRequest"), True, "no-hardware"),
        (look("Failed", "VMExtensionProvisioningError", agent_ready=True), True, "surroundings"),
        (look("Failed", "VMMarketplaceInvalidInput"), True, "surroundings"),
        (look("Failed"), True, "surroundings"),
        (look("Failed", agent_ready=True), False, "surroundings"),
        (look("Canceled"), True, "surroundings"),
        (look("SomethingNew"), True, "surroundings"),
        (look("Deleting"), True, "lost"),
        (None, True, "lost"),
    ],
)
def test_a_look_means_one_thing(seen: MachineLook | None, agent: bool, kind: str) -> None:
    """Only success proves, with a ready agent where there must be one. An unknown state proves nothing."""
    verdict = judge(seen, agent=agent)
    assert verdict.kind == kind
    assert (verdict.failure is None) == (kind in ("proved", "not-yet"))


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("SkuNotAvailable", "The requested VM size", "capacity"),
        ("OverconstrainedZonalAllocationRequest", "Allocation failed", "capacity"),
        ("OperationNotAllowed", "exceeding approved standardDSv5Family Cores quota", "quota"),
        ("QuotaExceeded", "exceeding approved Total Regional Cores quota", "quota"),
        ("QuotaExceeded", "", "capacity"),
        ("OperationNotAllowed", "The virtual machine is locked", "surroundings"),
        ("BadRequest", "The selected VM size 'x' cannot boot Hypervisor Generation '1'.", "size"),
        ("BadRequest", "this VM size only supports a CPU Architecture of 'Arm64'", "size"),
        ("InvalidParameter", "The VM size 'x' cannot boot with OS image or disk.", "size"),
        ("InvalidParameter", "The VM size 'x' cannot boot with DiskControllerType 'NVMe'.", "size"),
        ("GalleryImageNotFound", "is not available in eastus2 region", "later"),
        ("RequestDisallowedByPolicy", "Resource 'm' was disallowed by policy.", "surroundings"),
        ("AuthorizationFailed", "does not have authorization", "surroundings"),
        ("MarketplacePurchaseEligibilityFailed", "eligibilty check returned errors", "surroundings"),
        ("NobodySawThis", "", "surroundings"),
    ],
)
def test_a_refusal_says_what_to_do_next(code: str, message: str, kind: str) -> None:
    assert refusal_kind(code, message) == kind


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [
        (look(agent_message="blob is empty"), "AgentNotReady", "it reports: blob is empty"),
        (look(), "AgentNotReady", "it reports: nothing"),
        (look("Creating"), "MachineNotReady", "it is Creating"),
        (
            look("Failed", "OSProvisioningTimedOut", message="did not finish"),
            "OSProvisioningTimedOut",
            "did not finish",
        ),
        (None, "MachineNotReady", "it is Unknown"),
    ],
)
def test_a_machine_that_is_late_fails_with_what_it_lacks(
    seen: MachineLook | None, code: str, words: str
) -> None:
    failure = too_late(seen, 40)
    assert failure.code == code
    assert words in failure.message
    assert failure.cause
    assert failure.fix
