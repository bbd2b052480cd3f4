"""What versions get besides their content: features and tags of their definition, and a family to belong to."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.arm import access_token
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, PACE, SEED, THERE, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  definition: {{features: {{DiskControllerTypes: "nvme,scsi", IsHibernateSupported: true}}}}
  tags: {{costCenter: "4711", built: "{{image}} in {{location}}"}}
rules:
  - name: pipeline
    match: {{names: ["nightly"]}}
    definition: {{across_resource_groups: true}}
  - name: older sizes
    match: {{names: ["scsi"]}}
    definition: {{features: {{DiskControllerTypes: SCSI}}}}
"""
TEAMS = {"team.blue(prod)": HERE, "team-red": HERE, "packer": THERE}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The app under this policy, and a simulated Azure in which three teams have images of the same names."""
    groups = [
        {"subscription": subscription, "name": name, "location": "eastus2"}
        for name, subscription in TEAMS.items()
    ]
    images = [
        an_image(name, generation="V2", blob=group) | {"id": image_id(name, group)}
        for name in ("web", "api", "nightly", "scsi")
        for group in ("packer", *TEAMS)
    ]
    seed = {
        **SEED,
        "resourceGroups": [*SEED["resourceGroups"], *groups],
        "resources": [*SEED["resources"], *{image["id"]: image for image in images}.values()],
    }
    folder = tmp_path_factory.mktemp("families")
    with (
        Stack(folder, seed, POLICY, PACE, one_clock=True) as stack,
        Estate(stack) as it,
    ):
        stack.control("POST", "switches", {"throttling": False})
        yield it


def image_id(name: str, group: str) -> str:
    subscription = TEAMS.get(group, HERE)
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/images/{name}"


def migrated(estate: Estate, name: str, *groups: str) -> list[dict[str, Any]]:
    """Starts the migrations of these groups' images at once; returns how each one ended."""
    for group in groups:
        estate.start(image_id(name, group))
    return [estate.ended(image_id(name, group)) for group in groups]


def create_machine(estate: Estate, name: str, definition: str, size: str) -> httpx.Response:
    """Creates a virtual machine from the definition's latest version, through ARM."""
    number = next(iter(estate.versions(definition)))
    image = {"id": f"{GALLERY}/images/{definition}/versions/{number}"}
    properties = {
        "hardwareProfile": {"vmSize": size},
        "storageProfile": {"imageReference": image},
        "osProfile": {"computerName": name, "adminUsername": "ann", "adminPassword": "Pa55word-2026"},
    }
    machines = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/virtualMachines"
    return httpx.put(
        f"{estate.stack.simulator['arm']}{machines}/{name}",
        params={"api-version": "2024-07-01"},
        headers={"Authorization": f"Bearer {access_token(estate.stack)}"},
        json={"location": "eastus2", "properties": properties},
    )


def test_of_two_teams_at_once_one_gets_the_definition(estate: Estate) -> None:
    """Both are planned before either definition exists; the other team's images never become its versions."""
    ended = migrated(estate, "web", "team.blue(prod)", "team-red")
    first, second = sorted(ended, key=lambda migration: migration["state"] != "completed")
    assert (first["state"], second["state"]) == ("completed", "blocked")
    assert "across_resource_groups" in second["fix"]
    (version,) = estate.versions("web").values()
    assert version["tags"]["gallerist-source"] == first["image"]


def test_a_later_team_is_blocked_and_may_choose_a_definition(estate: Estate) -> None:
    """The same holds for a group of the same name in another subscription."""
    migrated(estate, "api", "team-red")
    (other,) = migrated(estate, "api", "packer")
    assert other["state"] == "blocked"
    assert "for another image of this name" in other["reason"]
    assert "'packer-api'" in other["fix"]
    estate.start(image_id("api", "packer"), definition="packer-api")
    assert estate.ended(image_id("api", "packer"))["state"] == "completed"
    assert list(estate.versions("packer-api")) == ["1.0.0"]


def test_images_of_one_family_share_a_definition(estate: Estate) -> None:
    ended = migrated(estate, "nightly", *TEAMS)
    assert [migration["state"] for migration in ended] == ["completed"] * 3
    assert sorted(estate.versions("nightly")) == ["1.0.0", "1.0.1", "1.0.2"]
    assert "gallerist-source-group" not in estate.arm(f"{GALLERY}/images/nightly")["tags"]


def test_the_sizes_of_the_plan_are_those_that_start(estate: Estate) -> None:
    """The definition carries the policy's features, and the service decides by them."""
    for name in ("nightly", "scsi"):
        migrated(estate, name, "team-red")
    features = estate.arm(f"{GALLERY}/images/nightly")["properties"]["features"]
    assert {feature["name"]: feature["value"] for feature in features} == {
        "SecurityType": "Standard",
        "DiskControllerTypes": "SCSI, NVMe",
        "IsHibernateSupported": "True",
    }
    assert create_machine(estate, "new", "nightly", "Standard_D8s_v6").status_code == 201
    assert create_machine(estate, "old", "nightly", "Standard_D8s_v5").status_code == 201
    assert create_machine(estate, "older", "scsi", "Standard_D8s_v5").status_code == 201
    refused = create_machine(estate, "newer", "scsi", "Standard_D8s_v6")
    assert (refused.status_code, "cannot boot with OS image or disk" in refused.text) == (400, True)


def test_definition_and_version_carry_the_policys_tags(estate: Estate) -> None:
    """So a requirement of Azure Policy is met by both."""
    migrated(estate, "scsi", "team-red")
    (version,) = estate.versions("scsi").values()
    for tags in (estate.arm(f"{GALLERY}/images/scsi")["tags"], version["tags"]):
        assert (tags["costCenter"], tags["built"]) == ("4711", "scsi in eastus2")
        assert tags["gallerist-rule"] == "older sizes"
    group = image_id("scsi", "team-red").split("/providers/")[0]
    assert estate.arm(f"{GALLERY}/images/scsi")["tags"]["gallerist-source-group"] == group
