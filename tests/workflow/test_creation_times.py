"""ARM's list of resources, which alone has creation times, lags and misses images; the versions stay right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.arm import delete_image
from local.stack import Stack
from tests.workflow.estate import PACE, POLICY, SEED, Estate, an_image


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """App and Azure share one clock, so that the list lags by the time of both."""
    stack = Stack(tmp_path, SEED, POLICY, PACE, one_clock=True)
    with stack, Estate(stack) as estate:
        yield estate


def migrated(estate: Estate, image: str, **choices: Any) -> dict[str, Any]:
    estate.start(image, **choices)
    migration = estate.ended(image)
    assert migration["state"] == "completed"
    return migration


def test_an_image_that_is_never_listed_is_migrated_once_and_its_plan_says_so(estate: Estate) -> None:
    estate.stack.control("POST", "switches", {"unlisted_resources": ["*/images/unlisted"]})
    image = estate.write(an_image("unlisted"))

    first = migrated(estate, image)
    again = migrated(estate, image)

    assert "its creation time is unknown" in " ".join(first["warnings"])
    assert [target["targets"][0]["outcome"] for target in (first, again)] == ["created", "adopted"]
    assert list(estate.versions("unlisted")) == ["1.0.0"]


def test_a_new_image_waits_until_it_is_listed(estate: Estate) -> None:
    estate.stack.control("POST", "switches", {"resource_list_lag_seconds": 300})
    migration = migrated(estate, estate.write(an_image("late")))
    assert migration["warnings"] == []


def test_other_content_is_one_more_version_although_the_list_shows_the_former_image(estate: Estate) -> None:
    """And when the list is corrected, the version is adopted."""
    image = estate.write(an_image("forced", blob="first"))
    migrated(estate, image)
    estate.stack.control("POST", "switches", {"resource_list_lag_seconds": 3600})
    delete_image(estate.stack, image)
    estate.write(an_image("forced", blob="second"))

    lagging = migrated(estate, image)
    estate.stack.control("POST", "switches", {"resource_list_lag_seconds": 0})
    corrected = migrated(estate, image)

    assert [target["targets"][0]["outcome"] for target in (lagging, corrected)] == ["created", "adopted"]
    assert sorted(estate.versions("forced")) == ["1.0.0", "1.0.1"]
