"""The plan before a migration: what it would create, and every check with its verdict. Nothing is written."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from local.arm import access_token
from tests.workflow.estate import GALLERY, HERE, TWIN, Estate, an_image

EVERYWHERE = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": "/", "actions": ["*"]}


@pytest.fixture
def quiet(estate: Estate) -> Iterator[Estate]:
    """The estate, where the next image's event is lost, so that its migration does not start."""
    estate.stack.control("POST", "events", {"lose_next": 1})
    yield estate
    estate.stack.control("POST", "roles", {"roles": []})


def plan_of(estate: Estate, image: str, **overrides: Any) -> dict[str, Any]:
    """Returns the plan for an image, after checking that planning has written nothing."""
    before = len(estate.writes(""))
    response = estate.http.post(f"{estate.stack.api}/migrations/plan", json={"image": image, **overrides})
    assert response.status_code == 200, response.text
    assert len(estate.writes("")) == before
    return response.json()


def failed(plan: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in plan["checks"] if check["verdict"] == "failed"}


def test_a_migration_creates_exactly_what_its_plan_shows(quiet: Estate) -> None:
    """Definition, number, regions in their order, and tags."""
    image = quiet.write(an_image("planned", data_disks_gb=(64,), tags={"team": "web"}))

    plan = plan_of(quiet, image)

    assert (plan["outcome"], plan["rule"], failed(plan)) == ("migrate", "defaults", {})
    (target,) = plan["targets"]
    assert (target["gallery"], target["definition"]["exists"], target["version"]["exists"]) == (
        GALLERY,
        False,
        False,
    )
    quiet.start(image)
    (created,) = quiet.ended(image)["targets"]
    definition = quiet.arm(f"{GALLERY}/images/{target['definition']['name']}")
    version = quiet.arm(f"{GALLERY}/images/planned/versions/{target['version']['number']}")
    assert created["version"] == target["version"]["number"] == "1.0.0"
    assert definition["properties"]["identifier"] == {
        name: target["definition"][name] for name in ("publisher", "offer", "sku")
    }
    planned = [region["name"] for region in target["version"]["regions"]]
    assert planned == ["eastus2", "westus2", "northeurope"]
    assert [region["region"] for region in created["regions"]] == planned
    tags = {key: value for key, value in target["version"]["tags"].items() if key != "gallerist-created"}
    assert tags["team"] == "web"
    assert {key: version["tags"][key] for key in tags} == tags


def test_every_check_has_a_verdict(quiet: Estate) -> None:
    image = quiet.write(an_image("looked-at"))

    plan = plan_of(quiet, image)

    assert {check["name"]: check["verdict"] for check in plan["checks"]} == {
        "disk size": "passed",
        "creation time": "passed",
        "permissions on managed image looked-at": "passed",
        "regions": "passed",
        "replicas": "passed",
        "purchase plan": "passed",
        "definition name": "passed",
        "permissions on gallery golden": "passed",
        "definition identity": "passed",
        "VM sizes": "passed",
        "version": "passed",
        "limit of image definitions": "passed",
        "limit of image versions": "passed",
    }


def test_the_storage_estimate_says_how_it_was_made(quiet: Estate) -> None:
    image = quiet.write(an_image("estimated", os_disk_gb=30, data_disks_gb=(70,)))

    estimate = plan_of(quiet, image, regions=[{"name": "westus2", "replicas": 3}])["estimate"]

    assert estimate.keys() == {"storage", "replication"}
    assert estimate["storage"]["gigabytes"] == 100 * (1 + 3)
    assert estimate["storage"]["how"].startswith("100 GB of disks, 4 replicas in 2 regions")


def test_the_time_is_estimated_from_what_versions_of_the_definition_took(estate: Estate) -> None:
    """The first version of a definition is not remembered: few definitions have more than one."""
    estate.stack.control("POST", "events", {"lose_next": 3})
    images = [estate.write(an_image(f"timed-image-{number}")) for number in (1, 2, 3)]
    before = []
    for image in images[:2]:
        before.append(replication_of(estate, image))
        estate.start(image, definition="timed")
        estate.ended(image)

    after = replication_of(estate, images[2])

    assert [one["seconds"] for one in before] == [None, None]
    assert after["how"] == "the median of the last 1 version like it, in 3 regions"
    assert after["seconds"] > 0
    assert replication_of(estate, images[1]) is None, "its version exists"


def replication_of(estate: Estate, image: str) -> Any:
    return plan_of(estate, image, definition="timed")["estimate"]["replication"]


def test_the_plan_of_a_migrated_image_adopts_its_version(quiet: Estate) -> None:
    image = quiet.write(an_image("there-already"))
    quiet.start(image)
    quiet.ended(image)

    (target,) = plan_of(quiet, image)["targets"]

    assert (target["definition"]["exists"], target["version"]["exists"]) == (True, True)
    assert target["version"]["number"] == "1.0.0"


def test_missing_permissions_are_named_with_their_scope(quiet: Estate) -> None:
    """Nobody has to wait for a 403 in the middle of a migration."""
    image = quiet.write(an_image("unpermitted"))
    reader = {**EVERYWHERE, "actions": ["*/read"]}
    quiet.stack.control("POST", "roles", {"roles": [reader]})

    plan = plan_of(quiet, image)

    check = failed(plan)["permissions on gallery golden"]
    assert check["detail"] == (
        "Gallerist's identity lacks Microsoft.Compute/galleries/images/write, "
        f"Microsoft.Compute/galleries/images/versions/write at {GALLERY}"
    )
    assert "give the identity a role with Microsoft.Compute/galleries/images/write" in check["fix"]
    assert (plan["outcome"], plan["targets"]) == ("blocked", [])


def test_an_unreadable_gallery_is_a_failed_check_not_an_error(quiet: Estate) -> None:
    image = quiet.write(an_image("unreadable"))
    blind = {**EVERYWHERE, "notActions": ["Microsoft.Compute/galleries/read"]}
    quiet.stack.control("POST", "roles", {"roles": [blind]})

    plan = plan_of(quiet, image)

    assert "lacks Microsoft.Compute/galleries/read" in plan["reason"]


def test_the_number_of_another_image_is_a_failed_check(quiet: Estate) -> None:
    first = quiet.write(an_image("family-11"))
    quiet.start(first)
    quiet.ended(first)
    quiet.stack.control("POST", "events", {"lose_next": 1})
    second = quiet.write(an_image("family-12"))

    assert plan_of(quiet, second)["targets"][0]["version"]["number"] == "1.0.1"
    check = failed(plan_of(quiet, second, version="1.0.0"))["version"]
    assert (check["detail"], check["fix"]) == (
        "version 1.0.0 belongs to another image",
        "give another 'version' in the request, or name another definition with 'definition' in the request",
    )


def test_regions_replicas_and_storage_are_checked(quiet: Estate) -> None:
    image = quiet.write(an_image("far-off"))
    regions = [
        {"name": "atlantis", "replicas": 60},
        {"name": "westus", "replicas": 60, "storage_account_type": "Standard_ZRS"},
    ]

    plan = plan_of(quiet, image, regions=regions)

    assert failed(plan)["regions"]["detail"] == "there is no region 'atlantis' for this subscription"
    assert (
        failed(plan)["replicas"]["detail"] == "121 replicas in all regions together; a version may have 100"
    )
    (zones,) = [check for check in plan["checks"] if check["name"] == "zone-redundant storage"]
    assert (zones["verdict"], "westus" in zones["detail"]) == ("warned", True)


def test_disk_encryption_sets_are_checked_for_every_region(quiet: Estate) -> None:
    image = quiet.write(an_image("encrypted"))
    keys = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/diskEncryptionSets"
    regions = [{"name": "westus2", "disk_encryption_set": f"{keys}/west"}]

    check = failed(plan_of(quiet, image, regions=regions))["disk encryption sets"]

    assert check["detail"] == "eastus2 has no disk encryption set; give one to every region or to none"


def test_a_taken_definition_identity_is_a_warning(quiet: Estate) -> None:
    """Publisher, offer and SKU are unique in a gallery; the plan shows the SKU that the definition gets instead."""
    rival = plan_of(quiet, quiet.write(an_image("rival")))["targets"][0]["definition"]
    quiet.stack.control("POST", "events", {"lose_next": 1})
    image = quiet.write(an_image("collides"))
    wanted = plan_of(quiet, image)["targets"][0]["definition"]
    identifier = {name: wanted[name] for name in ("publisher", "offer", "sku")}
    properties = {"osType": "Linux", "osState": "Generalized", "identifier": identifier}
    httpx.put(
        f"{quiet.stack.simulator['arm']}{rival['id']}",
        params={"api-version": "2024-03-03"},
        headers={"Authorization": f"Bearer {access_token(quiet.stack)}"},
        json={"location": "eastus2", "properties": properties},
    ).raise_for_status()

    plan = plan_of(quiet, image)

    (check,) = [check for check in plan["checks"] if check["name"] == "definition identity"]
    chosen = plan["targets"][0]["definition"]["sku"]
    assert check["verdict"] == "warned"
    assert chosen.startswith(f"{wanted['sku']}-")
    assert chosen in check["detail"]


def test_a_plan_for_two_galleries_counts_the_storage_of_both(quiet: Estate) -> None:
    image = quiet.write(an_image("twin-planned"))

    plan = plan_of(quiet, image)

    assert [target["gallery"] for target in plan["targets"]] == [GALLERY, TWIN]
    assert {target["version"]["number"] for target in plan["targets"]} == {"1.0.0"}
    assert plan["estimate"]["storage"]["gigabytes"] == 30 * 3 * 2


def test_an_ignored_image_has_a_plan_too(quiet: Estate) -> None:
    image = quiet.write(an_image("scratch", tags={"environment": "scratch"}))

    plan = plan_of(quiet, image)

    assert (plan["outcome"], plan["reason"]) == ("skipped", "the policy ignores it (ignored)")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [({"image": "x"}, 400, "image"), ({}, 400, "image"), ({"image": f"{GALLERY}"}, 400, "image")],
)
def test_an_invalid_request_is_refused_like_a_start(
    estate: Estate, body: dict, status: int, field: str
) -> None:
    response = estate.http.post(f"{estate.stack.api}/migrations/plan", json=body)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (status, field)


def test_the_plan_of_a_missing_image_is_not_found(estate: Estate) -> None:
    image = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/nowhere"

    response = estate.http.post(f"{estate.stack.api}/migrations/plan", json={"image": image})

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
