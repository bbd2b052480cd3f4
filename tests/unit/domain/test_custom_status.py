"""The custom status: as much of a migration's status as the task hub takes."""

import json
from typing import Any

import pytest

from domain.migration.custom_status import MOST_CHARACTERS, custom_status
from domain.migration.results import Failure
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.galleries import RegionProgress
from domain.resources.ids import GalleryId
from tests.unit.builders import SUBSCRIPTION, image_id

SIGNED = "https://management.azure.com/operations/1?" + "s" * 3000


def target(place: int, regions: int = 3, **changes: Any) -> TargetStatus:
    definition = GalleryId(SUBSCRIPTION, "images", (f"gallery{place}",)).definition("ubuntu-24.04")
    fields = {
        "definition": definition,
        "version_id": definition.version("1.0.0"),
        "state": MigrationState.REPLICATING,
        "regions": [
            RegionProgress(region=f"region{number}", state="Completed", progress=100)
            for number in range(regions)
        ],
        "operation_url": SIGNED,
        "watched_by": f"watch-0123-{place}",
    }
    return TargetStatus(**{**fields, **changes})


def status(targets: list[TargetStatus], **changes: Any) -> MigrationStatus:
    return MigrationStatus(image=image_id(), targets=targets, **changes)


def test_signed_urls_are_never_shown() -> None:
    shown = custom_status(status([target(0), target(1), target(2)]))
    assert "operation_url" not in str(shown)
    assert len(shown["targets"][2]["regions"]) == 3


@pytest.mark.parametrize(
    "large",
    [
        status([target(place, regions=40) for place in range(5)]),
        status(
            [target(0, failure=Failure(code="Conflict", message="m" * 9000))],
            reason="r" * 9000,
            fix="f" * 9000,
        ),
        status([target(0)], warnings=["w" * 900] * 20),
    ],
    ids=["many regions", "long texts", "many warnings"],
)
def test_whatever_is_told_fits(large: MigrationStatus) -> None:
    """A custom status that is too large fails the orchestration."""
    shown = custom_status(large)
    assert len(json.dumps(shown)) <= MOST_CHARACTERS
    again = MigrationStatus.model_validate(shown)
    assert [kept.watched_by for kept in again.targets] == [told.watched_by for told in large.targets]


def test_what_fits_is_shown_whole() -> None:
    small = status([target(0, operation_url=None)], reason="because", warnings=["look out"])
    assert MigrationStatus.model_validate(custom_status(small)) == small
