"""How fast a batch starts migrations: faster while Azure lets them through, slower where it does not, and fairly."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.batches import READ_AFTER, Batch
from domain.fleet.definition_looks import Told
from domain.fleet.start_pace import (
    CAREFUL_STEP,
    FIRST_WINDOW,
    LARGEST_WINDOW,
    LEAST_LOOK_GROWTH,
    LONGEST_LOOK_SECONDS,
    MOST_RUNNING,
    SECONDS_WHILE_STARTING,
    SHORTEST_LOOK_SECONDS,
    SMALLEST_WINDOW,
    StartPace,
    in_turns,
    look_seconds,
)
from domain.migration.states import MigrationState
from domain.resources.galleries import VersionStates
from domain.resources.provenance import migration_id
from domain.results import CurrentWait
from tests.unit.builders import definition_id
from tests.unit.domain.fleet.test_batches import BEGINNING, coverage, names, new_batch, start, status_of


def test_the_window_grows_while_nothing_is_throttled_and_is_halved_where_something_is() -> None:
    pace = StartPace()
    faster = pace.after(starting=FIRST_WINDOW, throttled=0)
    assert faster.window == 2 * FIRST_WINDOW
    assert faster.after(starting=100, throttled=1).window == 50
    halved = faster.after(starting=100, throttled=1)
    assert halved.after(starting=50, throttled=0).window == 50 + CAREFUL_STEP
    # a window that was not used says nothing
    assert faster.after(starting=3, throttled=0).window == faster.window


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50))))
def test_the_window_stays_within_its_bounds(steps: list[tuple[int, int]]) -> None:
    pace = StartPace()
    for starting, throttled in steps:
        pace = pace.after(starting, throttled)
        assert SMALLEST_WINDOW <= pace.window <= LARGEST_WINDOW


def test_what_replicates_takes_no_room_until_the_batch_would_grow_too_large() -> None:
    assert StartPace().room(starting=10, running=500) == FIRST_WINDOW - 10
    assert StartPace().room(starting=0, running=MOST_RUNNING - 1) == 1
    assert StartPace().room(starting=0, running=MOST_RUNNING + 1) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())))
def test_turns_keep_the_order_of_each_key_and_lose_nothing(values: list[tuple[str, int]]) -> None:
    taken = list(in_turns(values, key=lambda value: value[0]))
    for key in "abc":
        assert [value for value in taken if value[0] == key] == [value for value in values if value[0] == key]
    # no key comes twice before another that is still left
    for index, (key, _) in enumerate(taken[:-1]):
        left = {other for other, _ in taken[index + 1 :]}
        assert taken[index + 1][0] != key or left == {key}


def test_one_subscription_with_the_oldest_images_does_not_keep_the_others_waiting() -> None:
    batch = new_batch()
    batch.select([coverage(number, family=number, home=int(number > 2)) for number in range(6)])
    assert names(batch) == ["image-0", "image-3", "image-1", "image-4", "image-2", "image-5"]


def throttled_batch() -> Batch:
    """A batch of which Azure throttles one migration that has no version yet."""
    batch = new_batch()
    batch.now = BEGINNING
    batch.select([coverage(number, family=number) for number in range(120)])
    start(batch)
    first = batch.running[0]
    status = status_of(first.candidate.image, None, MigrationState.PLANNED)
    status.waiting_for = CurrentWait(reason="busy", until=BEGINNING, throttled=True)
    batch.note_status(first, status, ended=False)
    return batch


def test_a_batch_that_is_throttled_waits_and_starts_fewer() -> None:
    batch = throttled_batch()
    assert len(batch.running) == FIRST_WINDOW
    before = batch.pause_seconds
    batch.note_pace()
    assert batch.pace.window == FIRST_WINDOW // 2
    assert batch.pause_seconds > before
    assert batch.startable() == []


def test_one_that_is_still_put_off_slows_the_batch_once() -> None:
    batch = throttled_batch()
    batch.note_pace()
    first = batch.running[0]
    status = status_of(first.candidate.image, None, MigrationState.PLANNED)
    status.waiting_for = CurrentWait(reason="busy", until=BEGINNING, throttled=True)
    batch.note_status(first, status, ended=False)
    before = batch.pace.window
    batch.note_pace()
    assert batch.pace.window > before
    status.waiting_for = CurrentWait(reason="busy", until=BEGINNING + timedelta(minutes=1), throttled=True)
    batch.note_status(first, status, ended=False)
    batch.note_pace()
    assert batch.pace.throttled


def test_migrations_that_replicate_are_looked_at_from_time_to_time_only() -> None:
    batch = throttled_batch()
    assert len(batch.to_look_at()) == FIRST_WINDOW
    for one in batch.running[1:]:
        one.numbered = True
    batch.now = BEGINNING + timedelta(seconds=5)
    assert batch.to_look_at() == [batch.running[0]]
    batch.now = BEGINNING + timedelta(seconds=35)
    assert len(batch.to_look_at()) == FIRST_WINDOW


def replicating_batch() -> Batch:
    """A batch whose migrations replicate; Azure says when the first one is done, the others look in 90 seconds."""
    batch = throttled_batch()
    for number, one in enumerate(batch.running):
        status = status_of(one.candidate.image, definition_id(), MigrationState.REPLICATING)
        status.targets[0].version_id = definition_id().version(f"1.0.{number}")
        status.next_look = BEGINNING + timedelta(seconds=90) if number else None
        batch.note_status(one, status, ended=False)
    batch.pending = []
    return batch


def test_a_migration_has_no_news_before_it_looks_itself_or_is_told_to() -> None:
    batch = replicating_batch()
    first, second, *others = batch.running
    assert batch.starting == 0
    batch.now = BEGINNING + timedelta(seconds=35)
    assert batch.to_look_at() == [first]
    batch.note_told([Told(migration_id(second.candidate.image), BEGINNING)])
    assert batch.to_look_at() == [second]
    batch.now = BEGINNING + READ_AFTER
    assert batch.to_look_at() == [first, second, *others]


def test_a_batch_looks_at_the_versions_that_azure_says_nothing_of() -> None:
    batch = replicating_batch()
    assert batch.definitions_to_look_at() == []
    batch.now = BEGINNING + timedelta(seconds=90)
    assert batch.definitions_to_look_at() == [definition_id()]
    # all but the first, of which Azure says something
    assert len(batch.looks.known[definition_id().key].awaited) == FIRST_WINDOW - 1


def test_a_batch_waits_for_its_next_look_and_shortly_for_what_the_last_ones_were_told() -> None:
    batch = replicating_batch()
    batch.now = BEGINNING + timedelta(seconds=70)
    # Azure's word about the first one may come at any time
    assert batch.pause_seconds == SHORTEST_LOOK_SECONDS
    del batch.running[0]
    assert batch.pause_seconds == 20
    batch.now = BEGINNING + timedelta(seconds=89)
    assert batch.pause_seconds == SHORTEST_LOOK_SECONDS
    batch.note_told([Told(migration_id(one.candidate.image), BEGINNING) for one in batch.running])
    assert batch.pause_seconds == SECONDS_WHILE_STARTING


def test_a_migration_that_was_told_too_early_is_awaited_again_from_its_next_look() -> None:
    """A list may not have what was just written (reported by users)."""
    batch = replicating_batch()
    batch.now = BEGINNING + timedelta(seconds=90)
    told = batch.looks.take_in(definition_id(), VersionStates({}, 1), batch.now)
    batch.note_told(told)
    assert (len(told), batch.looks.next_due) == (FIRST_WINDOW - 1, None)
    one = batch.running[1]
    status = status_of(one.candidate.image, definition_id(), MigrationState.REPLICATING)
    status.next_look = BEGINNING + timedelta(seconds=150)
    batch.note_status(one, status, ended=False)
    assert (one.told, batch.looks.next_due) == (False, status.next_look)


def test_a_version_that_is_proved_or_whose_target_has_ended_is_not_looked_at() -> None:
    batch = throttled_batch()
    for state in (MigrationState.VERIFYING, MigrationState.COMPLETED):
        status = status_of(batch.running[0].candidate.image, definition_id(), MigrationState.REPLICATING)
        status.next_look, status.targets = BEGINNING, [status.targets[0].moved(state)]
        batch.note_status(batch.running[0], status, ended=False)
    assert batch.looks.known == {}


def test_the_looks_at_what_replicates_become_rarer() -> None:
    waits = [look_seconds(seconds, 1000) for seconds in (0, 200, 428, 1005, 20_000)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (SHORTEST_LOOK_SECONDS, LONGEST_LOOK_SECONDS)


def test_the_looks_at_the_last_ones_become_more_frequent() -> None:
    """The batch ends with the last of them: it is seen within a fiftieth of its time."""
    waits = [look_seconds(1000, running) for running in (1000, 100, 50, 1)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == 1000 * LEAST_LOOK_GROWTH
