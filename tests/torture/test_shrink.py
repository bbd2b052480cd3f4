"""The shortest trace of a broken promise has what it takes and nothing else."""

from torture.plan import Plan, plan
from torture.shrink import shrink

WHOLE = plan(7, 40)
NEEDED = next(one for one in WHOLE.disturbances if one.what == "image re-created")
KILL = next(one for one in WHOLE.disturbances if one.what == "host killed")


def test_an_image_and_two_disturbances_are_left_of_a_fleet() -> None:
    subject = next(image for image in WHOLE.fleet() if image.number == NEEDED.image)
    tried: list[Plan] = []

    def breaks(shorter: Plan) -> bool:
        tried.append(shorter)
        return all(one in shorter.disturbances for one in (NEEDED, KILL)) and subject in shorter.fleet()

    shortest = shrink(WHOLE, [subject.id], breaks, seconds=30)

    assert shortest.fleet() == [subject]
    assert sorted(one.what for one in shortest.disturbances) == ["host killed", "image re-created"]
    assert shortest.share == 0
    assert len(tried) < len(WHOLE.disturbances)


def test_images_are_left_out_where_no_image_is_named() -> None:
    def breaks(shorter: Plan) -> bool:
        return {5, 9} <= {image.number for image in shorter.fleet()}

    shortest = shrink(WHOLE, [], breaks, seconds=30)
    assert [image.number for image in shortest.fleet()] == [5, 9]
    assert shortest.disturbances == ()


def test_without_time_the_plan_stays_as_it_is() -> None:
    assert shrink(WHOLE, [], lambda _: True, seconds=0) == WHOLE.with_images(range(40))
