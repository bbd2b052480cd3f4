"""The whole way of one image, by policy alone: migrated, proved, promoted ring by ring, and retired once approved."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.migration.states import ENDS
from local.arm import call_arm
from local.stack import Stack
from tests.workflow.estate import GALLERY, PACE, TWIN, Estate, an_image
from tests.workflow.proofs import VERIFY, left, seed

ALL_THE_WAY = {
    "verify": VERIFY | {"regions": "home"},
    "promote": {"when": "after-verification", "rings": [["eastus2"], ["westus2"]], "bake_hours": 2},
    "retire_source": {"when": "after-approval", "soak_days": 3},
    "end_of_life_after_days": 365,
}
POLICY = {
    "defaults": {"galleries": [GALLERY], "regions": ["westus2"], **ALL_THE_WAY},
    "rules": [
        {
            "name": "both",
            "match": {"names": ["both-*"]},
            "galleries": [GALLERY, TWIN],
            "verify": "off",
            "promote": "after-replication",
        },
        {"name": "untried", "match": {"names": ["untried-*"]}, "verify": "off"},
    ],
}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack(folder, seed(), json.dumps(POLICY), PACE, one_clock=True) as stack, Estate(stack) as running:
        yield running


def get(estate: Estate, path: str, **query: str) -> dict[str, Any]:
    response = estate.http.get(f"{estate.stack.api}/{path}", params=query)
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer


def followed(estate: Estate, migration: dict[str, Any], kind: str) -> dict[str, Any]:
    """The promotion or retirement that the migration started, as it is now."""
    (address,) = [one for one in migration["followed_by"] if f"/{kind}/" in one]
    answer: dict[str, Any] = estate.http.get(address).raise_for_status().json()
    return answer


def test_an_image_goes_all_the_way_and_its_lineage_tells_it(estate: Estate) -> None:
    image = estate.write(an_image("web"))
    estate.start(image)

    migration = estate.ended(image)

    assert (migration["state"], migration["warnings"]) == ("completed", [])
    (target,) = migration["targets"]
    assert [proof["verdict"] for proof in target["proofs"]] == ["proved"]
    assert left(estate) == []
    promotion = estate.eventually(
        lambda: (one := followed(estate, migration, "promotions"))["state"] == "promoted" and one
    )
    assert promotion["rings"] == [["eastus2"], ["westus2"]]
    adoption = get(estate, "adoption", definition=target["version_id"].rpartition("/versions/")[0])
    assert {row["region"]: row["version"] for row in adoption["latest"]} == {
        "eastus2": "1.0.0",
        "westus2": "1.0.0",
    }
    retirement = estate.eventually(
        lambda: (one := followed(estate, migration, "retirements"))["state"] == "awaiting-approval" and one
    )
    approve = f"{estate.stack.api}/retirements/{retirement['id']}/approve"
    body = {"fingerprint": migration["fingerprint"], "reason": "the fleet moved"}
    assert estate.http.post(approve, json=body).status_code == 202
    estate.eventually(lambda: followed(estate, migration, "retirements")["state"] == "retired")
    assert call_arm(estate.stack, "GET", image).status_code == 404
    kinds = {line["what"] for line in get(estate, "lineage", version=target["version_id"])["lines"]}
    assert {"migration", "proof", "promotion", "certificate"} <= kinds


def test_a_version_that_was_rolled_back_is_not_promoted_by_another_run(estate: Estate) -> None:
    """A person decided; an event of the image, such as a changed tag, starts its migration again."""
    image = estate.write(an_image("decided"))
    estate.start(image)
    migration = estate.ended(image)
    promotion = followed(estate, migration, "promotions")
    assert estate.http.post(f"{promotion['links']['self']}/rollback").status_code == 202
    estate.eventually(lambda: followed(estate, migration, "promotions")["state"] == "rolled-back")
    estate.start(image)

    again = estate.ended(image)

    assert followed(estate, migration, "promotions")["state"] == "rolled-back"
    (warning,) = again["warnings"]
    assert "is not promoted: it was promoted, elected or rolled back before" in warning


@pytest.mark.slow
def test_every_gallery_is_promoted_and_none_without_its_proof(estate: Estate) -> None:
    image, untried = estate.write(an_image("both-a")), estate.write(an_image("untried-a"))
    estate.start(image)
    estate.start(untried)

    assert len([one for one in estate.ended(image)["followed_by"] if "/promotions/" in one]) == 2
    migration = estate.ended(untried)
    assert [one for one in migration["followed_by"] if "/promotions/" in one] == []
    (warning,) = migration["warnings"]
    assert "promote.when is after-verification, and no proof was made" in warning


@pytest.mark.slow
def test_a_batch_promotes_nothing_by_itself(estate: Estate) -> None:
    image = estate.write(an_image("old"))
    scope = {"subscription": image.split("/")[2], "resource_group": "packer"}
    started = estate.http.post(
        f"{estate.stack.api}/batches", json={"scope": [scope], "filter": {"names": ["old"]}}
    )
    address = started.headers["Location"]
    estate.eventually(lambda: estate.http.get(address).json()["state"] == "completed")

    migration = estate.migration(image)

    assert migration["state"] in ENDS
    assert [one for one in migration["followed_by"] if "/promotions/" in one] == []
    assert any("a batch never promotes by itself" in warning for warning in migration["warnings"])


@pytest.mark.slow
def test_a_host_that_dies_at_the_hand_over_starts_each_of_them_once(estate: Estate) -> None:
    image = estate.write(an_image("killed"))
    estate.start(image)
    estate.eventually(lambda: estate.migration(image)["state"] == "verifying")
    for _ in range(6):
        estate.stack.kill_host()
        estate.stack.start_host()
        estate.stack.let_pass(timedelta(seconds=20))

    migration = estate.ended(image)

    assert migration["state"] == "completed"
    assert [one.split("/")[-2] for one in migration["followed_by"]] == ["promotions", "retirements"]
    estate.eventually(lambda: followed(estate, migration, "promotions")["state"] == "promoted")
    assert left(estate) == []
