"""Version numbers: what each strategy derives from an image, and which number the ledger reserves."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.planning.numbering import LARGEST_LEDGER, Numbering, Reservation, number_image, reserve
from domain.policy.sections import Choices
from domain.resources.versions import LARGEST_PART, Version, dated_version
from tests.unit.builders import CREATED, NOW, image

FROM_NAME = r".+-(?P<major>\d+)\.(?P<minor>\d+)(\.(?P<patch>\d+))?"
TOP = LARGEST_PART


def choices(**said: Any) -> Choices:
    return Choices.model_validate(said)


def number_of(name: str = "web-20260115", tags: dict[str, str] | None = None, **said: Any) -> str | None:
    built = image(name, tags=tags or {})
    return number_image(built, choices(**said), None, NOW).number


def test_increment_derives_no_number_from_the_image() -> None:
    assert number_image(image(), choices(version="increment"), None, NOW) == Numbering()
    assert number_image(image(), choices(), None, NOW) == Numbering()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (datetime(2026, 1, 15, 8, 30, 5, tzinfo=UTC), "2026.115.83005"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "2026.1231.235959"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026.101.0"),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2025.1231.230000"),
    ],
)
def test_a_date_is_a_version(moment: datetime, number: str) -> None:
    """`YYYY.MMDD.HHMMSS` in UTC; the parts are numbers, so they have no leading zeros."""
    assert str(dated_version(moment)) == number


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_dated_versions_are_ordered_as_their_dates_and_fit_32_bits(one: datetime, other: datetime) -> None:
    first, second = sorted([one, other])
    assert dated_version(first) <= dated_version(second)
    assert Version.parse(str(dated_version(one))) == dated_version(one)


def test_the_date_is_the_images_creation_or_else_now() -> None:
    dated = choices(version="date")
    assert number_image(image(), dated, None, NOW).number == str(dated_version(CREATED))
    assert number_image(image(created_at=None), dated, None, NOW).number == str(dated_version(NOW))


@pytest.mark.parametrize(
    ("name", "number"),
    [("web-1.2.3", "1.2.3"), ("web-1.2", "1.2.0"), ("web-2026.0115.083000", "2026.115.83000")],
)
def test_the_name_gives_the_number(name: str, number: str) -> None:
    """A group that is not part of the name counts as 0."""
    assert number_of(name, version="from-name", name_pattern=FROM_NAME) == number


def test_the_tag_gives_the_number_in_any_case() -> None:
    tag = {"strategy": "tag", "tag": "Build-Version"}
    assert number_of(tags={"build-version": " 4.5.6 "}, version=tag) == "4.5.6"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            {"version": "from-name", "name_pattern": r"web-(?P<major>\d+)(?P<minor>x)?(?P<patch>y)?"},
            f"the image's name 'web-{TOP + 1}' gives no version: '{TOP + 1}.0.0' is not a version",
        ),
        (
            {"version": {"strategy": "tag", "tag": "build"}},
            "the image has no tag 'build', which should hold its version",
        ),
        (
            {"version": {"strategy": "tag", "tag": "os"}},
            "the image's tag 'os' holds no version: 'linux' is not a version",
        ),
    ],
    ids=["beyond 32 bits", "no tag", "no version in the tag"],
)
def test_an_image_that_holds_no_version_is_refused_with_the_reason(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace(".", r"\.")):
        number_of(f"web-{TOP + 1}", tags={"os": "linux"}, **said)


def test_the_images_version_tag_wins_over_the_policys_strategy() -> None:
    own = number_image(image(), choices(version="date"), "7.0.0", NOW)
    assert own == Numbering(strategy="tag", number="7.0.0")


DATE = Numbering(strategy="date", number="2026.115.83000")
NAME = Numbering(strategy="from-name", number="5.0.0")


@pytest.mark.parametrize(
    ("numbers", "changes", "version"),
    [
        ({}, {"numbering": DATE}, "2026.115.83000"),
        # a later image was migrated first; the earlier one still gets its own date
        ({"b": "2026.201.0"}, {"numbering": DATE, "taken": ["2027.101.0"]}, "2026.115.83000"),
        ({"b": "2026.115.83000"}, {"numbering": DATE, "taken": ["2026.115.83001"]}, "2026.115.83002"),
        ({"a": "2026.115.83001"}, {"numbering": DATE}, "2026.115.83001"),
        ({}, {"numbering": DATE, "preferred": "2026.115.83004"}, "2026.115.83004"),
        ({"b": "2026.115.83004"}, {"numbering": DATE, "preferred": "2026.115.83004"}, "2026.115.83000"),
        ({}, {"numbering": DATE, "wanted": "1.0.0"}, "1.0.0"),
        ({}, {"numbering": NAME}, "5.0.0"),
        ({"a": "1.0.0"}, {"numbering": NAME}, "5.0.0"),
        # the policy's strategy changed; a version that the gallery already has keeps its number
        ({}, {"numbering": NAME, "held": "1.0.0", "taken": ["5.0.0"]}, "1.0.0"),
        ({}, {"numbering": DATE, "held": "1.0.0"}, "1.0.0"),
    ],
)
def test_the_ledger_reserves_this_number(numbers: dict[str, str], changes: Any, version: str) -> None:
    reserved, after = reserve(numbers, Reservation(holder="a", **changes))
    assert (reserved.version, reserved.refused) == (version, None)
    assert after == {**numbers, "a": version}


@pytest.mark.parametrize(
    ("numbering", "reason"),
    [
        (NAME, "version 5.0.0 from the image's name belongs to another image"),
        (
            Numbering(strategy="tag", number="5.0.0"),
            "version 5.0.0 from the image's tag belongs to another image",
        ),
    ],
)
def test_a_number_from_the_images_name_or_tag_is_not_reserved_twice(
    numbering: Numbering, reason: str
) -> None:
    """Neither if the ledger knows the other image, nor if only the gallery does."""
    for numbers, taken in (({"b": "5.0.0"}, []), ({}, ["5.0.0"])):
        reserved, after = reserve(numbers, Reservation(holder="a", numbering=numbering, taken=taken))
        assert (reserved.version, reserved.refused, after) == (None, reason, numbers)


def test_an_image_that_is_a_version_already_gets_no_other_number() -> None:
    """Whoever asks for another number is not told to ask for another number."""
    reserved, after = reserve({}, Reservation(holder="a", held="1.0.0", wanted="0.0.0"))
    assert (reserved.version, after) == (None, {})
    assert reserved.refused == "the image is already version 1.0.0"
    assert reserved.fix is not None
    assert reserved.fix.startswith("leave out 'version' to keep 1.0.0")
    assert "name another definition" in reserved.fix


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ({}, "1.0.0"),
        ({"wanted": "1.0.0"}, "1.0.0"),
        ({"wanted": "1.0.1"}, "1.0.1"),
        ({"numbering": NAME}, "5.0.0"),
        ({"numbering": DATE}, "1.0.0"),
    ],
)
def test_another_number_may_be_asked_for_if_the_version_with_the_content_has_failed(
    asked: dict[str, Any], version: str
) -> None:
    reserved, _ = reserve({"a": "1.0.0"}, Reservation(holder="a", held="1.0.0", held_failed=True, **asked))
    assert (reserved.version, reserved.refused) == (version, None)


@pytest.mark.parametrize("asked", [{"wanted": "5.0.0"}, {"numbering": NAME}])
def test_a_number_of_the_replaced_image_is_free_once_its_version_is_deleted(asked: dict[str, Any]) -> None:
    """Otherwise the number in an image's name could never be used again. The gallery says whether it is in use."""
    former = {"/images/web@one": "5.0.0"}
    reserved, _ = reserve(former, Reservation(holder="/images/web@two", **asked))
    assert reserved.version == "5.0.0"
    taken, _ = reserve(former, Reservation(holder="/images/web@two", taken=["5.0.0"], **asked))
    assert taken.refused is not None
    other, _ = reserve(former, Reservation(holder="/images/db@one", **asked))
    assert other.refused is not None


def test_a_number_of_the_replaced_image_is_not_given_to_another_content_by_itself() -> None:
    reserved, _ = reserve({"/images/web@one": "1.0.0"}, Reservation(holder="/images/web@two"))
    assert reserved.version == "1.0.1"


def test_every_refusal_says_what_to_do() -> None:
    for request in (
        Reservation(holder="a", wanted="1.0.0", taken=["1.0.0"]),
        Reservation(holder="a", numbering=NAME, taken=["5.0.0"]),
        Reservation(holder="a", taken=[f"{TOP}.{TOP}.{TOP}"]),
        Reservation(holder="a", held="1.0.0", wanted="1.0.1"),
    ):
        reserved, _ = reserve({}, request)
        assert reserved.refused is not None
        assert reserved.fix is not None


def test_nothing_is_reserved_after_the_largest_version() -> None:
    reserved, after = reserve({}, Reservation(holder="a", taken=[f"{TOP}.{TOP}.{TOP}"]))
    assert (reserved.version, after) == (None, {})
    assert reserved.refused == f"there is no version number after {TOP}.{TOP}.{TOP}"


NUMBERS = st.sampled_from([f"1.{minor}.{patch}" for minor in range(2) for patch in range(3)])
NUMBERINGS = st.builds(
    lambda strategy, number: Numbering(strategy=strategy, number=None if strategy == "increment" else number),
    st.sampled_from(["increment", "date", "from-name", "tag"]),
    NUMBERS,
)
RESERVATIONS = st.builds(
    Reservation,
    holder=st.sampled_from("abcd"),
    numbering=NUMBERINGS,
    preferred=st.none() | NUMBERS,
    taken=st.lists(NUMBERS, max_size=3),
)


@given(st.lists(RESERVATIONS, max_size=12))
def test_no_two_images_share_a_number_whatever_the_strategies(requests: list[Reservation]) -> None:
    numbers: dict[str, str] = {}
    for request in requests:
        reserved, numbers = reserve(numbers, request)
        assert len(set(numbers.values())) == len(numbers)
        if reserved.version is not None:
            assert reserved.version not in request.taken
            assert request.numbering.only in (None, reserved.version)


@given(st.lists(st.sampled_from("abcdef"), unique=True, min_size=2))
def test_increment_numbers_are_in_the_order_of_the_requests(holders: list[str]) -> None:
    """A batch that starts with the oldest image keeps the order of the images."""
    numbers: dict[str, str] = {}
    for holder in holders:
        _, numbers = reserve(numbers, Reservation(holder=holder))
    given = [Version.parse(numbers[holder]) for holder in holders]
    assert given == sorted(given)


@pytest.mark.parametrize("taken", [["gold", "1.0", "1.0.4"], ["1.0.4", "latest", "1.0.5-rc1"]])
def test_names_that_are_no_numbers_are_in_nobodys_way(taken: list[str]) -> None:
    """Others may have made such versions, and the ledger may have one that an image was found under."""
    request = Reservation(holder="/image", taken=taken, preferred="gold")
    reserved, numbers = reserve({"/other": "silver"}, request)
    assert reserved.version == "1.0.5"
    assert numbers == {"/other": "silver", "/image": "1.0.5"}
    again, _ = reserve(numbers, Reservation(holder="/image", held="gold", taken=taken))
    assert again.version == "gold"


# as large as the ledger may be
FULL = {f"{'x' * 200}{number}": f"1.0.{number}" for number in range(3_600)}


def test_a_large_ledger_forgets_the_oldest_numbers_that_the_gallery_shows() -> None:
    """The Durable Task Scheduler takes a state of 1 MB, and the gallery shows whose content a version is."""
    assert len(json.dumps(json.dumps(FULL))) > LARGEST_LEDGER
    taken = [f"1.0.{number}" for number in range(100, 3_600)]
    reserved, after = reserve(FULL, Reservation(holder="a", taken=taken))
    assert (reserved.version, after["a"]) == ("1.0.3600", "1.0.3600")
    assert len(json.dumps(json.dumps(after))) <= LARGEST_LEDGER
    kept = [int(number.rpartition(".")[2]) for number in after.values()]
    assert kept[:100] == list(range(100)), "the gallery does not show these"
    assert kept[100:] == list(range(kept[100], 3_601))
    again, _ = reserve(after, Reservation(holder="b", taken=taken))
    assert again.version == "1.0.3601"


def test_a_ledger_of_numbers_that_no_gallery_shows_refuses_another() -> None:
    reserved, after = reserve(FULL, Reservation(holder="a"))
    assert (reserved.version, reserved.refused) == (
        None,
        "the ledger of the definition's version numbers is full",
    )
    assert reserved.fix == "name another definition with 'definition' in the request"
    assert after == FULL
