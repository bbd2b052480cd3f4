"""Provenance: the tags of a version, and how an image's version is recognised by them."""

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
from tests.unit.builders import CREATED, NOW, definition_id, hand_made_version, image, version


def test_a_version_that_gallerist_created_is_recognised_by_its_tags() -> None:
    mine = version("1.0.1")
    assert version_made_from(image(), [version("1.0.0", of=image("other")), mine]) is mine


def test_the_highest_version_with_the_content_is_returned() -> None:
    versions = [version("1.9.0"), version("1.10.0"), version("1.2.0")]
    assert version_made_from(image(), versions) is versions[1]


def test_a_version_whose_name_is_no_number_counts_after_all_numbers() -> None:
    """Somebody else named it; it holds the content all the same."""
    odd = version(id=definition_id().version("gold"))
    assert version_made_from(image(), [odd, version("1.0.0")]) == version("1.0.0")
    assert version_made_from(image(), [odd, version("1.0.0", of=image("other"))]) is odd


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
        "of the image before it was created again",
        "of another image with the same disks",
        "being deleted",
        "by hand, being deleted",
        "by hand, of another image",
        "by hand, of an unknown source",
        "by hand, older than the image",
        "by hand, of unknown age",
    ],
)
def test_a_version_with_other_content_is_not_recognised(other: ImageVersion) -> None:
    assert version_made_from(image(), [other]) is None


def test_a_version_made_by_hand_after_the_image_was_created_holds_it() -> None:
    by_hand = hand_made_version(
        published_at=CREATED + timedelta(hours=1), source=str(image().id).replace("builds", "BUILDS")
    )
    assert version_made_from(image(), [by_hand]) is by_hand


def test_a_version_created_by_hand_is_not_recognised_if_the_images_age_is_unknown() -> None:
    assert version_made_from(image(created_at=None), [hand_made_version()]) is None


def test_the_tags_of_a_version_say_where_it_came_from() -> None:
    tags = version_tags(image(tags={"team": "web"}), "event 7", "builds", NOW)
    assert tags["team"] == "web"
    assert tags[SOURCE_TAG] == str(image().id)
    assert tags[FINGERPRINT_TAG] == image().fingerprint
    assert tags[MIGRATION_TAG] == migration_id(image().id)
    assert tags[RULE_TAG] == "builds"


def test_the_images_gallerist_tags_are_not_copied_to_the_version() -> None:
    """A version that is copied from another one must not have the provenance of its source's source."""
    tagged = image(tags={"gallerist": "migrate", "Gallerist-Fingerprint": "old", "team": "web"})
    assert set(version_tags(tagged, "test", "rule", NOW)) - set(
        version_tags(image(), "test", "rule", NOW)
    ) == {"team"}


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=70),
    st.text(max_size=400),
    st.text(max_size=400),
)
def test_the_tags_stay_within_the_limits_of_a_resource(
    own: dict[str, str], started_by: str, rule: str
) -> None:
    """Documented: fifty tags, values up to 256 characters; the provenance goes before the image's own tags."""
    tags = version_tags(image(tags=own), started_by, rule, NOW)
    assert len(tags) <= MOST_TAGS
    assert max(len(value) for value in tags.values()) <= LONGEST_TAG_VALUE
    assert tags[FINGERPRINT_TAG] == image().fingerprint
