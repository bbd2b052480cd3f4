"""What the API lists: managed images, galleries, migrations; and what it says of itself."""

from api.openapi import document
from tests.workflow.estate import HERE, THERE, Estate, an_image


def test_images_are_listed_with_the_address_of_their_migration(estate: Estate) -> None:
    image = estate.write(an_image("listed", data_disks_gb=(64, 32)))
    estate.ended(image)

    rows = estate.http.get(f"{estate.stack.api}/images").json()["images"]

    (row,) = [row for row in rows if row["name"] == "listed"]
    assert (row["id"], row["location"], row["os_disk_gb"], row["data_disks_gb"]) == (
        image,
        "eastus2",
        30,
        [64, 32],
    )
    assert estate.http.get(row["migration"]).json()["image"] == image
    assert estate.http.get(f"{estate.stack.api}/images?subscription={THERE}").json()["images"] == []


def test_galleries_are_listed_as_gallery_definition_version(estate: Estate) -> None:
    estate.ended(estate.write(an_image("shown")))

    rows = estate.http.get(f"{estate.stack.api}/galleries?subscription={HERE}").json()["galleries"]

    (row,) = [row for row in rows if row["name"] == "golden\\shown\\1.0.0"]
    assert row["regions"] == ["eastus2", "westus2", "northeurope"]
    assert (row["provisioning_state"], row["os_type"]) == ("Succeeded", "Linux")


def test_migrations_are_listed_by_state_and_gallery(estate: Estate) -> None:
    estate.ended(estate.write(an_image("done")))
    estate.ended(estate.write(an_image("stopped", data_disks_gb=(4095,))))

    def names(query: str) -> set[str]:
        rows = estate.http.get(f"{estate.stack.api}/migrations?{query}").json()["migrations"]
        return {row["image"].rpartition("/")[2] for row in rows}

    assert {"done", "stopped"} <= names("")
    assert "done" in names("state=completed&gallery=GOLDEN")
    assert "stopped" not in names("state=completed")
    assert "stopped" in names("state=blocked")
    assert names("gallery=elsewhere") == set()


def test_a_running_app_serves_its_openapi_document(estate: Estate) -> None:
    response = estate.http.get(f"{estate.stack.api}/openapi.json")

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json() == document()
