"""The policy in the running app: version numbers, override tags, and the preview of a policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack, StartError
from tests.workflow.estate import GALLERY, HERE, PACE, SEED, Estate, an_image

SET = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/diskEncryptionSets"
POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
rules:
  - name: dated
    match: {{names: ["dated-*"]}}
    definition: {{name: dated}}
    version: date
  - name: named
    match: {{names: ["*release-*"]}}
    name_pattern: (again-)?release-(?P<major>\\d+)\\.(?P<minor>\\d+)(\\.(?P<patch>\\d+))?
    definition: {{name: release}}
    version: from-name
  - name: tagged
    match: {{names: ["tagged-*"]}}
    definition: {{name: tagged}}
    version: {{strategy: tag, tag: build}}
  - name: old ones
    match: {{older_than_days: 3000}}
    action: ignore
  - name: encrypted
    match: {{names: ["secret-*"]}}
    regions:
      - {{name: eastus2, disk_encryption_set: {SET}/east, exclude_from_latest: false}}
      - {{name: westus2, disk_encryption_set: {SET}/west, replicas: 2}}
"""


def seeded(name: str, created: str, **changes: Any) -> dict[str, Any]:
    return an_image(name, **changes) | {"createdTime": created}


IMAGES = [
    seeded("dated-a", "2026-01-15T08:30:00Z"),
    seeded("dated-b", "2026-01-15T08:30:00Z"),
    seeded("dated-c", "2026-01-15T08:30:00Z"),
    seeded("dated-before", "2025-12-31T23:59:59Z"),
    seeded("release-1.2", "2026-02-01T00:00:00Z"),
    seeded("again-release-1.2.0", "2026-02-01T00:00:00Z"),
    seeded("release-next", "2026-02-01T00:00:00Z"),
    seeded("tagged-one", "2026-02-01T00:00:00Z", tags={"Build": "7.1.0"}),
    seeded("tagged-none", "2026-02-01T00:00:00Z"),
    seeded("ancient", "2010-01-01T00:00:00Z"),
    seeded("secret-1", "2026-02-01T00:00:00Z", data_disks_gb=(8,)),
    seeded(
        "own-way",
        "2026-02-01T00:00:00Z",
        tags={
            "gallerist:definition": "chosen",
            "gallerist:version": "3.0.0",
            "gallerist:regions": "North Europe=2=standard_zrs",
            "gallerist:exclude-from-latest": "false",
        },
    ),
    seeded("mistyped", "2026-02-01T00:00:00Z", tags={"gallerist:regions": "northeurope=lots"}),
    seeded("stays", "2026-02-01T00:00:00Z", tags={"gallerist:action": "ignore"}),
]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The app and a simulated Azure with images of known ages."""
    seed = {**SEED, "resources": [*SEED["resources"], *IMAGES]}
    folder = tmp_path_factory.mktemp("policy")
    with (
        Stack(folder, seed, POLICY, PACE, one_clock=True) as stack,
        Estate(stack) as it,
    ):
        yield it


def image_id(name: str) -> str:
    return f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/{name}"


def migrated(estate: Estate, *names: str) -> list[dict[str, Any]]:
    """Starts all of these migrations at once; returns how each one ended."""
    for name in names:
        estate.start(image_id(name))
    return [estate.ended(image_id(name)) for name in names]


def numbers(migrations: list[dict[str, Any]]) -> list[str]:
    return [migration["targets"][0]["version"] for migration in migrations]


def test_images_are_numbered_by_their_dates(estate: Estate) -> None:
    """Three images of the same second race for consecutive numbers; a later start still gets the date of its image."""
    raced = migrated(estate, "dated-a", "dated-b", "dated-c")
    assert sorted(numbers(raced)) == ["2026.115.83000", "2026.115.83001", "2026.115.83002"]
    assert numbers(migrated(estate, "dated-before")) == ["2025.1231.235959"]
    assert sorted(estate.versions("dated")) == ["2025.1231.235959", *sorted(numbers(raced))]


def test_a_name_gives_one_number_to_one_image(estate: Estate) -> None:
    assert numbers(migrated(estate, "release-1.2")) == ["1.2.0"]
    (second, other) = migrated(estate, "again-release-1.2.0", "release-next")
    assert second["state"] == "blocked"
    assert "1.2.0" in second["reason"]
    assert "belongs to another image" in second["reason"]
    assert second["fix"]
    assert other["state"] == "blocked"
    assert other["reason"].startswith("the image's name 'release-next' does not match name_pattern")
    assert list(estate.versions("release")) == ["1.2.0"]


def test_a_tag_gives_the_number(estate: Estate) -> None:
    one, none = migrated(estate, "tagged-one", "tagged-none")
    assert numbers([one]) == ["7.1.0"]
    assert none["state"] == "blocked"
    assert none["reason"] == "the image has no tag 'build', which should hold its version"


def test_an_image_that_is_too_old_is_skipped(estate: Estate) -> None:
    (ancient,) = migrated(estate, "ancient")
    assert (ancient["state"], ancient["rule"]) == ("skipped", "old ones")


def test_each_region_has_its_own_encryption_and_exclusion_from_latest(estate: Estate) -> None:
    (secret,) = migrated(estate, "secret-1")
    assert secret["state"] == "completed"
    profile = estate.arm(secret["targets"][0]["version_id"])["properties"]["publishingProfile"]
    east, west = profile["targetRegions"]
    assert (east["excludeFromLatest"], "excludeFromLatest" in west) == (False, False)
    assert west["encryption"]["osDiskImage"]["diskEncryptionSetId"] == f"{SET}/west"
    assert east["encryption"]["dataDiskImages"] == [{"lun": 0, "diskEncryptionSetId": f"{SET}/east"}]


def test_an_images_tags_override_the_policy(estate: Estate) -> None:
    (own,) = migrated(estate, "own-way")
    (target,) = own["targets"]
    assert (own["state"], target["definition"], target["version"]) == ("completed", "chosen", "3.0.0")
    profile = estate.arm(target["version_id"])["properties"]["publishingProfile"]
    assert profile["excludeFromLatest"] is False
    regions = {region["name"]: region for region in profile["targetRegions"]}
    assert regions.keys() == {"East US 2", "North Europe"}
    assert regions["North Europe"]["regionalReplicaCount"] == 2
    assert regions["North Europe"]["storageAccountType"] == "Standard_ZRS"
    assert not any(tag.startswith("gallerist:") for tag in estate.arm(target["version_id"])["tags"])


def test_an_unreadable_tag_blocks_the_image_and_is_named(estate: Estate) -> None:
    mistyped, stays = migrated(estate, "mistyped", "stays")
    assert mistyped["state"] == "blocked"
    assert mistyped["reason"].startswith("tag gallerist:regions: Input should be a valid integer")
    assert mistyped["fix"] == "correct the image's tag, or remove it"
    assert estate.writes("galleries/golden/images/mistyped") == []
    assert (stays["state"], stays["rule"]) == ("skipped", "tag gallerist:action")


def check(estate: Estate, **body: Any) -> Any:
    return estate.http.post(
        f"{estate.stack.api}/policy/check", json={"scope": {"subscription": HERE}, **body}
    )


def test_the_preview_of_the_policy_in_force_shows_each_image(estate: Estate) -> None:
    preview = check(estate).raise_for_status().json()

    assert (preview["policy"], preview["total"]) == ("in force", len(IMAGES))
    assert preview["counts"]["actions"] == {"migrate": 9, "blocked": 3, "ignore": 2}
    rows = {row["image"].rpartition("/")[2]: row for row in preview["images"]}
    assert rows["dated-a"]["version"] == {"strategy": "date", "number": "2026.115.83000"}
    assert (rows["ancient"]["action"], rows["ancient"]["rule"]) == ("ignore", "old ones")
    assert rows["own-way"]["definition"] == "chosen"
    assert rows["tagged-none"]["reason"] == "the image has no tag 'build', which should hold its version"


def test_a_policy_can_be_previewed_before_it_is_in_force(estate: Estate) -> None:
    tried = POLICY.replace("action: ignore", "action: migrate")
    before = estate.stack.control("GET", "requests")

    preview = check(estate, policy=tried, limit=3).raise_for_status().json()

    assert (preview["policy"], preview["total"], len(preview["images"])) == ("given", len(IMAGES), 3)
    assert preview["images"][0]["action"] == "migrate"
    requests = estate.stack.control("GET", "requests")[len(before) :]
    assert {entry["method"] for entry in requests} == {"GET"}


def test_the_preview_of_an_invalid_policy_lists_every_fault_with_its_line(estate: Estate) -> None:
    wrong = POLICY.replace("version: date", "version: today").replace("action: ignore", "actions: ignore")

    response = check(estate, policy=wrong)

    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    faults = [(error["line"], error["field"]) for error in response.json()["errors"]]
    assert faults == [(8, "rules[0].version.strategy"), (20, "rules[3].actions")]
    assert response.json()["detail"].startswith("policy in the request, line 8: rules[0].version.strategy: ")


def test_an_invalid_scope_is_refused(estate: Estate) -> None:
    response = check(estate, scope={"subscription": "here"}, limit=0)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {"scope.subscription", "limit"}


def test_an_invalid_policy_stops_the_app_with_the_line_and_the_reason(tmp_path: Path) -> None:
    stopped = Stack(tmp_path, SEED, POLICY.replace("version: date", "version: today"))
    with pytest.raises(StartError) as refused, stopped:
        pass
    assert "\npolicy policy.yaml, line 8: rules[0].version.strategy: Input should be" in str(refused.value)
    assert "Traceback" not in str(refused.value)
