"""The migration of one managed image, from the event or the request to a version in every region, over real HTTP."""

from local.arm import delete_image, write_image
from tests.workflow.estate import GALLERY, TWIN, Estate, an_image


def test_an_event_creates_a_version_in_every_region(estate: Estate) -> None:
    """An image that Packer writes becomes a replicated version without a request, excluded from `latest`."""
    image = estate.write(an_image("from-event", data_disks_gb=(64,)))

    migration = estate.ended(image)

    assert migration["state"] == "completed"
    (target,) = migration["targets"]
    assert (target["gallery"], target["definition"], target["version"]) == ("golden", "from-event", "1.0.0")
    assert {region["region"]: region["state"] for region in target["regions"]} == {
        "eastus2": "Completed",
        "westus2": "Completed",
        "northeurope": "Completed",
    }
    version = estate.arm(target["version_id"])
    assert version["properties"]["provisioningState"] == "Succeeded"
    assert version["properties"]["storageProfile"]["source"]["id"].lower() == image.lower()
    assert version["properties"]["publishingProfile"]["excludeFromLatest"] is True


def test_a_request_starts_a_migration_and_returns_its_address(estate: Estate) -> None:
    """POST /api/migrations returns 202; the address shows the migration until its end."""
    estate.stack.control("POST", "events", {"lose_next": 1})
    image = estate.write(an_image("from-request", os_type="Windows", generation="V2"))

    response = estate.post_migration(image, regions=["West US 2"], version="2026.11.23")

    assert response.status_code == 202
    assert response.headers["Location"] == response.json()["links"]["self"]
    migration = estate.eventually(lambda: _completed(estate, response.headers["Location"]))
    (target,) = migration["targets"]
    assert target["version"] == "2026.11.23"
    assert [region["region"] for region in target["regions"]] == ["eastus2", "westus2"]
    definition = estate.arm(f"{GALLERY}/images/from-request")["properties"]
    assert (definition["osType"], definition["hyperVGeneration"]) == ("Windows", "V2")


def test_a_duplicate_event_creates_no_second_version(estate: Estate) -> None:
    """Event Grid delivers at least once; an image becomes one version, however many events there are."""
    image = estate.write(an_image("sent-twice"))
    estate.stack.control("POST", "publish", {"resourceId": image})
    estate.ended(image)
    estate.stack.control("POST", "publish", {"resourceId": image})
    again = estate.eventually(lambda: _adopted(estate, image))

    assert again["state"] == "completed"
    assert list(estate.versions("sent-twice")) == ["1.0.0"]
    assert len(estate.writes("sent-twice/versions")) == 1


def test_images_that_race_for_one_definition_get_different_numbers(estate: Estate) -> None:
    """The ledger reserves one number at a time. All four are captured at the same moment."""
    images = [an_image(f"family-{build}") for build in range(1, 5)]
    for image in images:
        write_image(estate.stack, image)

    numbers = [estate.ended(image["id"])["targets"][0]["version"] for image in images]

    assert sorted(numbers) == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    assert sorted(estate.versions("family")) == sorted(numbers)


def test_the_second_gallery_copies_the_version_of_the_first(estate: Estate) -> None:
    """Azure builds one version per managed image at a time, so other galleries copy the existing version."""
    image = estate.write(an_image("twin-a"))

    migration = estate.ended(image)

    assert migration["state"] == "completed"
    first, second = migration["targets"]
    assert first["version_id"].startswith(GALLERY)
    assert second["version_id"].startswith(TWIN)
    assert first["version"] == second["version"]
    source = estate.arm(second["version_id"])["properties"]["storageProfile"]["source"]["id"]
    assert source.lower() == first["version_id"].lower()


def test_a_succeeded_version_is_not_completed_while_a_region_replicates(own_estate: Estate) -> None:
    """A migration completes only when every region reports Completed, not when provisioning succeeded."""
    estate = own_estate
    image = estate.write(an_image("early"))
    estate.stack.control("POST", "switches", {"succeeded_early": True})
    estate.stack.control("POST", "transitions", {"default": "manual"})
    estate.start(image)
    version_id = estate.eventually(lambda: _version_of(estate, image))
    estate.stack.control("POST", "transitions", {"advance": {"id": version_id, "region": "eastus2"}})
    estate.eventually(lambda: _provisioned(estate, version_id))

    seen = estate.eventually(
        lambda: _region_states(estate, image) if _home_is_completed(estate, image) else None
    )

    assert seen["eastus2"] == "Completed"
    assert seen["westus2"] == "Replicating"
    assert estate.migration(image)["state"] == "replicating"
    estate.stack.control("POST", "transitions", {"default": "immediate"})
    estate.stack.control("POST", "transitions", {"advance": {"id": version_id}})
    assert estate.ended(image)["state"] == "completed"


def test_a_blocked_migration_has_a_reason_and_a_fix_and_writes_nothing(estate: Estate) -> None:
    image = estate.write(an_image("too-large", data_disks_gb=(4095,)))

    migration = estate.ended(image)

    assert migration["state"] == "blocked"
    assert migration["reason"] == "the data disk at LUN 0 has 4095 GB; the service accepts at most 2048 GB"
    assert migration["fix"] == "shrink the disk to at most 2048 GB and capture the image again"
    assert estate.writes("galleries/golden/images/too-large") == []


def test_an_image_of_another_generation_is_blocked_and_changes_no_definition(estate: Estate) -> None:
    """A definition's generation is fixed when it is created, so the fix names another definition."""
    estate.ended(estate.write(an_image("family2", generation="V1")))
    image = estate.write(an_image("second-gen", generation="V2"))
    estate.ended(image)

    estate.start(image, definition="family2")
    blocked = estate.ended(image)
    assert blocked["state"] == "blocked"
    assert "family2-gen2" in blocked["fix"]
    assert estate.arm(f"{GALLERY}/images/family2")["properties"]["hyperVGeneration"] == "V1"


def test_an_ignored_image_is_skipped_and_gets_no_version(estate: Estate) -> None:
    image = estate.write(an_image("ignored", tags={"environment": "scratch"}))

    migration = estate.ended(image)

    assert (migration["state"], migration["rule"]) == ("skipped", "ignored")
    assert estate.versions("ignored") == {}


def test_a_cloud_event_starts_a_migration(own_estate: Estate) -> None:
    """An event subscription may use the CloudEvents 1.0 schema."""
    own_estate.stack.subscribe_to_events("CloudEventSchemaV1_0")

    image = own_estate.write(an_image("from-cloud-event"))

    assert own_estate.ended(image)["state"] == "completed"


def test_a_migration_survives_a_killed_host_and_creates_one_version(own_estate: Estate) -> None:
    """The host gets SIGKILL while regions replicate; the next host finishes the migration."""
    estate = own_estate
    estate.stack.control("POST", "transitions", {"default": "manual"})
    image = estate.write(an_image("survivor"))
    estate.start(image)
    version_id = estate.eventually(lambda: _version_of(estate, image))

    estate.stack.kill_host()
    estate.stack.start_host()

    assert estate.migration(image)["state"] == "replicating"
    estate.stack.control("POST", "transitions", {"advance": {"id": version_id}})
    assert estate.ended(image)["state"] == "completed"
    assert list(estate.versions("survivor")) == ["1.0.0"]
    assert len(estate.writes("survivor/versions")) == 1


def test_an_image_replaced_during_its_migration_becomes_a_second_version(own_estate: Estate) -> None:
    """`packer -force` deletes the image and creates it again under its name; the event for it is not lost."""
    estate = own_estate
    estate.stack.subscribe_to_events()
    estate.stack.control("POST", "transitions", {"default": "manual"})
    image = estate.write(an_image("forced", blob="first"))
    version_id = estate.eventually(lambda: _version_of(estate, image))

    delete_image(estate.stack, image)
    estate.write(an_image("forced", blob="second"))
    estate.stack.control("POST", "transitions", {"default": "immediate"})
    estate.stack.control("POST", "transitions", {"advance": {"id": version_id}})

    migration = estate.eventually(lambda: _with_version(estate, image, "1.0.1"))
    assert migration["state"] == "completed"
    assert sorted(estate.versions("forced")) == ["1.0.0", "1.0.1"]


def _with_version(estate: Estate, image: str, number: str) -> dict | None:
    migration = estate.ended(image)
    return migration if migration["targets"] and migration["targets"][0]["version"] == number else None


def _completed(estate: Estate, address: str) -> dict | None:
    migration = estate.http.get(address).json()
    return migration if migration["state"] == "completed" else None


def _adopted(estate: Estate, image: str) -> dict | None:
    migration = estate.ended(image)
    return migration if migration["targets"][0]["outcome"] == "adopted" else None


def _version_of(estate: Estate, image: str) -> str | None:
    migration = estate.migration(image)
    targets = migration["targets"] if migration else []
    return targets[0]["version_id"] if targets else None


def _provisioned(estate: Estate, version_id: str) -> bool:
    return estate.arm(version_id)["properties"]["provisioningState"] == "Succeeded"


def _region_states(estate: Estate, image: str) -> dict[str, str]:
    return {region["region"]: region["state"] for region in estate.migration(image)["targets"][0]["regions"]}


def _home_is_completed(estate: Estate, image: str) -> bool:
    return _region_states(estate, image).get("eastus2") == "Completed"


def test_a_migration_is_cancelled_and_retried_and_continues_with_what_is_there(estate: Estate) -> None:
    image = estate.write(an_image("ended-by-hand"))
    # its event starts it
    running = estate.eventually(
        lambda: (one := estate.migration(image)) and one["state"] == "replicating" and one
    )
    address = running["links"]["self"]
    assert estate.http.post(f"{address}/retry").status_code == 409

    assert estate.http.post(f"{address}/cancel").status_code == 202

    assert estate.ended(image)["state"] == "cancelled"
    assert estate.http.post(f"{address}/cancel").status_code == 409
    assert estate.http.post(f"{address}/retry").status_code == 202
    migration = estate.ended(image)
    assert (migration["state"], migration["targets"][0]["outcome"]) == ("completed", "adopted")
    assert list(estate.versions("ended-by-hand")) == ["1.0.0"]
    assert estate.http.post(f"{address}/retry").status_code == 409
    assert estate.http.post(f"{estate.stack.api}/migrations/migration-none/cancel").status_code == 404
