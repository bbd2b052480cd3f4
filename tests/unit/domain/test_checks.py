"""The checks before any write: each one passed, warned or failed, and what mends a failure."""

from datetime import timedelta
from typing import Any

import pytest

from domain.planning.checks.check import Check, Verdict
from domain.planning.checks.definition import check_definition
from domain.planning.checks.gallery import missing_gallery
from domain.planning.checks.image import check_image, check_purchase_plan
from domain.planning.checks.policy import check_definition_name, check_end_of_life, name_does_not_fit
from domain.planning.checks.regions import check_regions
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.images import PurchasePlan
from tests.unit.builders import GALLERY, NOW, REGIONS, definition, disk, image

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")


def failed(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.verdict == "failed"]


def test_a_sound_image_passes() -> None:
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
            "the data disk at LUN 2 has 4095 GB, and the gallery takes at most 2048 GB",
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
def test_the_size_of_a_disk_is_judged_at_both_limits(
    lun: int | None, size_gb: int | None, verdict: Verdict
) -> None:
    """The documentation says 1 TB for a data disk, the service's error says 2048 GB."""
    changes = {"os_disk": disk(size_gb=size_gb)} if lun is None else {"data_disks": [disk("d", size_gb, lun)]}
    assert check_image(image(**changes))[-1].verdict == verdict


def regions(*names: str) -> list[TargetRegion]:
    return [TargetRegion(name=name) for name in names]


def test_regions_that_exist_pass() -> None:
    asked = regions("westeurope", "eastus2")
    (check,) = check_regions(image(), Choices(regions=asked), asked, REGIONS)
    assert (check.verdict, check.detail) == ("passed", "westeurope, eastus2")


def test_a_region_that_was_added_is_told() -> None:
    choices = Choices(regions=regions("eastus2"))
    (check,) = check_regions(image(), choices, regions("westeurope", "eastus2"), REGIONS)
    assert check.detail == "westeurope, eastus2 (westeurope added: it is the image's own)"


def test_every_region_that_does_not_exist_is_named() -> None:
    asked = regions("westeurope", "moonbase", "marsnorth")
    (check,) = check_regions(image(), Choices(regions=asked), asked, REGIONS)
    assert check.verdict == "failed"
    assert check.detail == "no such region for this subscription: moonbase, marsnorth"
    assert (
        check.fix
        == "correct the region's name in the policy, in the request or in the image's tag gallerist:regions"
    )


@pytest.mark.parametrize(
    ("tags", "plan", "verdict", "detail"),
    [
        ({}, None, "passed", "none"),
        ({}, PLAN, "passed", "resf/rocky/gen2"),
        ({"PlanInfo": "gen2"}, None, "warned", "a part of a purchase plan only"),
        ({"PlanInfo": "gen2"}, PLAN, "passed", "resf/rocky/gen2"),
    ],
)
def test_a_plan_that_is_told_in_part_is_warned_of(
    tags: dict[str, str], plan: PurchasePlan | None, verdict: Verdict, detail: str
) -> None:
    check = check_purchase_plan(image(tags=tags), plan)
    assert check.verdict == verdict
    assert detail in check.detail
    assert (check.fix is not None) == (verdict == "warned")


@pytest.mark.parametrize("name", ["web", "web-2026.01_15", "a", "a" * 80])
def test_a_definition_name_that_the_service_takes_passes(name: str) -> None:
    assert check_definition_name(name).verdict == "passed"


@pytest.mark.parametrize("name", ["", "web-", "web.", "-web", "a b", "wéb", "a" * 81, "web/1"])
def test_a_definition_name_that_the_service_refuses_fails(name: str) -> None:
    check = check_definition_name(name)
    assert check.verdict == "failed"
    assert check.detail == f"'{name}' cannot be the name of an image definition"
    assert check.fix is not None
    assert "correct definition.name in the policy's rule" in check.fix


def test_a_definition_name_does_not_begin_with_an_underscore() -> None:
    """The service takes a letter or a digit there."""
    assert check_definition_name("_web").verdict == "failed"


def test_an_end_of_life_has_to_be_ahead() -> None:
    assert check_end_of_life(None, NOW) == []
    assert check_end_of_life(NOW + timedelta(seconds=1), NOW) == []
    (check,) = check_end_of_life(NOW, NOW)
    assert (check.verdict, check.fix) == ("failed", "give a date in the future")
    assert NOW.isoformat() in check.detail


def test_a_definition_that_fits_passes() -> None:
    """Publisher, offer and SKU of one that exists may be other ones: they do not bind the image."""
    (check,) = check_definition(definition(publisher="other", location="eastus2"), definition())
    assert check.verdict == "passed"


def test_a_definition_may_name_a_plan_that_the_image_does_not() -> None:
    (check,) = check_definition(definition(purchase_plan=PLAN), definition())
    assert check.verdict == "passed"


@pytest.mark.parametrize(
    ("existing", "wanted", "detail", "fix"),
    [
        (
            {"hyper_v_generation": "V1"},
            {},
            "is for Hyper-V generation V1, the image is V2",
            "such as 'web-20260115-gen2', or ask for it with 'definition'",
        ),
        ({}, {"hyper_v_generation": "V1"}, "generation V2, the image is V1", "such as 'web-20260115-gen1'"),
        ({"os_type": "Windows"}, {}, "is for Windows, the image holds Linux", "such as 'web-20260115-linux'"),
        ({"os_state": "Specialized"}, {}, "is for specialized images", "OS state Generalized"),
        ({"architecture": "Arm64"}, {}, "is for Arm64, the image is x64", "architecture x64"),
        ({}, {"purchase_plan": PLAN}, "does not name the image's purchase plan gen2", "another definition"),
        (
            {"purchase_plan": PLAN.model_copy(update={"product": "alma"})},
            {"purchase_plan": PLAN},
            "does not name the image's purchase plan gen2",
            "another definition",
        ),
    ],
)
def test_a_definition_that_cannot_take_the_image_fails(
    existing: dict[str, Any], wanted: dict[str, Any], detail: str, fix: str
) -> None:
    """Everything compared is fixed when the definition is created."""
    (check,) = check_definition(definition(**existing), definition(**wanted))
    assert check.verdict == "failed"
    assert detail in check.detail
    assert check.fix is not None
    assert fix in check.fix


def test_every_mismatch_of_a_definition_is_told_at_once() -> None:
    existing = definition(hyper_v_generation="V1", os_type="Windows", architecture="Arm64")
    assert len(failed(check_definition(existing, definition()))) == 3


def test_what_cannot_be_named_or_is_not_there_fails_with_its_fix() -> None:
    gone = missing_gallery(GALLERY)
    assert (gone.verdict, gone.fix is not None) == ("failed", True)
    assert str(GALLERY) in gone.detail
    nameless = name_does_not_fit(image(), Choices(name_pattern="db-.*"))
    assert nameless.detail == "the image's name 'web-20260115' does not fit name_pattern 'db-.*'"
    assert nameless.verdict == "failed"
