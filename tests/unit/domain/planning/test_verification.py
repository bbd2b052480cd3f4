"""What the policy decides about proofs, and what stops a plan before it makes one."""

from typing import Any

import pytest

from domain.planning.checks.check import Check
from domain.planning.checks.verification import check_verification
from domain.planning.verification import Verification, proof_scopes, verification_of
from domain.policy.rules import BUILT_IN, find_faults
from domain.resources.galleries import TargetRegion
from domain.resources.permissions import PROOF_ACTIONS, SIZE_ACTIONS, SUBNET_ACTIONS, Permission
from tests.unit.builders import GALLERY, GROUP, policy

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
ELSEWHERE = NETWORK.replace("1111", "9999", 1)
SUBNETS = {name: f"{NETWORK}/{name}/subnets/proofs" for name in ("westeurope", "eastus2")}
REGIONS = [TargetRegion(name="westeurope"), TargetRegion(name="eastus2")]
WHOLE = {"mode": "boot", "resource_group": "proofs", "subnets": SUBNETS}


def asked(**verify: Any) -> Verification | None:
    return verification_of(policy(verify={**WHOLE, **verify}).choices_of(None), REGIONS)


def checked(
    verification: Verification | None, permissions: dict[str, list[Permission] | None] | None = None
) -> list[Check]:
    may = [Permission(actions=["*"])]
    scopes = {str(scope): may for scope, _ in proof_scopes(verification, [GALLERY])}
    return check_verification(verification, REGIONS, [GALLERY], scopes | (permissions or {}))


def test_nothing_is_proved_unless_the_policy_says_so() -> None:
    assert verification_of(BUILT_IN, REGIONS) is None
    assert checked(None) == []


@pytest.mark.parametrize(
    ("regions", "names"),
    [
        ("home", ["westeurope"]),
        ("all", ["westeurope", "eastus2"]),
        (["East US 2", "westeurope"], ["westeurope", "eastus2"]),
        (["uksouth"], ["uksouth"]),
    ],
)
def test_the_regions_asked_for_with_the_images_own_first(regions: Any, names: list[str]) -> None:
    found = asked(regions=regions)
    assert found is not None
    assert found.regions == names


def test_what_is_asked_for_passes() -> None:
    assert {check.verdict for check in checked(asked(regions="all"))} == {"passed"}


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        ({"regions": ["uksouth"]}, "verify.regions names uksouth, and the version is not replicated there"),
        ({"regions": "all", "subnets": {"westeurope": SUBNETS["westeurope"]}}, "no subnet for eastus2"),
        (
            {"subnets": {"westeurope": f"{ELSEWHERE}/n/subnets/s"}},
            "is not in the subscription of every gallery",
        ),
    ],
)
def test_what_cannot_be_made_blocks_the_plan_with_a_fix(verify: dict[str, Any], words: str) -> None:
    (check,) = checked(asked(**verify))
    assert (check.verdict, words in check.detail, bool(check.fix)) == ("failed", True, True)


def test_a_group_that_is_missing_is_stated() -> None:
    found = asked()
    assert found is not None
    found.resource_group = ""
    assert "no resource group" in checked(found)[0].detail


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        (f"{GROUP.rpartition('/')[0]}/proofs", PROOF_ACTIONS),
        (SUBNETS["westeurope"], SUBNET_ACTIONS),
        (f"/subscriptions/{GALLERY.subscription}", SIZE_ACTIONS),
    ],
)
def test_each_missing_action_blocks_the_plan(scope: str, actions: tuple[str, ...]) -> None:
    for action in actions:
        permissions: dict[str, list[Permission] | None] = {
            scope: [Permission(actions=["*"], not_actions=[action])]
        }
        (failure,) = [check for check in checked(asked(), permissions) if check.verdict == "failed"]
        assert f"lacks {action} at {scope}" in failure.detail


def test_permissions_that_cannot_be_read_warn() -> None:
    unread: dict[str, list[Permission] | None] = {SUBNETS["westeurope"]: None}
    assert [check.verdict for check in checked(asked(), unread)].count("warned") == 1


@pytest.mark.parametrize(
    ("changes", "location", "words"),
    [
        ({"verify": {"mode": "boot", "subnets": SUBNETS}}, "resource_group", "needs verify.resource_group"),
        ({"verify": {"mode": "boot", "resource_group": "proofs"}}, "subnets", "needs verify.subnets"),
        (
            {"verify": WHOLE, "exclude_from_latest": False},
            "exclude_from_latest",
            "before a machine has started",
        ),
        (
            {"verify": WHOLE, "regions": [{"name": "eastus2", "exclude_from_latest": False}]},
            "exclude_from_latest",
            "before a machine has started",
        ),
        ({"verify": {**WHOLE, "subnets": {"eastus2": "net"}}}, "eastus2", "is not the id of a subnet"),
        ({"verify": {"mode": "off"}}, None, ""),
        ({"verify": WHOLE}, None, ""),
    ],
)
def test_a_policy_that_cannot_prove_is_a_fault(
    changes: dict[str, Any], location: str | None, words: str
) -> None:
    found = find_faults({"defaults": {"galleries": [str(GALLERY)], **changes}})
    if location is None:
        assert found == []
    else:
        (fault,) = found
        assert location in fault.location
        assert words in fault.reason
