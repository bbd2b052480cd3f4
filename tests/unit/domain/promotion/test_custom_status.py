"""A promotion's custom status fits, whatever the fleet, and still says what there is to roll back."""

import json

from domain.fitting import MOST_CHARACTERS
from domain.promotion.custom_status import promotion_custom_status
from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Follower
from domain.promotion.status import PromotionStatus
from tests.unit.domain.promotion.estates import version_id

VERSION = version_id("1.0.0")


def followers(count: int, taken: int = 0) -> list[Follower]:
    return [
        Follower(id=f"/subscriptions/s/{number:040d}", region="eastus2", instances=2, taken=taken)
        for number in range(count)
    ]


def test_a_small_status_is_shown_as_it_is() -> None:
    status = PromotionStatus.of(VERSION, "promote", "ann")
    assert promotion_custom_status(status) == status.model_dump(mode="json")


def test_followers_that_have_not_taken_the_version_stay_longest() -> None:
    status = PromotionStatus.of(VERSION, "promote", "ann").model_copy(
        update={"followers": [*followers(100, taken=2), *followers(3)]}
    )
    shown = promotion_custom_status(status)
    assert (len(json.dumps(shown)) <= MOST_CHARACTERS, len(shown["followers"])) == (True, 3)


def test_the_status_of_a_large_fleet_with_long_texts_fits() -> None:
    regions = {f"region{number}": True for number in range(60)}
    status = PromotionStatus.of(VERSION, "elect", "ann").model_copy(
        update={
            "followers": followers(500),
            "before": [
                VersionFlags(version=version_id(f"1.0.{n}"), own=True, regions=regions) for n in range(40)
            ],
            "written": [FlagChange(version=version_id(f"1.0.{n}"), regions=regions) for n in range(40)],
            "warnings": ["w" * 4000] * 30,
            "reason": "r" * 9000,
            "fix": "f" * 9000,
            "latest": dict.fromkeys(regions, "1.0.0"),
        }
    )
    shown = promotion_custom_status(status)
    assert len(json.dumps(shown)) <= MOST_CHARACTERS
    again = PromotionStatus.model_validate(shown)
    assert (again.version_id, again.action, len(again.written)) == (VERSION, "elect", 1)
