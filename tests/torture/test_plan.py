"""The seed decides everything beforehand, and a plan is kept as text."""

from pathlib import Path
from typing import get_args

import pytest

from torture.disturbances import What
from torture.estate import KINDS, RETIRED, cap, policy
from torture.plan import Plan, plan


def test_the_same_seed_decides_the_same_and_another_one_something_else() -> None:
    assert plan(7, 60) == plan(7, 60)
    assert plan(7, 60).disturbances != plan(8, 60).disturbances
    assert plan(7, 60).fleet() != plan(8, 60).fleet()


def test_every_kind_of_image_and_of_disturbance_is_in_a_plan() -> None:
    small = plan(7, len(KINDS))
    assert {image.kind for image in small.fleet()} == set(KINDS)
    assert {one.what for one in small.disturbances} == set(get_args(What))


def test_a_plan_that_was_kept_is_the_same_plan(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    shorter = plan(7, 24).with_images([1, 2])
    file.write_text(shorter.to_json(), encoding="utf-8")
    assert Plan.load(file) == shorter
    assert [image.number for image in Plan.load(file).fleet()] == [1, 2]


@pytest.mark.parametrize("text", ["", "[]", '{"seed": 7}'])
def test_a_file_that_holds_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trace.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds no plan|Expecting value"):
        Plan.load(file)


def test_a_plan_with_fewer_images_has_nothing_of_the_others() -> None:
    whole = plan(7, 60)
    kept = whole.with_images([3])
    assert {one.image for one in kept.disturbances} <= {None, 3}
    assert [one for one in whole.disturbances if one.image is None] == [
        one for one in kept.disturbances if one.image is None
    ]


def test_a_fleet_can_be_of_some_kinds_alone() -> None:
    assert {image.kind for image in plan(7, 20, RETIRED).fleet()} == set(RETIRED)


def test_the_changed_policy_decides_the_same() -> None:
    changed = policy(300, changed=True)
    assert changed.replace("  tags: {costCenter: '4711'}\n", "") == policy(300)
    assert f"most_per_day: {cap(300)}" in changed
