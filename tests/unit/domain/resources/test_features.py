"""Features of a definition: what they mean, and when an existing definition gives what is wanted."""

import pytest

from domain.resources.features import agrees, disk_controllers, feature


@pytest.mark.parametrize(
    ("features", "name", "value"),
    [
        ({"SecurityType": "TrustedLaunchSupported"}, "SecurityType", "TrustedLaunchSupported"),
        ({"securitytype": "Standard"}, "SecurityType", "Standard"),
        ({}, "SecurityType", "Standard"),
        ({}, "DiskControllerTypes", "SCSI"),
        ({}, "IsHibernateSupported", "False"),
        ({}, "IsAcceleratedNetworkSupported", None),
    ],
)
def test_a_missing_feature_has_its_documented_meaning(
    features: dict[str, str], name: str, value: str | None
) -> None:
    assert feature(features, name) == value


@pytest.mark.parametrize(
    ("value", "controllers"),
    [
        ("SCSI, NVMe", {"scsi", "nvme"}),
        ("nvme,scsi", {"scsi", "nvme"}),
        ("NVMe", {"nvme"}),
        ("SCSI", {"scsi"}),
        (None, {"scsi"}),
    ],
)
def test_disk_controllers_are_read_in_every_spelling(value: str | None, controllers: set[str]) -> None:
    """Reported: the portal writes `SCSI, NVMe`, others write `NVMe,SCSI`."""
    assert disk_controllers({"DiskControllerTypes": value} if value else {}) == controllers


@pytest.mark.parametrize(
    ("existing", "name", "wanted", "expected"),
    [
        ("Standard", "SecurityType", "Standard", True),
        ("TrustedLaunchSupported", "SecurityType", "Standard", True),
        ("Standard", "SecurityType", "TrustedLaunchSupported", False),
        ("ConfidentialVmSupported", "SecurityType", "ConfidentialVMSupported", True),
        ("ConfidentialVMSupported", "SecurityType", "TrustedLaunchSupported", False),
        ("TrustedLaunchAndConfidentialVmSupported", "SecurityType", "TrustedLaunchSupported", True),
        ("TrustedLaunchAndConfidentialVmSupported", "SecurityType", "ConfidentialVMSupported", True),
        ("SomethingNew", "SecurityType", "Standard", False),
        ("NVMe,SCSI", "DiskControllerTypes", "SCSI, NVMe", True),
        ("SCSI, NVMe", "DiskControllerTypes", "SCSI", False),
        ("true", "IsHibernateSupported", "True", True),
        ("False", "IsHibernateSupported", "True", False),
    ],
)
def test_a_definition_agrees_if_it_gives_what_is_wanted(
    existing: str, name: str, wanted: str, expected: bool
) -> None:
    """A VM chooses among what its definition allows, so a security type may allow more."""
    assert agrees({name: existing}, name, wanted) is expected
