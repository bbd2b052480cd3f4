"""The checks of the definition's features: security type, what the policy states, and VM sizes."""

from typing import Any

import pytest

from domain.planning.checks.features import (
    check_features,
    check_generation,
    check_vm_sizes,
    usable_features,
)
from tests.unit.builders import FEATURES, definition, image


@pytest.mark.parametrize("security_type", ["ConfidentialVM", "confidentialvm", "TrustedLaunch"])
def test_a_definition_that_takes_no_managed_image_fails(security_type: str) -> None:
    """Reported (packer-plugin-azure #372): it takes VMs, disks and snapshots only."""
    (check,) = check_features(definition(features={"SecurityType": security_type}), definition())
    assert check.verdict == "failed"
    assert check.detail.startswith(f"definition 'web-20260115' has the security type {security_type}")
    assert "Standard, TrustedLaunchSupported or ConfidentialVMSupported" in (check.fix or "")


@pytest.mark.parametrize(
    ("existing", "wanted", "detail"),
    [
        (
            {},
            {"SecurityType": "TrustedLaunchSupported"},
            "has SecurityType Standard, the policy asks for SecurityType TrustedLaunchSupported",
        ),
        (
            {"DiskControllerTypes": "SCSI"},
            {"DiskControllerTypes": "SCSI, NVMe"},
            "has DiskControllerTypes SCSI, the policy asks for DiskControllerTypes SCSI, NVMe",
        ),
        (
            {},
            {"IsAcceleratedNetworkSupported": "True"},
            "does not state IsAcceleratedNetworkSupported, the policy asks for IsAcceleratedNetworkSupported True",
        ),
        (
            {"SecurityType": "SomethingNew"},
            {"SecurityType": "Standard"},
            "has SecurityType SomethingNew, the policy asks for SecurityType Standard",
        ),
    ],
)
def test_a_definition_without_what_the_policy_states_is_a_warning(
    existing: dict[str, str], wanted: dict[str, str], detail: str
) -> None:
    """The definition is never written over, so somebody has to know."""
    (check,) = check_features(definition(features=existing), definition(features=wanted))
    assert check.verdict == "warned"
    assert detail in check.detail
    assert "name another definition" in (check.fix or "")


def test_every_difference_is_named() -> None:
    wanted = {"SecurityType": "TrustedLaunchSupported", "DiskControllerTypes": "NVMe"}
    assert len(check_features(definition(), definition(features=wanted))) == 2


@pytest.mark.parametrize(
    "existing",
    [FEATURES, {**FEATURES, "IsHibernateSupported": "True"}, {"SecurityType": "TrustedLaunchSupported"}],
)
def test_a_definition_with_what_the_policy_states_is_not_mentioned(existing: dict[str, str]) -> None:
    assert check_features(definition(features=existing), definition()) == []


@pytest.mark.parametrize(
    ("stated", "usable"),
    [
        ({"SecurityType": "TrustedLaunchSupported"}, {"SecurityType": "Standard"}),
        (
            {"SecurityType": "Standard", "DiskControllerTypes": "SCSI, NVMe"},
            {"SecurityType": "Standard", "DiskControllerTypes": "SCSI"},
        ),
        (
            {"SecurityType": "Standard", "IsHibernateSupported": "True"},
            {"SecurityType": "Standard", "IsHibernateSupported": "True"},
        ),
    ],
)
def test_generation_1_has_neither_trusted_launch_nor_nvme(
    stated: dict[str, str], usable: dict[str, str]
) -> None:
    """Documented: both need generation 2. What the policy asks for in vain is named."""
    assert usable_features(stated, "V1") == usable
    checks = check_generation(image(hyper_v_generation="V1"), stated)
    assert [check.verdict for check in checks] == ["warned"] * (stated != usable)
    assert usable_features(stated, "V2") == stated
    assert check_generation(image(), stated) == []


NOT_ON_V6 = "not on sizes with NVMe disks only (most of v6 and newer"


@pytest.mark.parametrize(
    ("changes", "exists", "verdict", "detail"),
    [
        ({"features": {}}, False, "warned", NOT_ON_V6),
        ({"features": {}}, True, "passed", NOT_ON_V6),
        ({"features": {"DiskControllerTypes": "SCSI"}}, False, "passed", NOT_ON_V6),
        ({"features": {}, "hyper_v_generation": "V1"}, False, "passed", "NVMe needs Hyper-V generation 2"),
        (
            {"features": {"DiskControllerTypes": "SCSI, NVMe"}},
            False,
            "passed",
            "and on sizes with NVMe disks only",
        ),
        (
            {"features": {"DiskControllerTypes": "NVMe"}},
            False,
            "passed",
            "not on sizes with SCSI disks (D and E up to v5",
        ),
    ],
    ids=["nobody decided", "decided long ago", "SCSI", "generation 1", "both", "NVMe"],
)
def test_the_plan_says_which_vm_sizes_the_version_will_start_on(
    changes: dict[str, Any], exists: bool, verdict: str, detail: str
) -> None:
    """It warns only while the decision can still be made: Azure fixes it with the definition."""
    check = check_vm_sizes(definition(**changes), exists=exists)
    assert (check.name, check.verdict) == ("VM sizes", verdict)
    assert detail in check.detail
    assert ("definition.features.DiskControllerTypes" in (check.fix or "")) is (verdict == "warned")
