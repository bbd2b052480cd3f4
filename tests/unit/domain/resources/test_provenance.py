"""Provenance: the tags of a version, and how an image's version is recognised by them."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from domain.resources.provenance import (
    FINGERPRINT_TAG,
    GROUP_TAG,
    LONGEST_TAG_VALUE,
    MIGRATION_TAG,
    MOST_TAGS,
    RULE_TAG,
    SOURCE_TAG,
    definition_tags,
    made_by_gallerist,
    migration_id,
    version_ids_made_from,
    version_made_from,
    version_tags,
    versions_apart_by_time,
)
from tests.unit.builders import (
    CREATED,
    GROUP,
    NOW,
    OTHER_GALLERY,
    THIRD_GALLERY,
    definition,
    definition_id,
    disk,
    hand_made_version,
    image,
    version,
)


def dated(made: ImageVersion, of: ManagedImage) -> ImageVersion:
    """The version as an earlier release tagged it: with a fingerprint that includes the creation time."""
    return made.model_copy(update={"tags": made.tags | {FINGERPRINT_TAG: of.dated_fingerprint}})


def copy_of(number: str, within: GalleryId = OTHER_GALLERY, **changes: Any) -> ImageVersion:
    """A version in a further gallery, copied from the first gallery's version 1.0.0."""
    source = str(definition_id().version("1.0.0"))
    return version(
        number, **{"id": definition_id(within=within).version(number), "source": source, **changes}
    )


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
        version("1.0.0", published_at=CREATED - timedelta(days=1)),
        version("1.0.0", of=image(os_disk=disk("another"))),
        version("1.0.0", source=str(image("other").id)),
        copy_of("1.0.0", tags={}),
        copy_of("1.0.0", published_at=CREATED - timedelta(days=1)),
        dated(version("1.0.0"), image(created_at=CREATED - timedelta(days=1))),
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
        "with other content",
        "with copied tags, of another source",
        "a copy of an unknown version, without tags",
        "a copy made before the image was created",
        "by an earlier release, of the image before it was created again",
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


@pytest.mark.parametrize("state", ["Succeeded", "Creating", "Updating"])
def test_a_version_that_works_is_better_than_a_higher_one_that_failed(state: str) -> None:
    good = version("1.0.0", provisioning_state=state)
    for failed in (version("1.0.1"), hand_made_version("1.0.1", published_at=NOW)):
        failed.provisioning_state = "Failed"
        assert version_made_from(image(), [good, failed]) is good


def test_a_version_that_succeeded_is_better_than_a_higher_one_that_is_being_made() -> None:
    good = version("1.0.0")
    assert version_made_from(image(), [good, version("1.0.1", provisioning_state="Creating")]) is good


def test_a_failed_version_counts_if_gallerist_made_it_and_there_is_no_better_one() -> None:
    mine = version("1.0.0", provisioning_state="Failed")
    theirs = hand_made_version("1.0.1", provisioning_state="Failed", published_at=NOW)
    assert version_made_from(image(), [mine, theirs]) is mine
    assert version_made_from(image(), [theirs]) is None


def test_a_version_whose_tags_were_removed_is_recognised_by_its_source_and_its_age() -> None:
    """Reported by users: tag policies and clean-ups replace the tags of resources."""
    stripped = version("1.0.0", tags={"owner": "platform"})
    assert version_made_from(image(), [stripped]) is stripped


def test_a_version_without_the_tag_of_its_migration_is_recognised_by_its_source() -> None:
    tags = version_tags(image(), "test", "a rule", NOW)
    del tags[MIGRATION_TAG]
    kept = version("1.0.0", tags=tags)
    assert version_made_from(image(), [kept]) is kept


def test_a_version_of_an_earlier_release_is_recognised_by_its_dated_fingerprint() -> None:
    mine = dated(version("1.0.0"), image())
    assert version_made_from(image(), [mine]) is mine


def test_a_copy_in_another_gallery_is_recognised_by_its_source() -> None:
    """Without tags, by the version that it was copied from; with them, also if that one is not known any more."""
    first = version("1.0.0")
    stripped, tagged = copy_of("1.0.0", tags={}), copy_of("1.0.0")
    assert version_made_from(image(), [stripped], [first.id]) is stripped
    assert version_made_from(image(), [tagged]) is tagged


def test_copies_of_copies_are_found_in_whatever_order_the_galleries_come() -> None:
    first = version("1.0.0", tags={})
    second = copy_of("1.0.0", tags={})
    third = copy_of("3.0.0", within=THIRD_GALLERY, tags={}, source=str(second.id).upper())
    for order in permutations([[third], [second], [first]]):
        assert version_ids_made_from(image(), order) == {first.id, second.id, third.id}
    assert version_ids_made_from(image(), [[third], [second]]) == set()


def test_an_image_that_is_not_listed_is_recognised_by_its_content() -> None:
    mine = version("1.0.0")
    assert version_made_from(image(created_at=None), [mine]) is mine


def test_only_the_time_tells_an_image_apart_that_was_created_again_from_the_same_disks() -> None:
    again = image(created_at=CREATED + timedelta(hours=1))
    older = [version("1.0.0"), hand_made_version("1.0.1")]
    other = version("1.0.2", of=image(os_disk=disk("another")))
    assert versions_apart_by_time(again, [*older, other]) == older
    assert versions_apart_by_time(image(), [*older, other]) == []
    assert versions_apart_by_time(image(created_at=None), [*older, other]) == []


def test_what_gallerist_made_carries_its_tags() -> None:
    assert made_by_gallerist(version())
    assert made_by_gallerist(definition(tags=definition_tags(image(), "builds", NOW, {}, owned=True)))
    assert not made_by_gallerist(hand_made_version())
    assert not made_by_gallerist(definition(tags={"team": "web"}))


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


CHOSEN = {"costCenter": "4711"}


def test_a_version_has_the_policys_tags_before_the_images() -> None:
    """The names of tags ignore case, so a resource cannot have both."""
    tags = version_tags(image(tags={"CostCenter": "0", "team": "web"}), "test", "rule", NOW, CHOSEN)
    assert (tags["costCenter"], tags["team"], "CostCenter" in tags) == ("4711", "web", False)


@pytest.mark.parametrize("owned", [True, False])
def test_a_definition_has_the_tags_of_its_first_version_and_its_owner(owned: bool) -> None:
    """What Azure Policy requires of the version, it requires of the definition."""
    tags = definition_tags(image(tags={"team": "web"}), "builds", NOW, CHOSEN, owned=owned)
    assert (tags["team"], tags["costCenter"], tags[RULE_TAG]) == ("web", "4711", "builds")
    assert tags.get(GROUP_TAG) == (GROUP if owned else None)
    assert FINGERPRINT_TAG not in tags


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=70),
    st.dictionaries(st.sampled_from("abcdefgh"), st.text(max_size=300), max_size=8),
)
def test_a_definitions_tags_stay_within_the_limits(own: dict[str, str], chosen: dict[str, str]) -> None:
    """The policy's tags always fit: an organization requires them."""
    tags = definition_tags(image(tags=own), "rule", NOW, chosen, owned=True)
    assert len(tags) <= MOST_TAGS
    assert max(len(value) for value in tags.values()) <= LONGEST_TAG_VALUE
    assert chosen.keys() <= tags.keys()


def test_a_definition_read_from_an_older_message_keeps_its_security_type() -> None:
    """A migration that runs during an update of the app was planned by the older version."""
    dumped = definition().model_dump(mode="json") | {"security_type": "TrustedLaunchSupported"}
    del dumped["features"]
    read = ImageDefinition.model_validate(dumped)
    assert read.features == {"SecurityType": "TrustedLaunchSupported"}
