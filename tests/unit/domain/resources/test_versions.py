"""Version numbers: their bounds, their order, and the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NoVersionLeftError
from domain.resources.versions import LARGEST_PART, Version, next_version

TOP = LARGEST_PART
PARTS = st.integers(min_value=0, max_value=TOP)
VERSIONS = st.builds(Version, PARTS, PARTS, PARTS)


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3", "2026.115.83000", f"{TOP}.{TOP}.{TOP}"])
def test_three_31_bit_integers_are_a_version(text: str) -> None:
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.-3", " 1.2.3", "1.2.3\n", "1.2.٣", f"1.2.{TOP + 1}"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version: use Major\.Minor\.Patch, three integers"):
        Version.parse(text)


@given(VERSIONS)
def test_a_version_is_the_same_after_formatting_and_parsing(number: Version) -> None:
    assert Version.parse(str(number)) == number


@pytest.mark.parametrize(("lower", "higher"), [("1.9.0", "1.10.0"), ("9.0.0", "10.0.0"), ("1.0.9", "1.0.10")])
def test_versions_are_ordered_by_number_not_by_text(lower: str, higher: str) -> None:
    assert Version.parse(lower) < Version.parse(higher)


@pytest.mark.parametrize(
    ("number", "following"),
    [
        ("1.0.0", "1.0.1"),
        (f"1.0.{TOP}", "1.1.0"),
        (f"1.{TOP}.{TOP}", "2.0.0"),
        (f"{TOP}.{TOP}.{TOP - 1}", f"{TOP}.{TOP}.{TOP}"),
    ],
)
def test_the_next_patch_carries_over_at_the_largest_part(number: str, following: str) -> None:
    assert str(Version.parse(number).next_patch()) == following


def test_the_largest_version_has_no_successor() -> None:
    with pytest.raises(NoVersionLeftError, match=rf"^there is no version number after {TOP}\.{TOP}\.{TOP}$"):
        Version(TOP, TOP, TOP).next_patch()


def test_the_first_version_of_a_definition_is_1_0_0() -> None:
    assert str(next_version([])) == "1.0.0"


@given(st.sets(VERSIONS.filter(lambda number: number != (TOP, TOP, TOP)), min_size=1))
def test_the_next_version_is_higher_than_every_taken_one(taken: set[Version]) -> None:
    following = next_version(taken)
    assert all(following > number for number in taken)
    assert Version.parse(str(following)) == following
