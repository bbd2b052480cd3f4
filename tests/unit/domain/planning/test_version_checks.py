"""The checks of the version's number and age, and what may be deleted of what Gallerist left behind."""

import pytest

from domain.planning.checks.creation_time import check_creation_time
from domain.planning.checks.definition import check_definition, offer_removal
from domain.planning.checks.gallery import check_failed_versions, check_soft_deleted, check_version
from domain.planning.numbering import Reserved
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage, PurchasePlan
from domain.resources.provenance import definition_tags
from tests.unit.builders import GALLERY, NOW, definition, hand_made_version, image, version

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")
MADE = definition(tags=definition_tags(image(), "builds", NOW, {}, owned=True), hyper_v_generation="V1")
FAILED_VERSION = version("1.0.0", provisioning_state="Failed")


def removal_of(existing: ImageDefinition, *versions: ImageVersion) -> bool:
    """Whether the fix of a definition that does not fit says that it may be deleted."""
    (check,) = offer_removal(check_definition(existing, definition()), existing, versions)
    assert check.fix is not None
    return "delete" in check.fix


def test_what_gallerist_left_behind_may_be_deleted() -> None:
    """An empty definition, or one with nothing but failed versions, all of them Gallerist's."""
    assert removal_of(MADE)
    assert removal_of(MADE, FAILED_VERSION)
    (check,) = offer_removal(check_definition(MADE, definition()), MADE, [FAILED_VERSION])
    assert check.fix is not None
    assert "its failed versions (1.0.0) and then the definition" in check.fix
    assert f"Gallerist made {MADE.id}" in check.fix


@pytest.mark.parametrize(
    ("existing", "versions"),
    [
        (definition(hyper_v_generation="V1"), []),
        (definition(hyper_v_generation="V1"), [FAILED_VERSION]),
        (MADE, [version("1.0.0")]),
        (MADE, [FAILED_VERSION, hand_made_version("2.0.0", provisioning_state="Failed")]),
        (MADE, [version("1.0.0", provisioning_state="Creating")]),
    ],
    ids=["somebody's", "somebody's, failed", "with a good version", "with somebody's version", "being made"],
)
def test_what_somebody_else_made_or_uses_is_never_to_be_deleted(
    existing: ImageDefinition, versions: list[ImageVersion]
) -> None:
    assert not removal_of(existing, *versions)


def test_a_definition_that_fits_needs_no_removal() -> None:
    checks = check_definition(definition(), definition())
    assert (
        offer_removal(checks, definition(tags=definition_tags(image(), "builds", NOW, {}, owned=True)), [])
        == checks
    )


def test_a_definition_without_the_plan_suggests_another_name() -> None:
    (check,) = check_definition(definition(), definition(purchase_plan=PLAN))
    assert check.fix is not None
    assert f"'web-20260115-{PLAN.name}'" in check.fix


@pytest.mark.parametrize(
    ("held", "detail"),
    [
        (None, "unless another migration takes the number first"),
        (version("1.0.0"), "will be adopted"),
        (FAILED_VERSION, "failed with this image and will be written again"),
        (version("0.9.0", provisioning_state="Failed"), "unless another migration"),
    ],
)
def test_the_version_check_says_what_happens_under_the_number(held: ImageVersion | None, detail: str) -> None:
    check = check_version(Reserved(version="1.0.0"), held)
    assert (check.verdict, detail in check.detail) == ("passed", True)


def test_failed_versions_that_are_left_alone_are_named_with_their_maker() -> None:
    theirs = hand_made_version("1.0.1", provisioning_state="Failed")
    mine = version("1.0.2", provisioning_state="Failed")
    good = version("1.0.0")
    first, second = check_failed_versions(good, [good, theirs, mine])
    assert ("1.0.1" in first.detail, first.verdict) == (True, "warned")
    assert first.fix is not None
    assert "delete" not in first.fix
    assert second.fix is not None
    assert "Gallerist made version 1.0.2" in second.fix
    assert check_failed_versions(mine, [mine]) == []


def test_an_unreadable_bin_is_a_warning() -> None:
    assert check_soft_deleted(GALLERY, []) == []
    (check,) = check_soft_deleted(GALLERY, None)
    assert (check.verdict, "cannot be read" in check.detail) == ("warned", True)


@pytest.mark.parametrize(
    ("built", "older", "verdict"),
    [
        (image(), [], "passed"),
        (image(created_at=None), [], "warned"),
        (image(), [version("1.0.0")], "warned"),
    ],
)
def test_the_plan_says_what_it_knows_of_the_creation_time(
    built: ManagedImage, older: list[ImageVersion], verdict: str
) -> None:
    check = check_creation_time(built, older)
    assert (check.name, check.verdict) == ("creation time", verdict)
    assert (check.fix is None) == (verdict == "passed")
