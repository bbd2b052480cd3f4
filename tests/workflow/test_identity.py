"""Which image a version holds: a tag changes nothing, a new content is a new version, and the gallery remembers."""

from typing import Any

from local.arm import delete_image
from tests.workflow.estate import Estate, an_image, eventually


def test_a_retagged_image_does_nothing(estate: Estate) -> None:
    """Tagging raises the same event as making: the version that is there is found, and nothing is written."""
    image = estate.write(an_image("retagged"))
    first = estate.ended(image)
    before = estate.writes("images/retagged")

    estate.write(an_image("retagged", tags={"owner": "somebody else"}))
    again = eventually(lambda: _outcome(estate, image, "adopted"))

    assert again["state"] == "completed"
    assert again["targets"][0]["version_id"] == first["targets"][0]["version_id"]
    # the definition and the version were written once each, the image twice
    assert [_gallery_writes(before), _gallery_writes(estate.writes("images/retagged"))] == [2, 2]


def test_an_image_that_is_made_anew_becomes_a_new_version(estate: Estate) -> None:
    """Same name, same disks: the time of its creation tells that it is another image."""
    image = estate.write(an_image("anew"))
    first = estate.ended(image)

    delete_image(estate.stack, image)
    estate.write(an_image("anew"))
    second = eventually(lambda: _with_version(estate, image, "1.0.1"))

    assert second["state"] == "completed"
    assert second["fingerprint"] != first["fingerprint"]
    assert sorted(estate.versions("anew")) == ["1.0.0", "1.0.1"]


def test_a_version_tells_where_it_comes_from(estate: Estate) -> None:
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
    }
    assert tags == tags | expected
    assert set(tags) == {*expected, "gallerist-created", "gallerist-started-by"}


def test_without_its_task_hub_gallerist_still_knows_what_it_has_migrated(own_estate: Estate) -> None:
    """The gallery itself is the ledger: the version is adopted, and its number is not given again."""
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
