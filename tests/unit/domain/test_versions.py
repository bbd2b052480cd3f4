"""Version numbers: their bounds and order, and which version already holds an image."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.resources.galleries import ImageVersion
from domain.resources.provenance import (
    FINGERPRINT_TAG,
    LONGEST_TAG_VALUE,
    MIGRATION_TAG,
    MOST_TAGS,
    RULE_TAG,
    SOURCE_TAG,
    migration_id,
    version_made_from,
    version_tags,
)
from domain.resources.versions import LARGEST_PART, Version, next_version
from tests.unit.builders import CREATED, NOW, hand_made_version, image, version

TOP = LARGEST_PART
PARTS = st.integers(min_value=0, max_value=TOP)
VERSIONS = st.builds(Version, PARTS, PARTS, PARTS)


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3", "2026.115.83000", f"{TOP}.{TOP}.{TOP}"])
def test_three_integers_of_32_bits_are_a_version(text: str) -> None:
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.-3", " 1.2.3", "1.2.3\n", "1.2.٣", f"1.2.{TOP + 1}"],
)
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a version: it has to be Major\.Minor\.Patch, three integers"
    ):
        Version.parse(text)


@given(VERSIONS)
def test_a_version_survives_its_text(number: Version) -> None:
    assert Version.parse(str(number)) == number


@pytest.mark.parametrize(("lower", "higher"), [("1.9.0", "1.10.0"), ("9.0.0", "10.0.0"), ("1.0.9", "1.0.10")])
def test_versions_are_ordered_as_numbers(lower: str, higher: str) -> None:
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
def test_the_next_patch_carries_where_a_part_is_full(number: str, following: str) -> None:
    assert str(Version.parse(number).next_patch()) == following


def test_after_the_largest_version_comes_none() -> None:
    with pytest.raises(ValueError, match="version"):
        Version(TOP, TOP, TOP).next_patch()


def test_the_first_version_of_a_definition_is_1_0_0() -> None:
    assert str(next_version([])) == "1.0.0"


@given(st.sets(VERSIONS.filter(lambda number: number != (TOP, TOP, TOP)), min_size=1))
def test_the_next_version_is_above_all_that_are_taken(taken: set[Version]) -> None:
    following = next_version(taken)
    assert all(following > number for number in taken)
    assert Version.parse(str(following)) == following


def test_a_version_that_gallerist_made_is_found_by_its_tags() -> None:
    mine = version("1.0.1")
    assert version_made_from(image(), [version("1.0.0", of=image("other")), mine]) is mine


def test_of_two_versions_with_the_same_content_the_higher_one_is_taken() -> None:
    versions = [version("1.9.0"), version("1.10.0"), version("1.2.0")]
    assert version_made_from(image(), versions) is versions[1]


@pytest.mark.parametrize(
    "other",
    [
        version("1.0.0", of=image(created_at=CREATED - timedelta(days=1))),
        version("1.0.0", of=image("other")),
        version("1.0.0", provisioning_state="Deleting"),
        hand_made_version(provisioning_state="Deleting"),
        hand_made_version(source=str(image("other").id)),
        hand_made_version(source=None),
        hand_made_version(published_at=CREATED - timedelta(seconds=1)),
        hand_made_version(published_at=None),
    ],
    ids=[
        "of the image before it was made again",
        "of another image with the same disks",
        "being deleted",
        "by hand, being deleted",
        "by hand, of another image",
        "by hand, of nobody knows what",
        "by hand, older than the image",
        "by hand, of unknown age",
    ],
)
def test_a_version_that_holds_something_else_is_not_adopted(other: ImageVersion) -> None:
    assert version_made_from(image(), [other]) is None


def test_a_version_made_by_hand_after_the_image_was_created_holds_it() -> None:
    by_hand = hand_made_version(
        published_at=CREATED + timedelta(hours=1), source=str(image().id).replace("builds", "BUILDS")
    )
    assert version_made_from(image(), [by_hand]) is by_hand


def test_a_version_made_by_hand_holds_nothing_of_an_image_of_unknown_age() -> None:
    assert version_made_from(image(created_at=None), [hand_made_version()]) is None


def test_a_version_tells_where_it_comes_from() -> None:
    tags = version_tags(image(tags={"team": "web"}), "event 7", "builds", NOW)
    assert tags["team"] == "web"
    assert tags[SOURCE_TAG] == str(image().id)
    assert tags[FINGERPRINT_TAG] == image().fingerprint
    assert tags[MIGRATION_TAG] == migration_id(image().id)
    assert tags[RULE_TAG] == "builds"


def test_tags_that_steer_gallerist_stay_with_the_image() -> None:
    """A version copied from another one must not carry the lineage of its source's source."""
    tagged = image(tags={"gallerist": "migrate", "Gallerist-Fingerprint": "old", "team": "web"})
    assert set(version_tags(tagged, "test", "rule", NOW)) - set(
        version_tags(image(), "test", "rule", NOW)
    ) == {"team"}


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=70),
    st.text(max_size=400),
    st.text(max_size=400),
)
def test_tags_never_exceed_what_a_resource_takes(own: dict[str, str], started_by: str, rule: str) -> None:
    """Documented: fifty tags, values up to 256 characters; the lineage comes before the image's own."""
    tags = version_tags(image(tags=own), started_by, rule, NOW)
    assert len(tags) <= MOST_TAGS
    assert max(len(value) for value in tags.values()) <= LONGEST_TAG_VALUE
    assert tags[FINGERPRINT_TAG] == image().fingerprint
