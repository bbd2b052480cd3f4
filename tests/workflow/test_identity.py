"""The identity of an image: a changed tag is no new version, changed content is one, and the gallery records both."""

from datetime import timedelta
from typing import Any

from domain.about import VERSION
from local.arm import call_arm, delete_image
from tests.workflow.estate import GALLERY, Estate, an_image


def test_a_changed_image_tag_writes_nothing_to_the_gallery(estate: Estate) -> None:
    """A tag update raises the same event as a creation; the migration adopts the existing version."""
    image = estate.write(an_image("retagged"))
    first = estate.ended(image)
    before = estate.writes("images/retagged")

    estate.write(an_image("retagged", tags={"owner": "somebody else"}))
    again = estate.eventually(lambda: _outcome(estate, image, "adopted"))

    assert again["state"] == "completed"
    assert again["targets"][0]["version_id"] == first["targets"][0]["version_id"]
    # the definition and the version were written once each, the image twice
    assert [_gallery_writes(before), _gallery_writes(estate.writes("images/retagged"))] == [2, 2]


def test_a_recreated_image_becomes_a_new_version(estate: Estate) -> None:
    """The name and the disks are the same; the creation time shows that it is another image."""
    image = estate.write(an_image("recreated"))
    first = estate.ended(image)

    delete_image(estate.stack, image)
    # nobody deletes and creates an image within the second in which the list of creation times was read
    estate.stack.let_pass(timedelta(seconds=5))
    estate.write(an_image("recreated"))
    second = estate.eventually(lambda: _with_version(estate, image, "1.0.1"))

    assert second["state"] == "completed"
    # the fingerprint is that of the content
    assert second["fingerprint"] == first["fingerprint"]
    assert sorted(estate.versions("recreated")) == ["1.0.0", "1.0.1"]


def test_the_tags_of_a_version_record_where_it_comes_from(estate: Estate) -> None:
    image = estate.write(an_image("traced", tags={"team": "web"}))
    migration = estate.ended(image)

    tags = estate.versions("traced")["1.0.0"]["tags"]

    assert tags["gallerist-created"].endswith("+00:00")
    assert tags["gallerist-started-by"].startswith("event ")
    expected = {
        "team": "web",
        "gallerist-source": image,
        "gallerist-fingerprint": migration["fingerprint"],
        "gallerist-migration": migration["id"],
        "gallerist-rule": "defaults",
        "gallerist-release": VERSION,
    }
    assert tags == tags | expected
    assert set(tags) == {*expected, "gallerist-created", "gallerist-started-by"}


def test_without_the_task_hub_versions_are_adopted_and_numbers_not_reused(own_estate: Estate) -> None:
    """The gallery is the ledger: its tags identify each image, and its numbers count as taken."""
    estate = own_estate
    images = [estate.write(an_image(f"family-{build}")) for build in (1, 2)]
    for image in images:
        estate.start(image)
        assert estate.ended(image)["state"] == "completed"
    written = estate.versions("family")
    before = estate.writes("galleries/golden")

    estate.stack.kill_host()
    for file in estate.stack.folder.glob("taskhub.sqlite*"):
        file.unlink()
    estate.stack.start_host()

    assert estate.migration(images[0]) is None
    for image in images:
        estate.start(image)
        assert _outcome(estate, image, "adopted")
    assert estate.writes("galleries/golden") == before
    assert estate.versions("family") == written
    third = estate.write(an_image("family-3"))
    estate.start(third)
    assert estate.ended(third)["targets"][0]["version"] == "1.0.2"


def _outcome(estate: Estate, image: str, outcome: str) -> dict[str, Any] | None:
    migration = estate.ended(image)
    return migration if migration["targets"][0]["outcome"] == outcome else None


def _with_version(estate: Estate, image: str, number: str) -> dict[str, Any] | None:
    migration = estate.ended(image)
    return migration if migration["targets"][0]["version"] == number else None


def _gallery_writes(entries: list[dict[str, Any]]) -> int:
    return sum("/galleries/" in entry["path"] for entry in entries)


def test_the_version_of_a_packer_build_that_writes_both_is_adopted(estate: Estate) -> None:
    """Packer's `azure-arm` makes its version from the managed image, with the tags of the build (its source)."""
    estate.stack.control("POST", "events", {"lose_next": 1})
    image = estate.write(an_image("built-twice", tags={"team": "web"}))
    definition = f"{GALLERY}/images/built-twice"
    identifier = {"publisher": "contoso", "offer": "built", "sku": "twice"}
    documents = (
        (
            definition,
            {"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V1", "identifier": identifier},
        ),
        (
            f"{definition}/versions/2026.11.27",
            {
                "storageProfile": {"source": {"id": image}},
                "publishingProfile": {"targetRegions": [{"name": "eastus2"}]},
            },
        ),
    )
    for id_, properties in documents:
        body = {"location": "eastus2", "tags": {"team": "web"}, "properties": properties}
        call_arm(estate.stack, "PUT", id_, body).raise_for_status()
        estate.stack.let_pass(timedelta(hours=1))

    estate.start(image)
    ended = estate.ended(image)

    assert ended["state"] == "completed", ended["reason"]
    assert ended["targets"][0]["outcome"] == "updated", "it gets the regions that it lacks"
    assert list(estate.versions("built-twice")) == ["2026.11.27"]
