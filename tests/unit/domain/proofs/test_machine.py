"""The names and tags of a proof's machine: what is ours, and when it may go."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.proofs.machine import (
    EXPIRES_TAG,
    PROOF_TAG,
    belongs_to,
    has_expired,
    is_proof_name,
    machine_name,
)
from tests.unit.builders import NOW, definition_id

VERSION = definition_id().version("1.0.0")
NAME = machine_name(VERSION, "eastus2", "scsi", "Standard_D2s_v5")


def test_another_size_region_controller_or_version_is_another_name() -> None:
    others = [
        machine_name(VERSION, "eastus2", "scsi", "Standard_D2as_v5"),
        machine_name(VERSION, "westus2", "scsi", "Standard_D2s_v5"),
        machine_name(VERSION, "eastus2", "nvme", "Standard_D2s_v5"),
        machine_name(definition_id().version("1.0.1"), "eastus2", "scsi", "Standard_D2s_v5"),
    ]
    assert len({NAME, *others}) == 5
    assert NAME.endswith("-d2s-v5")
    assert machine_name(VERSION, "eastus2", "scsi", "standard_d2s_v5") == NAME


@pytest.mark.parametrize("size", ["Standard_D2s_v5", "Standard_NC24ads_A100_v4", "X", "Standard_" + "a" * 90])
def test_the_name_is_short_and_ours(size: str) -> None:
    name = machine_name(VERSION, "eastus2", "scsi", size)
    # documented: 64 characters
    assert len(name) <= 64
    assert is_proof_name(name)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        (f"{NAME}-os", True),
        (f"{NAME}-nic-0a1b", True),
        ("gallerist-proof-web", False),
        ("gallerist-proof-", False),
        ("web-server", False),
        (f"my-{NAME}", False),
    ],
)
def test_only_names_of_the_pattern_are_ours(name: str, *, ours: bool) -> None:
    assert is_proof_name(name) is ours


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("os", True),
        ("data-0", True),
        ("data-12", True),
        ("nic", True),
        ("nic-0a1b", True),
        ("data-", False),
        ("backup", False),
        ("os-2", False),
    ],
)
def test_what_belongs_to_a_machine_is_named_after_it(name: str, *, belongs: bool) -> None:
    assert belongs_to(NAME, f"{NAME}-{name}") is belongs
    assert not belongs_to("gallerist-proof-other", f"{NAME}-{name}")


@pytest.mark.parametrize(
    ("tags", "expired"),
    [
        ({PROOF_TAG: "m", EXPIRES_TAG: "2026-02-01T11:59:59+00:00"}, True),
        ({PROOF_TAG: "m", EXPIRES_TAG: "2026-02-01T11:59:59"}, True),
        ({PROOF_TAG: "m", EXPIRES_TAG: "2026-02-01T12:00:01+00:00"}, False),
        ({PROOF_TAG: "m", EXPIRES_TAG: "yesterday"}, False),
        ({PROOF_TAG: "m"}, False),
        ({EXPIRES_TAG: "2020-01-01T00:00:00+00:00"}, False),
        ({}, False),
    ],
)
def test_what_says_nothing_readable_has_not_expired(tags: dict[str, str], *, expired: bool) -> None:
    assert has_expired(tags, NOW) is expired
    assert datetime(2026, 2, 1, 12, tzinfo=UTC) == NOW
    assert not has_expired(tags, NOW - timedelta(days=10_000))
