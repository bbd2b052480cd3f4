"""The checks of image, policy, definition and gallery: each verdict, and the fix of a failure."""

from datetime import timedelta
from typing import Any

import pytest

from domain.planning.checks.check import Check, Verdict
from domain.planning.checks.definition import check_definition
from domain.planning.checks.gallery import missing_gallery
from domain.planning.checks.image import check_image, check_purchase_plan
from domain.planning.checks.policy import check_end_of_life, check_name, pattern_mismatch
from domain.policy.sections import Choices
from domain.resources.images import PurchasePlan
from tests.unit.builders import GALLERY, NOW, definition, disk, image

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")


def failed(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.verdict == "failed"]


def test_a_good_image_passes() -> None:
    assert [check.verdict for check in check_image(image(data_disks=[disk("data", 1024, lun=0)]))] == [
        "passed",
        "passed",
    ]


@pytest.mark.parametrize(
    ("changes", "detail", "fix"),
    [
        ({"provisioning_state": "Failed"}, "is in provisioning state Failed", "capture the image again"),
        ({"os_state": "Specialized"}, "OS state is Specialized", "generalize the VM (sysprep or waagent"),
        ({"os_disk": disk(size_gb=2049)}, "the OS disk has 2049 GB", "shrink the disk to at most 2048 GB"),
        (
            {"data_disks": [disk("data", 4095, lun=2)]},
            "the data disk at LUN 2 has 4095 GB; the service accepts at most 2048 GB",
            "shrink the disk",
        ),
    ],
)
def test_an_image_that_the_service_would_refuse_fails(changes: dict[str, Any], detail: str, fix: str) -> None:
    (found,) = failed(check_image(image(**changes)))
    assert detail in found.detail
    assert found.fix is not None
    assert found.fix.startswith(fix)


@pytest.mark.parametrize(
    ("lun", "size_gb", "verdict"),
    [
        (None, 2048, "passed"),
        (None, 2049, "failed"),
        (None, None, "warned"),
        (0, 1024, "passed"),
        (0, 1025, "warned"),
        (0, 2048, "warned"),
        (0, 2049, "failed"),
        (0, None, "warned"),
    ],
)
def test_a_disks_size_is_checked_against_both_limits(
    lun: int | None, size_gb: int | None, verdict: Verdict
) -> None:
    """The documentation says 1 TB for a data disk, the service's error says 2048 GB."""
    changes = {"os_disk": disk(size_gb=size_gb)} if lun is None else {"data_disks": [disk("d", size_gb, lun)]}
    assert check_image(image(**changes))[-1].verdict == verdict


@pytest.mark.parametrize(
    ("tags", "plan", "verdict", "detail"),
    [
        ({}, None, "passed", "none"),
        ({}, PLAN, "passed", "resf/rocky/gen2"),
        ({"PlanInfo": "gen2"}, None, "warned", "only a part of a purchase plan"),
        ({"PlanInfo": "gen2"}, PLAN, "passed", "resf/rocky/gen2"),
    ],
)
def test_an_incomplete_purchase_plan_is_a_warning(
    tags: dict[str, str], plan: PurchasePlan | None, verdict: Verdict, detail: str
) -> None:
    check = check_purchase_plan(image(tags=tags), plan)
    assert check.verdict == verdict
    assert detail in check.detail
    assert (check.fix is not None) == (verdict == "warned")


def test_a_valid_definition_name_passes() -> None:
    assert check_name("web") == Check(name="definition name", verdict="passed", detail="web")


def test_an_invalid_definition_name_fails_and_the_fix_has_the_rule() -> None:
    check = check_name("web-")
    assert (check.verdict, check.detail) == ("failed", "'web-' cannot be the name of an image definition")
    assert check.fix is not None
    assert check.fix.startswith("correct definition.name in the policy's rule: 1 to 80 letters, digits")


def test_an_end_of_life_date_must_be_in_the_future() -> None:
    assert check_end_of_life(None, NOW) == []
    assert check_end_of_life(NOW + timedelta(seconds=1), NOW) == []
    (check,) = check_end_of_life(NOW, NOW)
    assert (check.verdict, check.fix) == ("failed", "give a date in the future")
    assert NOW.isoformat() in check.detail


def test_a_definition_that_accepts_the_image_passes() -> None:
    """Publisher, offer and SKU may differ: they do not depend on the image."""
    (check,) = check_definition(definition(publisher="other", location="eastus2"), definition())
    assert check.verdict == "passed"


def test_a_definition_may_have_a_purchase_plan_that_the_image_lacks() -> None:
    (check,) = check_definition(definition(purchase_plan=PLAN), definition())
    assert check.verdict == "passed"


@pytest.mark.parametrize(
    ("existing", "wanted", "detail", "fix"),
    [
        (
            {"hyper_v_generation": "V1"},
            {},
            "is for Hyper-V generation V1, the image is V2",
            "such as 'web-20260115-gen2', in the policy's rule or with 'definition' in the request",
        ),
        ({}, {"hyper_v_generation": "V1"}, "generation V2, the image is V1", "such as 'web-20260115-gen1'"),
        ({"os_type": "Windows"}, {}, "is for Windows, the image holds Linux", "such as 'web-20260115-linux'"),
        ({"os_state": "Specialized"}, {}, "is for specialized images", "OS state Generalized"),
        ({"architecture": "Arm64"}, {}, "is for Arm64, the image is x64", "architecture x64"),
        ({}, {"purchase_plan": PLAN}, "does not have the image's purchase plan gen2", "another definition"),
        (
            {"purchase_plan": PurchasePlan(name="gen2", product="alma", publisher="resf")},
            {"purchase_plan": PLAN},
            "does not have the image's purchase plan gen2",
            "another definition",
        ),
    ],
)
def test_a_definition_that_cannot_accept_the_image_fails(
    existing: dict[str, Any], wanted: dict[str, Any], detail: str, fix: str
) -> None:
    """All compared properties are fixed when the definition is created."""
    (check,) = check_definition(definition(**existing), definition(**wanted))
    assert check.verdict == "failed"
    assert detail in check.detail
    assert check.fix is not None
    assert fix in check.fix


def test_every_mismatch_of_a_definition_is_reported() -> None:
    existing = definition(hyper_v_generation="V1", os_type="Windows", architecture="Arm64")
    assert len(failed(check_definition(existing, definition()))) == 3


def test_a_missing_gallery_fails() -> None:
    check = missing_gallery(GALLERY)
    assert check.verdict == "failed"
    assert check.detail == f"the gallery {GALLERY} does not exist, or Gallerist's identity cannot read it"
    assert check.fix is not None


def test_an_image_whose_name_does_not_match_the_pattern_fails() -> None:
    check = pattern_mismatch(image(), Choices(name_pattern="db-.*"))
    assert check.verdict == "failed"
    assert check.detail == "the image's name 'web-20260115' does not match name_pattern 'db-.*'"
