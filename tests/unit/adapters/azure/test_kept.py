"""Lists that many callers share: how old one may be, by ARM's own clock."""

from datetime import UTC, datetime

from adapters.azure.arm import ArmClock, Page
from adapters.azure.kept import KeptLists, Source

LIST: Source[str] = Source("s", "/things", "/things", "thing", str)


class Reader:
    """Answers with one page, and counts."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reads = 0

    async def page(self, subscription: str, url: str) -> Page:
        self.reads += 1
        return Page({"value": [f"{subscription}{url} {self.reads}"]})


def lists() -> tuple[Reader, KeptLists]:
    reader = Reader()
    return reader, KeptLists(reader, lambda: reader.now)


async def test_a_list_is_read_once_for_all_who_take_one_of_that_age() -> None:
    reader, kept = lists()
    first = await kept.whole(LIST, 60)
    reader.now += 50
    assert await kept.whole(LIST, 60) == first
    reader.now += 11
    assert await kept.whole(LIST, 60) != first


async def test_a_shared_list_grows_old_by_the_clock_of_its_users() -> None:
    """How long the reading itself takes on this machine decides nothing."""
    reader, kept = lists()
    first = await kept.shared(LIST, 5000, 30)
    reader.now += 3600
    assert await kept.shared(LIST, 5030, 30) == first
    assert await kept.shared(LIST, 4990, 30) == first
    assert await kept.shared(LIST, 5031, 30) != first
    assert await kept.shared(LIST, 5031, 30) != first
    assert reader.reads == 2


async def test_with_no_seconds_a_list_is_read_anew() -> None:
    reader, kept = lists()
    await kept.whole(LIST, 0)
    await kept.whole(LIST, 0)
    assert reader.reads == 2


async def test_a_list_that_was_begun_before_the_moment_is_read_again() -> None:
    """What happened since may be missing from it."""
    reader, kept = lists()
    await kept.whole(LIST, 60)
    reader.now += 2
    await kept.whole(LIST, 60, since=1001)
    assert reader.reads == 2
    await kept.whole(LIST, 60, since=1001)
    assert reader.reads == 2


async def test_a_list_is_as_old_as_its_answer_says() -> None:
    """After a long silence, only the answer tells how much time has passed."""

    class Late(Reader):
        async def page(self, subscription: str, url: str) -> Page:
            self.now += 3600
            return await super().page(subscription, url)

    reader = Late()
    kept = KeptLists(reader, lambda: reader.now)
    await kept.whole(LIST, 60)
    await kept.whole(LIST, 60)
    assert reader.reads == 1


async def test_a_moment_that_is_yet_to_come_is_read_once() -> None:
    """The host's clock may be ahead of ARM's."""
    reader, kept = lists()
    await kept.whole(LIST, 60, since=5000)
    assert reader.reads == 1


async def test_what_this_process_wrote_is_in_the_list_that_it_keeps() -> None:
    reader, kept = lists()
    kept.of(LIST).add("too early")
    first = await kept.whole(LIST, 60)
    kept.of(LIST).add("mine")
    assert await kept.whole(LIST, 60) == [*first, "mine"]
    assert reader.reads == 1


def at(second: int) -> datetime:
    return datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)


def test_arms_clock_is_that_of_its_answers_and_goes_on_between_them() -> None:
    here = [50.0]
    clock = ArmClock(lambda: here[0])
    assert clock.now() == 0
    clock.note(at(0))
    here[0] += 7
    assert clock.now() == at(7).timestamp()


def test_arms_clock_jumps_forward_and_never_back() -> None:
    clock = ArmClock(lambda: 50.0)
    for date in (at(0), at(30), at(10), None):
        clock.note(date)
    assert clock.now() == at(30).timestamp()
