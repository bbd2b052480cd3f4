"""The walk of a batch: it takes what is known, comes back to what was not, and ends in a bounded number of looks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.batches import Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.coverage import Category, ImageCoverage
from domain.fleet.gaps import Gaps, Unread, Unreadable
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import SHORTEST_LOOK_SECONDS
from domain.fleet.walk import MOST_UNREAD, MOST_VAIN_LOOKS, Walk
from domain.resources.ids import ImageId

HERE, THERE = (f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "12")
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
NOTHING_MISSING = Gaps()


def missing(parts: int, **changes: Any) -> Gaps:
    return Gaps(unread=Unread(parts=parts, reason="throttled", retry_after_seconds=7), **changes)


def coverage(number: int, category: Category = "untouched", *, home: str = HERE) -> ImageCoverage:
    return ImageCoverage(
        image=ImageId.of(home, "packer", f"image-{number:04}"),
        category=category,
        rule="defaults",
        created_at=BEGINNING + timedelta(days=number),
        unread=category == "unknown",
        why="its versions are not read yet" if category == "unknown" else None,
    )


def names(images: Sequence[ImageCoverage]) -> list[int]:
    return [int(one.image.name.rpartition("-")[2]) for one in images]


def test_unread_images_are_passed_and_taken_up_when_they_are_known() -> None:
    """An unread definition is never untouched; its images come first as soon as their state is known."""
    walk = Walk()
    first = walk.take([coverage(1), coverage(2, "unknown"), coverage(3)], missing(1), [], 10)
    assert (names(first.images), walk.is_over) == ([1, 3], False)
    assert [image.name for image in walk.unread] == ["image-0002"]
    second = walk.take(
        [coverage(1, "running"), coverage(2), coverage(3, "running"), coverage(4)], NOTHING_MISSING, [], 10
    )
    assert (names(second.images), walk.is_over) == ([2, 4], True)


def test_an_unread_image_that_turns_out_to_be_migrated_is_counted_once() -> None:
    walk = Walk()
    first = walk.take([coverage(1, "migrated"), coverage(2, "unknown")], missing(1), [], 10)
    second = walk.take([coverage(1, "migrated"), coverage(2, "migrated")], NOTHING_MISSING, [], 10)
    assert (first.left_alone, second.left_alone) == ({"migrated": 1}, {"migrated": 1})
    assert walk.is_over


def test_an_unread_image_that_is_deleted_meanwhile_is_not_waited_for() -> None:
    walk = Walk()
    walk.take([coverage(1, "unknown")], missing(1), [], 10)
    assert walk.take([], NOTHING_MISSING, [], 10) == ([], {})
    assert walk.is_over


def test_the_images_of_a_subscription_that_is_not_listed_yet_are_taken_later_from_the_oldest() -> None:
    """Of a list that was read in part, the oldest image may be on another page."""
    walk = Walk()
    here, there = [coverage(5)], [coverage(9, home=THERE), coverage(1, home=THERE)]
    first = walk.take([*here, there[0]], missing(1), [THERE], 10)
    assert (names(first.images), walk.is_over, walk.unlisted) == ([5], False, [THERE])
    second = walk.take([*here, *there], NOTHING_MISSING, [], 10)
    assert (names(second.images), walk.is_over) == ([1, 9], True)


def test_a_subscription_that_cannot_be_read_is_named_and_not_waited_for() -> None:
    gone = Unreadable(id=f"/subscriptions/{THERE}", reason="gone", fix="check it")
    walk = Walk()
    taken = walk.take([coverage(1)], Gaps(unreadable=[gone]), [], 10)
    assert (names(taken.images), walk.unreadable, walk.is_over) == ([1], [gone], True)


def test_an_image_whose_state_cannot_be_found_out_is_counted_as_unknown() -> None:
    unknown = coverage(1, "unknown").given_up()
    walk = Walk()
    taken = walk.take([unknown, coverage(2)], NOTHING_MISSING, [], 10)
    assert (names(taken.images), taken.left_alone, walk.is_over) == ([2], {"unknown": 1}, True)


def test_a_look_in_vain_is_repeated_later_and_later_and_then_the_batch_goes_on_without_it() -> None:
    """What is given up is named at the end, with the last reason."""
    images = [coverage(1, "unknown"), coverage(2, home=THERE)]
    walk = Walk()
    pauses = []
    while not walk.is_over:
        taken = walk.take(images, missing(2), [THERE], 10)
        pauses.append(walk.look_after_seconds)
    assert pauses[:4] == [10, 20, 40, 80]
    assert pauses[-2:] == [300, 0]
    assert len(pauses) == MOST_VAIN_LOOKS + 1
    assert (names(taken.images), taken.left_alone) == ([2], {"unknown": 1})
    assert [(part.id, part.reason) for part in walk.unreadable] == [
        (f"/subscriptions/{THERE}", "throttled"),
        (str(images[0].image), "its versions are not read yet"),
    ]


def test_a_look_that_read_something_is_not_in_vain() -> None:
    """Thousands of definitions take many looks, and the first of them tell nothing of any image."""
    walk = Walk()
    for _ in range(3 * MOST_VAIN_LOOKS):
        walk.take([coverage(1, "unknown")], missing(3000), [], 10, newly_read=225)
        assert (walk.vain_looks, walk.look_after_seconds) == (0, 10)
    assert not walk.is_over


def test_the_next_look_waits_as_long_as_azure_asks() -> None:
    walk = Walk()
    unread = Unread(parts=1, reason="throttled", retry_after_seconds=1235)
    walk.take([coverage(1, "unknown")], Gaps(unread=unread), [], 10)
    assert walk.look_after_seconds == 1235


def test_the_walk_waits_before_it_remembers_too_many_images() -> None:
    walk = Walk()
    images = [coverage(number, "unknown") for number in range(MOST_UNREAD + 5)]
    assert walk.take([*images, coverage(9999)], missing(9), [], 10).images == []
    assert len(walk.unread) == MOST_UNREAD
    known = [coverage(number) for number in range(MOST_UNREAD + 5)]
    taken: list[int] = []
    while not walk.is_over:
        taken += names(walk.take([*known, coverage(9999)], NOTHING_MISSING, [], 200).images)
    assert taken == [*range(MOST_UNREAD + 5), 9999]


STATES = st.lists(
    st.tuples(st.sampled_from([HERE, THERE]), st.sampled_from(["untouched", "migrated", "blocked"])),
    max_size=30,
)


@given(STATES, st.data())
def test_whatever_is_unread_at_each_look_every_image_is_taken_or_counted_once(
    states: list[tuple[str, Category]], data: st.DataObject
) -> None:
    """In the end everything is known; no order of what was unread before loses an image or takes it twice."""
    images = [coverage(number, category, home=home) for number, (home, category) in enumerate(states)]
    walk = Walk()
    taken: list[int] = []
    left = 0
    for _ in range(4):
        hidden = data.draw(st.sets(st.sampled_from(range(len(images))))) if images else set()
        unlisted = data.draw(st.sets(st.sampled_from([HERE, THERE])))
        shown = [
            coverage(number, "unknown", home=one.image.subscription) if number in hidden else one
            for number, one in enumerate(images)
        ]
        result = walk.take(shown, missing(len(hidden)), unlisted, 4)
        taken += names(result.images)
        left += sum(result.left_alone.values())
    while not walk.is_over:
        result = walk.take(images, NOTHING_MISSING, [], 4)
        taken += names(result.images)
        left += sum(result.left_alone.values())
    needed = [number for number, (_, category) in enumerate(states) if category != "migrated"]
    assert sorted(taken) == needed
    assert left == len(images) - len(needed)


def new_batch(**request: Any) -> Batch:
    scope = [Scope(subscription=HERE)]
    return Batch(request=BatchRequest(scope=scope, **request), started_by="test")


@pytest.mark.parametrize(("dry_run", "pause"), [(False, 7), (True, 7)])
def test_a_batch_without_running_migrations_looks_again_when_that_can_help(dry_run: bool, pause: int) -> None:
    batch = new_batch(dry_run=dry_run)
    assert (batch.is_look_due, batch.pause_seconds) == (True, 1)
    batch.select([coverage(1, "unknown")], missing(1))
    assert not batch.exhausted
    assert batch.pause() >= pause
    assert not batch.is_look_due
    batch.wake()
    assert batch.is_look_due


def test_a_batch_with_running_migrations_looks_at_them_meanwhile() -> None:
    batch = new_batch()
    unread = Unread(parts=1, reason="throttled", retry_after_seconds=2 * SHORTEST_LOOK_SECONDS + 1)
    batch.select([coverage(1), coverage(2, "unknown")], Gaps(unread=unread))
    for candidate in batch.startable():
        batch.note_started(candidate)
    looks = []
    for _ in range(3):
        assert batch.pause() == SHORTEST_LOOK_SECONDS
        batch.wake()
        looks.append(batch.is_look_due)
    assert looks == [False, False, True]


def test_a_batch_that_a_former_release_began_starts_its_walk_anew() -> None:
    """Unknown keys are tolerated: what is migrated meanwhile is left alone."""
    stored = new_batch().model_dump(mode="json")
    del stored["walk"]
    assert Batch.model_validate({**stored, "after": ["2020", "x"], "selected": 7}).walk == Walk()
