"""When Azure's limits run out at the rate of the last 30 days."""

from datetime import timedelta

from domain.resources.galleries import PublishedRegion
from domain.retention.forecast import (
    MOST_DEFINITIONS,
    MOST_VERSIONS,
    Counted,
    forecast_limits,
    forecasts,
    most_replicas,
)
from tests.unit.builders import NOW, definition, version


def test_the_limit_that_runs_out_first_comes_first() -> None:
    recent = [version(f"1.0.{patch}", published_at=NOW - timedelta(days=patch)) for patch in range(30)]
    old = [version(f"0.0.{patch}", published_at=NOW - timedelta(days=99)) for patch in range(70)]
    versions, definitions = forecasts([definition()], [*recent, *old], NOW)
    assert (versions.limit, versions.region, versions.used, versions.added) == (
        "image versions",
        "westeurope",
        100,
        30,
    )
    assert versions.days_left == MOST_VERSIONS - 100
    assert (definitions.limit, definitions.region, definitions.added, definitions.days_left) == (
        "image definitions",
        "northeurope",
        0,
        None,
    )


def test_what_has_no_date_is_counted_and_said() -> None:
    (found,) = forecasts([], [version("1.0.0", published_at=None)], NOW)
    assert (found.used, found.added, found.days_left, found.undated) == (1, 0, None, 1)


def test_a_new_definition_is_one_whose_first_version_is_new() -> None:
    new = [version("1.0.0", published_at=NOW - timedelta(days=1))]
    found = {one.limit: one for one in forecasts([definition()], new, NOW)}
    assert found["image definitions"].added == 1


def test_each_subscription_and_region_has_limits_of_its_own() -> None:
    """A thousand definitions in one region are too many, five hundred in each of two are not."""
    here = [Counted("A", region, NOW - timedelta(days=day)) for day in range(10) for region in ("x", "y")]
    found = forecast_limits([*here, Counted("b", "x", None)], [], NOW)
    assert [(one.subscription, one.region, one.used, one.added, one.days_left) for one in found] == [
        ("a", "x", 10, 10, (MOST_DEFINITIONS - 10) * 3),
        ("a", "y", 10, 10, (MOST_DEFINITIONS - 10) * 3),
        ("b", "x", 1, 0, None),
    ]


def test_the_version_with_the_most_replicas_is_found() -> None:
    regions = [
        PublishedRegion(name="westeurope", replicas=40),
        PublishedRegion(name="northeurope", replicas=50),
    ]
    found = most_replicas([version("1.0.0"), version("1.0.1", target_regions=regions)])
    assert found is not None
    assert (found.region, found.used, found.most) == ("1.0.1", 90, 100)
    assert most_replicas([]) is None
