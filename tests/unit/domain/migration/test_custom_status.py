"""The custom status: as much of a migration's status as the task hub takes."""

import json
from typing import Any

import pytest

from domain.fitting import MOST_CHARACTERS
from domain.migration.custom_status import custom_status
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.galleries import RegionProgress, RegionState
from domain.resources.ids import GalleryId
from domain.results import LONGEST_REASON, CurrentWait, Failure, StepStatus
from tests.unit.builders import NOW, SUBSCRIPTION, image_id


def target(index: int, regions: int = 3, **changes: Any) -> TargetStatus:
    definition = GalleryId(SUBSCRIPTION, "images", (f"gallery{index}",)).definition("ubuntu-24.04")
    fields = {
        "definition": definition,
        "version_id": definition.version("1.0.0"),
        "state": MigrationState.REPLICATING,
        "regions": [
            RegionProgress(region=f"region{number}", state="Completed", progress=100)
            for number in range(regions)
        ],
    }
    return TargetStatus(**{**fields, **changes})


def status(targets: list[TargetStatus], **changes: Any) -> MigrationStatus:
    return MigrationStatus(image=image_id(), targets=targets, **changes)


def wordy(count: int) -> list[RegionProgress]:
    return [RegionProgress(region=f"region{number}", details="d" * 900) for number in range(count)]


@pytest.mark.parametrize(
    "large",
    [
        status([target(index, regions=40) for index in range(5)]),
        status([target(0, regions=200)]),
        status(
            [target(0, failure=Failure(code="Conflict", message="m" * 9000))],
            reason="r" * 9000,
            fix="f" * 9000,
        ),
        status([target(0)], warnings=["w" * 900] * 20),
    ],
    ids=["many galleries", "many regions", "long texts", "many warnings"],
)
def test_a_large_status_is_trimmed_until_it_fits(large: MigrationStatus) -> None:
    """A custom status that is too large fails the orchestration."""
    shown = custom_status(large)
    assert len(json.dumps(shown)) <= MOST_CHARACTERS
    again = MigrationStatus.model_validate(shown)
    assert [kept.version_id for kept in again.targets] == [target.version_id for target in large.targets]


def test_trimming_leaves_the_status_itself_unchanged() -> None:
    large = status([target(0, regions=200)], warnings=["w" * 900] * 20)
    before = large.model_copy(deep=True)
    custom_status(large)
    assert large == before


def test_regions_are_kept_longest() -> None:
    """Their details are cut first."""
    large = status([target(0, regions=0)])
    large.targets[0].regions = wordy(20)
    (shown,) = custom_status(large)["targets"]
    assert [region["region"] for region in shown["regions"]] == [f"region{number}" for number in range(20)]


def test_a_small_status_is_shown_whole() -> None:
    small = status([target(0)], reason="because", warnings=["look out"])
    assert MigrationStatus.model_validate(custom_status(small)) == small


@pytest.mark.parametrize("regions", [44, 51, 100, 400])
@pytest.mark.parametrize("state", ["Completed", "Replicating"])
def test_a_target_with_many_wordy_regions_fits_and_shows_what_is_missing(
    regions: int, state: RegionState
) -> None:
    """Recorded details have 128 characters; with 51 regions they alone are 10,146."""
    listed = [
        RegionProgress(region=f"region{number}", state=state, details="d" * 128) for number in range(regions)
    ]
    large = status(
        [target(0, regions=0, failure=Failure(code="Conflict", message="m" * 9000))],
        waiting_for=CurrentWait(reason="r" * 9000, until=NOW),
    )
    large.targets[0].regions = [
        RegionProgress(region="missing", state="Failed", details="no capacity"),
        *listed,
    ]
    shown = custom_status(large)
    assert len(json.dumps(shown)) <= MOST_CHARACTERS
    again = MigrationStatus.model_validate(shown)
    assert again.targets[0].regions[0].region == "missing"
    if regions <= 51:
        assert len(again.targets[0].regions) == regions + 1


def test_a_status_with_very_many_galleries_fits() -> None:
    shown = custom_status(status([target(index, regions=2) for index in range(60)]))
    assert len(json.dumps(shown)) <= MOST_CHARACTERS


def test_a_policy_with_hundreds_of_faults_as_a_reason_to_wait_fits() -> None:
    wait = CurrentWait(reason="policy.yaml, line 1: unknown key\n" * 900, until=NOW)
    assert len(wait.reason) == LONGEST_REASON
    assert len(StepStatus(waiting_for=wait).model_dump_json()) <= MOST_CHARACTERS
