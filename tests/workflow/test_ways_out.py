"""Every end that is not a success names a next step, and the step works when somebody takes it."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.arm_errors import KNOWN_ERRORS, KnownError
from domain.errors import ArmError
from domain.migration.publishing import DEFINITION_TAKEN, VERSION_TAKEN
from local.arm import call_arm, delete_image
from local.stack import Stack
from tests.unit.domain.test_arm_errors import KNOWN
from tests.workflow.estate import GALLERY, PACE, SEED, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  replication: {{deadline_hours: 300}}
rules:
  - name: number in the name
    match: {{names: ["numbered-*"]}}
    name_pattern: (?P<family>numbered)-(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)
    definition: {{name: "{{family}}"}}
    version: from-name
"""
PLAN_TAGS = {"PlanInfo": "gen1", "PlanProduct": "rocky", "PlanPublisher": "resf"}
PUT_VERSION = {"method": "PUT", "path": "/versions/", "times": 1000}
DEFINITION: dict[str, Any] = {
    "osType": "Linux",
    "osState": "Generalized",
    "hyperVGeneration": "V1",
    "architecture": "x64",
    "identifier": {"publisher": "somebody", "offer": "o", "sku": "s"},
}

OTHER = {"publisher": "somebody", "offer": "other", "sku": "s"}


def _seed() -> dict[str, Any]:
    seed = copy.deepcopy(SEED)
    bought = an_image("bought")
    bought["_simulator"] = {"plan": {"name": "gen1", "product": "rocky", "publisher": "resf"}}
    again = an_image("bought-again")
    again["_simulator"] = bought["_simulator"]
    failed = {
        "id": f"{GALLERY}/images/theirs/versions/1.0.0",
        "location": "eastus2",
        "properties": {
            "provisioningState": "Failed",
            "publishingProfile": {"targetRegions": [{"name": "eastus2"}]},
            "storageProfile": {"source": {"id": an_image("theirs")["id"]}},
        },
    }
    theirs = {"id": f"{GALLERY}/images/theirs", "location": "eastus2", "properties": DEFINITION}
    seed["resources"] += [bought, again, an_image("theirs"), theirs, failed]
    return seed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(folder, _seed(), POLICY, PACE, one_clock=True)
    with stack, Estate(stack) as estate:
        yield estate


@pytest.fixture
def estate(running: Estate) -> Iterator[Estate]:
    """The app; the faults of a test end with it."""
    yield running
    running.stack.control("DELETE", "faults")


def migrate(estate: Estate, image: str, **choices: Any) -> dict[str, Any]:
    estate.start(image, **choices)
    return estate.ended(image)


def delete(estate: Estate, resource: str) -> None:
    call_arm(estate.stack, "DELETE", resource).raise_for_status()
    estate.eventually(lambda: call_arm(estate.stack, "GET", resource).status_code == 404)


def failed_once(estate: Estate, name: str, **choices: Any) -> tuple[str, dict[str, Any]]:
    """An image whose version has failed in its own region, for a reason that nobody knows."""
    fault = {"kind": "failed", "region": "eastus2", "version": f"/{name}/", "times": 1}
    estate.stack.control("POST", "faults", fault)
    image = estate.write(an_image(choices.pop("image", name)))
    return image, migrate(estate, image, **choices)


REFUSED = {
    **PUT_VERSION,
    "status": 409,
    "code": "Conflict",
    "message": "The gallery image version is in a failed state; delete it before it is created again.",
}


def test_a_failed_version_is_written_again_by_another_start(estate: Estate) -> None:
    image, first = failed_once(estate, "stumbled")
    assert first["state"] == "partial"
    assert first["fix"] == "Start the migration again: it continues with the existing version."

    assert migrate(estate, image)["state"] == "completed"
    assert list(estate.versions("stumbled")) == ["1.0.0"]


def test_a_failed_version_that_cannot_be_written_again_leaves_its_number(estate: Estate) -> None:
    """The image gets the next number, and the migration says what may be deleted and that Gallerist made it."""
    image, _ = failed_once(estate, "stuck")
    estate.stack.control("POST", "faults", {**REFUSED, "path": "/stuck/versions/1.0.0"})

    migration = migrate(estate, image)

    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "1.0.1")
    (warning,) = migration["warnings"]
    assert "/stuck/versions/1.0.0 has failed" in warning
    assert "Gallerist made the failed version, and it may be deleted" in warning
    delete(estate, f"{GALLERY}/images/stuck/versions/1.0.0")
    assert migrate(estate, image)["targets"][0]["outcome"] == "adopted"


def test_a_failed_version_under_the_only_number_is_deleted_as_the_fix_says(estate: Estate) -> None:
    image, first = failed_once(estate, "numbered", image="numbered-4.5.6")
    assert first["state"] == "partial"
    estate.stack.control("POST", "faults", {**REFUSED, "path": "/numbered/versions/4.5.6"})

    refused = migrate(estate, image)

    version = f"{GALLERY}/images/numbered/versions/4.5.6"
    assert (refused["state"], refused["failure"]["code"]) == ("failed", "VersionFailed")
    assert refused["fix"].startswith(f"Delete {version}, which Gallerist made")
    estate.stack.control("DELETE", "faults")
    delete(estate, version)
    assert migrate(estate, image)["targets"][0]["version"] == "4.5.6"


def test_another_number_may_be_asked_for_while_the_version_has_failed(estate: Estate) -> None:
    image, _ = failed_once(estate, "renumbered")
    migration = migrate(estate, image, version="7.0.0")
    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "7.0.0")


def test_somebody_elses_failed_version_is_never_written_or_to_be_deleted(estate: Estate) -> None:
    image = an_image("theirs")["id"]

    migration = migrate(estate, image)

    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "1.0.1")
    assert estate.writes("theirs/versions/1.0.0") == []
    plan = estate.http.post(f"{estate.stack.api}/migrations/plan", json={"image": image}).json()
    fixes = [check["fix"] for check in plan["checks"] if check["verdict"] == "warned"]
    assert fixes == ["somebody else made version 1.0.0: ask its owner what it is for"]


@pytest.mark.parametrize("way", ["delete what Gallerist left behind", "name another definition"])
def test_a_definition_without_the_images_plan_has_two_ways_out(estate: Estate, way: str) -> None:
    name = "bought" if way.startswith("delete") else "bought-again"
    image = f"/subscriptions/{GALLERY.split('/')[2]}/resourceGroups/packer/providers/Microsoft.Compute/images/{name}"
    assert migrate(estate, image)["state"] == "failed"
    call_arm(estate.stack, "PATCH", image, {"tags": PLAN_TAGS}).raise_for_status()
    estate.settled(image)

    blocked = migrate(estate, image)

    assert blocked["state"] == "blocked"
    assert f"such as '{name}-gen1'" in blocked["fix"]
    assert f"Gallerist made {GALLERY}/images/{name} and nothing in it works" in blocked["fix"]
    if way.startswith("delete"):
        delete(estate, f"{GALLERY}/images/{name}/versions/1.0.0")
        delete(estate, f"{GALLERY}/images/{name}")
        assert migrate(estate, image)["state"] == "completed"
    else:
        assert migrate(estate, image, definition=f"{name}-gen1")["state"] == "completed"


def test_a_definition_that_somebody_else_made_is_not_to_be_deleted(estate: Estate) -> None:
    body = {"location": "eastus2", "properties": DEFINITION | {"osType": "Windows", "identifier": OTHER}}
    call_arm(estate.stack, "PUT", f"{GALLERY}/images/foreign", body).raise_for_status()
    image = estate.write(an_image("foreign"))

    blocked = migrate(estate, image)

    assert blocked["state"] == "blocked"
    assert "delete" not in blocked["fix"]
    assert "'foreign-linux'" in blocked["fix"]
    assert migrate(estate, image, definition="foreign-linux")["state"] == "completed"


def test_an_image_that_is_a_version_already_gets_another_number_as_the_fix_says(estate: Estate) -> None:
    image = estate.write(an_image("held"))
    assert migrate(estate, image)["state"] == "completed"

    blocked = migrate(estate, image, version="0.0.0")

    assert blocked["state"] == "blocked"
    assert blocked["fix"].startswith("leave out 'version' to keep 1.0.0")
    assert migrate(estate, image)["targets"][0]["outcome"] == "adopted"
    elsewhere = migrate(estate, image, version="0.0.0", definition="held-again")
    assert (elsewhere["state"], elsewhere["targets"][0]["version"]) == ("completed", "0.0.0")


def test_a_number_of_another_image_is_replaced_as_the_fix_says(estate: Estate) -> None:
    migrate(estate, estate.write(an_image("first-owner")), definition="owned", version="1.0.0")
    image = estate.write(an_image("second-owner"))

    blocked = migrate(estate, image, definition="owned", version="1.0.0")

    assert blocked["state"] == "blocked"
    assert "another 'version' in the request" in blocked["fix"]
    assert migrate(estate, image, definition="owned", version="1.0.1")["state"] == "completed"


# Rows that this test reaches by other ways, or not at all; each with the reason
ELSEWHERE = {
    "The request would change a property that is fixed when the resource is created.": "the next number is taken",
    "The version is not available in the region where it is used.": "only machines meet it",
    "The version is protected until its end-of-life date.": "Gallerist deletes no version",
    "The resource contains other resources, or did a moment ago.": "Gallerist deletes no resource",
    "Virtual machines are being created from the managed image.": "Gallerist deletes no image",
}


def _example(row: KnownError) -> tuple[str, str]:
    """The code and the message of an error that this row, and none before it, matches."""
    examples = [(code, message) for status, code, message, *_ in KNOWN if _row(status, code, message) is row]
    return examples[0]


def _row(status: int, code: str, message: str) -> KnownError:
    return next(row for row in KNOWN_ERRORS if row.fits(ArmError(status, code, message)))


ROWS = [row for row in KNOWN_ERRORS if row.diagnosis.cause not in ELSEWHERE]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=[f"{row.code} {row.message}".strip() for row in ROWS])
def test_the_end_after_every_error_has_a_fix_and_another_start_goes_on(
    estate: Estate, row: KnownError
) -> None:
    """Once what the fix names is done, here the end of the fault, another start completes the migration."""
    code, message = _example(row)
    name = f"row-{KNOWN_ERRORS.index(row)}"
    image = estate.write(an_image(name))
    refusal: dict[str, Any] = {"status": 400, "code": code, "message": message}
    if row.diagnosis.retry == "throttled":
        # the patience of a day in a few waits
        refusal |= {"status": 429, "retry_after": 20_000}
    estate.stack.control("POST", "faults", {**PUT_VERSION, **refusal})

    end = migrate(estate, image)

    assert end["state"] == ("blocked" if code in (DEFINITION_TAKEN, VERSION_TAKEN) else "failed")
    assert (end["failure"]["cause"], end["fix"]) == (row.diagnosis.cause, row.diagnosis.fix)
    assert end["fix"]
    estate.stack.control("DELETE", "faults")
    assert migrate(estate, image)["state"] == "completed"
    assert list(estate.versions(name)) == ["1.0.0"]


def _other_generation(estate: Estate) -> tuple[str, dict[str, Any]]:
    estate.ended(_started(estate, an_image("mixed")))
    return estate.write(an_image("mixed-v2", generation="V2")), {"definition": "mixed"}


def _other_os(estate: Estate) -> tuple[str, dict[str, Any]]:
    estate.ended(_started(estate, an_image("systems")))
    return estate.write(an_image("systems-w", os_type="Windows")), {"definition": "systems"}


def _too_large(estate: Estate) -> tuple[str, dict[str, Any]]:
    return estate.write(an_image("large", data_disks_gb=(4095,))), {}


def _expired(estate: Estate) -> tuple[str, dict[str, Any]]:
    return estate.write(an_image("expired")), {"end_of_life": "2020-01-01T00:00:00Z"}


def _started(estate: Estate, resource: dict[str, Any]) -> str:
    image = estate.write(resource)
    estate.start(image)
    return image


def _capture_again(estate: Estate, image: str) -> dict[str, Any]:
    delete_image(estate.stack, image)
    estate.write(an_image("large", data_disks_gb=(64,)))
    return {}


@pytest.mark.parametrize(
    ("prepare", "said", "follow"),
    [
        (_other_generation, "mixed-gen2", lambda *_: {"definition": "mixed-gen2"}),
        (_other_os, "systems-windows", lambda *_: {"definition": "systems-windows"}),
        (_too_large, "capture the image again", _capture_again),
        (_expired, "future", lambda *_: {"end_of_life": "2099-01-01T00:00:00Z"}),
    ],
    ids=["another generation", "another OS", "a disk that is too large", "a date in the past"],
)
def test_the_fix_of_a_blocked_migration_works(
    estate: Estate,
    prepare: Callable[[Estate], tuple[str, dict[str, Any]]],
    said: str,
    follow: Callable[[Estate, str], dict[str, Any]],
) -> None:
    image, choices = prepare(estate)
    blocked = migrate(estate, image, **choices)
    assert blocked["state"] == "blocked"
    assert said in blocked["fix"]
    assert migrate(estate, image, **follow(estate, image))["state"] == "completed"
