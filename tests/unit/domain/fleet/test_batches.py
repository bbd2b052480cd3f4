"""Batches: which image comes next, how many run at once, and that no image is lost or taken twice."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.durable_backend import LARGEST_SCHEDULER_BYTES
from domain.fitting import stored_characters
from domain.fleet.batch_images import Candidate
from domain.fleet.batch_records import BatchProgress
from domain.fleet.batch_results import MOST_RESULTS
from domain.fleet.batches import SLICE, Batch
from domain.fleet.carried_batch import MOST_PLAIN, BatchRequest
from domain.fleet.coverage import Category, ImageCoverage
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import MOST_RUNNING
from domain.fleet.states import BatchState
from domain.fleet.walk import Walk
from domain.migration.states import MigrationState
from domain.migration.status import End, MigrationStatus, TargetStatus, replication_seconds
from domain.planning.plan import MigrationPlan
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId
from domain.resources.provenance import migration_id
from tests.unit.builders import PACE

SUBSCRIPTIONS = [f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "12"]
GALLERIES = [
    GalleryId.parse(f"/subscriptions/{name}/resourceGroups/g/providers/Microsoft.Compute/galleries/golden")
    for name in SUBSCRIPTIONS
]
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def coverage(
    number: int, *, family: int = 0, home: int = 0, gallery: int = 0, category: Category = "untouched"
) -> ImageCoverage:
    return ImageCoverage(
        image=ImageId.of(SUBSCRIPTIONS[home], "packer", f"image-{number}"),
        category=category,
        rule="defaults",
        created_at=BEGINNING + timedelta(days=number),
        definitions=[GALLERIES[gallery].definition(f"family-{family}")],
    )


def new_batch(**request: int) -> Batch:
    scope = [Scope(subscription=name) for name in SUBSCRIPTIONS]
    return Batch(request=BatchRequest(scope=scope, **request), started_by="test")


def names(batch: Batch) -> list[str]:
    return [candidate.image.name for candidate in batch.startable()]


def start(batch: Batch) -> None:
    for candidate in batch.startable():
        batch.note_started(candidate)


def status_of(image: ImageId, definition: ImageDefinitionId | None, state: MigrationState) -> MigrationStatus:
    targets = []
    if definition is not None:
        version = definition.version("1.0.0")
        targets = [TargetStatus(definition=definition, version_id=version, state=MigrationState.REPLICATING)]
    return MigrationStatus(image=image, state=state, targets=targets)


def test_the_oldest_image_comes_first_and_an_unknown_age_last() -> None:
    batch = new_batch()
    ageless = coverage(0, family=9)
    ageless.created_at = None
    batch.select([coverage(3, family=3), ageless, coverage(1, family=1), coverage(2, family=2)])
    assert names(batch) == ["image-1", "image-2", "image-3", "image-0"]


def test_images_that_need_no_migration_are_counted_and_not_selected() -> None:
    batch = new_batch()
    categories: list[Category] = ["migrated", "running", "ignored", "ignored", "blocked", "untouched"]
    batch.select([coverage(number, category=category) for number, category in enumerate(categories)])
    assert [candidate.image.name for candidate in batch.pending] == ["image-4", "image-5"]
    assert batch.left_alone == {"migrated": 1, "running": 1, "ignored": 2}


def test_the_next_image_of_a_definition_waits_for_the_number_of_the_one_before() -> None:
    """So versions are numbered in the order of their images; another definition does not wait."""
    batch = new_batch()
    batch.select([coverage(1), coverage(2), coverage(3, family=1)])
    start(batch)
    assert [running.candidate.image.name for running in batch.running] == ["image-1", "image-3"]
    assert names(batch) == []
    first = batch.running[0]
    status = status_of(first.candidate.image, first.candidate.definitions[0], MigrationState.REPLICATING)
    batch.note_status(first, status, ended=False)
    assert names(batch) == ["image-2"]


def test_the_request_limits_what_runs_per_subscription_and_per_gallery() -> None:
    batch = new_batch(per_subscription=2, per_gallery=3)
    batch.select([coverage(number, family=number, home=number % 2) for number in range(8)])
    start(batch)
    assert [running.candidate.image.name for running in batch.running] == ["image-0", "image-1", "image-2"]
    elsewhere = coverage(9, family=9, home=1, gallery=1)
    batch.exhausted, batch.pending = False, []
    batch.select([elsewhere])
    assert names(batch) == ["image-9"]


def test_every_end_is_counted_and_only_what_did_not_complete_is_listed() -> None:
    batch = new_batch()
    batch.select([coverage(1, family=1), coverage(2, family=2)])
    start(batch)
    good, bad = list(batch.running)
    batch.note_status(good, status_of(good.candidate.image, None, MigrationState.COMPLETED), ended=True)
    batch.note_status(bad, status_of(bad.candidate.image, None, MigrationState.BLOCKED), ended=True)
    assert batch.counts == {"completed": 1, "blocked": 1}
    assert [result.image.name for result in batch.shown] == ["image-2"]
    assert batch.done


@given(
    st.integers(min_value=0, max_value=3 * SLICE), st.none() | st.integers(min_value=1, max_value=2 * SLICE)
)
def test_slice_by_slice_every_image_is_selected_once_up_to_the_limit(count: int, limit: int | None) -> None:
    """The scope is read again for each slice; nothing is selected twice, and no slice is larger than its bound."""
    batch = new_batch() if limit is None else new_batch(limit=limit)
    images = [coverage(number, family=number) for number in range(count)]
    taken: list[str] = []
    while not batch.exhausted:
        batch.select(images[::-1])
        assert len(batch.pending) <= SLICE
        taken += [candidate.image.name for candidate in batch.pending]
        batch.pending = []
    expected = [one.image.name for one in images][: limit if limit is not None else count]
    assert taken == expected
    assert batch.selected == len(expected)


def a_plan(outcome: str, reason: str | None = None) -> MigrationPlan:
    return MigrationPlan(outcome=outcome, rule="golden", fingerprint="f" * 64, reason=reason, pace=PACE)


def test_a_dry_run_counts_and_lists_every_plan_and_an_image_that_is_gone() -> None:
    batch = new_batch()
    batch.select([coverage(number, family=number) for number in range(3)])
    first, second, third = list(batch.pending)
    batch.note_plan(first, a_plan("migrate"))
    batch.note_plan(second, a_plan("blocked", "the disk is too large"))
    batch.note_plan(third, None)
    assert batch.counts == {"migrate": 1, "blocked": 1, "skipped": 1}
    assert [result.reason for result in batch.shown] == [
        None,
        "the disk is too large",
        "the managed image does not exist",
    ]
    assert batch.done


def test_the_list_of_results_is_bounded_and_the_counts_are_not() -> None:
    """The state of a batch must not grow with its images."""
    batch = new_batch()
    for number in range(MOST_RESULTS + 5):
        batch.pending = []
        batch.walk, batch.exhausted = Walk(), False
        batch.select([coverage(number)])
        batch.note_plan(batch.pending[0], None)
    assert len(batch.shown) == MOST_RESULTS
    assert batch.counts == {"skipped": MOST_RESULTS + 5}


def test_the_progress_counts_what_waits_and_names_what_runs() -> None:
    batch = new_batch()
    batch.select([coverage(1), coverage(2), coverage(3, category="migrated")])
    start(batch)
    progress = BatchProgress.of(batch)
    assert (progress.selected, progress.waiting, progress.running) == (2, 1, 1)
    assert progress.running_migrations == [migration_id(batch.running[0].candidate.image)]
    assert progress.left_alone == {"migrated": 1}


def test_a_batch_survives_the_durable_boundary_in_its_state() -> None:
    ended = new_batch().ended(BatchState.CANCELLED)
    assert Batch.model_validate(ended.model_dump(mode="json")) == ended


def test_a_migration_with_its_number_takes_little_room_in_the_state() -> None:
    """A batch carries thousands of them from step to step; only a limit of its gallery still needs a definition."""
    for limits, kept in (({}, []), ({"per_gallery": 3}, coverage(1).definitions)):
        batch = new_batch(**limits)
        batch.select([coverage(1)])
        start(batch)
        (running,) = batch.running
        status = status_of(
            running.candidate.image, GALLERIES[0].definition("family-0"), MigrationState.REPLICATING
        )
        batch.note_status(running, status, ended=False)
        state = batch.running[0].model_dump(mode="json")
        assert Batch.model_validate(batch.model_dump(mode="json")).running == batch.running
        assert state.keys() == {"candidate", "numbered"}
        assert [ImageDefinitionId.parse(one) for one in state["candidate"].get("definitions", [])] == kept


def test_the_largest_batch_fits_into_what_every_backend_stores() -> None:
    """The scheduler takes a million bytes (documented); the longest names of resource groups and images come here."""
    group, family = "g" * 86, "f" * 70
    batch = new_batch()
    batch.now = BEGINNING
    for number in range(MOST_RUNNING + SLICE):
        home = number % 2
        image = ImageId.of(SUBSCRIPTIONS[home], f"{group}{number % 7}", f"{family}-{number}")
        definition = GALLERIES[home].definition(f"{family}-{number % 500}")
        candidate = Candidate(image=image, definitions=[definition])
        if number < SLICE:
            batch.pending.append(candidate)
            continue
        batch.note_started(candidate)
        status = status_of(image, definition, MigrationState.REPLICATING)
        status.targets[0].version_id = definition.version(f"1.0.{number}")
        status.next_look = BEGINNING + timedelta(seconds=number)
        batch.note_status(batch.running[-1], status, ended=False)
    for definition in {one for candidate in batch.pending for one in candidate.definitions}:
        batch.looks.note_duration(definition, 428.123456)

    state = batch.model_dump(mode="json")

    assert Batch.model_validate(state) == batch
    assert stored_characters(json.dumps(state)) < LARGEST_SCHEDULER_BYTES / 2


def test_the_state_of_an_earlier_release_is_read() -> None:
    batch = new_batch()
    batch.select([coverage(1), coverage(2, family=1)])
    batch.note_started(batch.pending[0])
    old = batch.model_dump(mode="json")
    for one in old["pending"]:
        one["created_at"] = "2020-01-02T00:00:00Z"
    assert old.keys().isdisjoint({"packed", "looks", "paused_seconds"})
    assert Batch.model_validate(old) == batch


def test_a_release_that_cannot_unpack_takes_all_that_is_left_once_more() -> None:
    """Without the packed fields, a batch is one that has passed no image yet, within what is left of its limit."""
    images = [coverage(number, family=number) for number in range(MOST_PLAIN + 20)]
    batch = new_batch(limit=MOST_PLAIN + 20)
    batch.select([*images, coverage(-1, category="migrated")])
    for candidate in batch.startable()[:15]:
        batch.note_started(candidate)
    state = batch.model_dump(mode="json")
    assert Batch.model_validate(state) == batch
    del state["packed"]
    older = Batch.model_validate(state)
    assert (older.exhausted, older.done, older.room) == (False, False, MOST_PLAIN + 5)
    older.select([one.model_copy(update={"category": "running"}) for one in images[:15]] + images[15:])
    assert older.left_alone == {"running": 15}
    assert [one.image for one in older.pending] == [one.image for one in batch.pending]


def completed_after(seconds: float, candidate: Candidate) -> MigrationStatus:
    """The status of a migration whose version replicated for so long."""
    status = status_of(candidate.image, candidate.definitions[0], MigrationState.REPLICATING)
    status.note(BEGINNING)
    ended = status.ended(End(MigrationState.COMPLETED))
    ended.note(BEGINNING + timedelta(seconds=seconds))
    return ended


def test_of_definitions_that_are_known_the_longest_comes_first_and_an_unknown_one_before_all() -> None:
    """What is started last decides when the batch ends. Within a definition, the oldest stays first."""
    batch = new_batch()
    batch.select([coverage(number, family=number % 3) for number in range(9)])
    assert names(batch) == ["image-0", "image-1", "image-2"]
    for seconds, running in zip((100, 900), batch.startable()[:2], strict=True):
        batch.note_started(running)
        batch.note_status(batch.running[-1], completed_after(seconds, running), ended=True)

    assert names(batch) == ["image-2", "image-4", "image-3"]


def test_only_what_completed_into_one_gallery_says_how_long_a_version_takes() -> None:
    candidate = Candidate(image=coverage(1).image, definitions=coverage(1).definitions)
    completed = completed_after(428, candidate)
    assert replication_seconds(completed) == 428
    two = completed.model_copy(update={"targets": completed.targets * 2})
    assert replication_seconds(two) is None
    assert replication_seconds(completed.model_copy(update={"state": MigrationState.FAILED})) is None
    assert replication_seconds(completed.model_copy(update={"course": []})) is None
