"""Batches: who comes next, how many at once, and that no image is lost or taken twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.batches import (
    SLICE,
    BatchState,
    Scope,
    StartBatch,
    note_started,
    note_status,
    startable,
    take_slice,
)
from domain.fleet.coverage import Category, Standing
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId

SUBSCRIPTIONS = [f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "12"]
GALLERIES = [
    GalleryId.parse(f"/subscriptions/{name}/resourceGroups/g/providers/Microsoft.Compute/galleries/golden")
    for name in SUBSCRIPTIONS
]
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def place(
    number: int, *, family: int = 0, home: int = 0, gallery: int = 0, category: Category = "untouched"
) -> Standing:
    return Standing(
        image=ImageId.of(SUBSCRIPTIONS[home], "packer", f"image-{number}"),
        category=category,
        rule="defaults",
        created_at=BEGINNING + timedelta(days=number),
        definitions=[GALLERIES[gallery].definition(f"family-{family}")],
    )


def state(**request: int) -> BatchState:
    asked = StartBatch(scope=[Scope(subscription=name) for name in SUBSCRIPTIONS], **request)
    return BatchState(request=asked, started_by="test")


def names(batch: BatchState) -> list[str]:
    return [candidate.image.name for candidate in startable(batch)]


def start(batch: BatchState) -> None:
    for candidate in startable(batch):
        note_started(batch, candidate)


def told(image: ImageId, definition: ImageDefinitionId | None, state_: MigrationState) -> MigrationStatus:
    targets = []
    if definition is not None:
        version = definition.version("1.0.0")
        targets = [TargetStatus(definition=definition, version_id=version, state=MigrationState.REPLICATING)]
    return MigrationStatus(image=image, state=state_, targets=targets)


def test_the_oldest_image_comes_first_and_an_unknown_age_last() -> None:
    batch = state()
    ageless = place(0, family=9).model_copy(update={"created_at": None})
    take_slice(batch, [place(3, family=3), ageless, place(1, family=1), place(2, family=2)])
    assert names(batch) == ["image-1", "image-2", "image-3", "image-0"]


def test_what_is_done_runs_or_is_ignored_is_left_alone_and_counted() -> None:
    batch = state()
    categories: list[Category] = ["migrated", "running", "ignored", "ignored", "blocked", "untouched"]
    take_slice(batch, [place(number, category=category) for number, category in enumerate(categories)])
    assert [candidate.image.name for candidate in batch.pending] == ["image-4", "image-5"]
    assert batch.left_alone == {"migrated": 1, "running": 1, "ignored": 2}


def test_the_next_image_of_a_definition_waits_for_the_number_of_the_one_before() -> None:
    """So the order of versions is the order of the images; another definition does not wait."""
    batch = state()
    take_slice(batch, [place(1), place(2), place(3, family=1)])
    start(batch)
    assert [running.candidate.image.name for running in batch.running] == ["image-1", "image-3"]
    assert names(batch) == []
    first = batch.running[0]
    status = told(first.candidate.image, first.candidate.definitions[0], MigrationState.REPLICATING)
    note_status(batch, first, status, ended=False)
    assert names(batch) == ["image-2"]


def test_no_more_run_than_a_subscription_and_a_gallery_may_have() -> None:
    batch = state(per_subscription=2, per_gallery=3)
    take_slice(batch, [place(number, family=number, home=number % 2) for number in range(8)])
    start(batch)
    assert [running.candidate.image.name for running in batch.running] == ["image-0", "image-1", "image-2"]
    elsewhere = place(9, family=9, home=1, gallery=1)
    batch.exhausted, batch.pending = False, []
    take_slice(batch, [elsewhere])
    assert names(batch) == ["image-9"]


def test_what_ended_is_counted_and_shown_only_if_it_did_not_complete() -> None:
    batch = state()
    take_slice(batch, [place(1, family=1), place(2, family=2)])
    start(batch)
    good, bad = list(batch.running)
    note_status(batch, good, told(good.candidate.image, None, MigrationState.COMPLETED), ended=True)
    note_status(batch, bad, told(bad.candidate.image, None, MigrationState.BLOCKED), ended=True)
    assert batch.counts == {"completed": 1, "blocked": 1}
    assert [result.image.name for result in batch.shown] == ["image-2"]
    assert batch.done


@given(
    st.integers(min_value=0, max_value=3 * SLICE), st.none() | st.integers(min_value=1, max_value=2 * SLICE)
)
def test_slice_by_slice_every_image_is_taken_once_up_to_the_limit(count: int, limit: int | None) -> None:
    """The scope is read anew for each slice; nothing is taken twice, and a slice is never larger than one."""
    batch = state() if limit is None else state(limit=limit)
    places = [place(number, family=number) for number in range(count)]
    taken: list[str] = []
    while not batch.exhausted:
        take_slice(batch, reversed(places))
        assert len(batch.pending) <= SLICE
        taken += [candidate.image.name for candidate in batch.pending]
        batch.pending = []
    expected = [one.image.name for one in places][: limit if limit is not None else count]
    assert taken == expected
    assert batch.selected == len(expected)
