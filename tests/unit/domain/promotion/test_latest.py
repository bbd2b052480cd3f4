"""What latest resolves to, and why no higher version is it."""

import pytest
from hypothesis import given

from domain.promotion.latest import PassedOver, latest_of, regions_of, resolve, unread
from domain.resources.galleries import ImageVersion
from domain.resources.versions import Version
from tests.unit.domain.promotion.estates import REGIONS, a_version, estates


@given(estates())
def test_latest_is_the_highest_version_that_is_there_and_not_excluded(versions: list[ImageVersion]) -> None:
    for region in REGIONS:
        usable = []
        for version in versions:
            flags = {one.name: one.exclude_from_latest for one in version.target_regions}
            there = any(
                one.region == region and one.state == "Completed" for one in version.replication or []
            )
            flag = flags.get(region)
            if region in flags and there and not (version.exclude_from_latest if flag is None else flag):
                usable.append(Version.parse(version.id.name))
        found = resolve(versions, region)
        assert found.certain
        assert found.version == (str(max(usable)) if usable else None)


@given(estates())
def test_every_higher_version_has_its_reason(versions: list[ImageVersion]) -> None:
    for region in REGIONS:
        found = resolve(versions, region)
        floor = Version.parse(found.version) if found.version else Version(-1, 0, 0)
        higher = sorted(
            (number for one in versions if (number := Version.parse(one.id.name)) > floor), reverse=True
        )
        assert [one.version for one in found.passed_over] == [str(number) for number in higher]


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (a_version("2.0.0", {"eastus2": True}), "excluded-by-region"),
        (a_version("2.0.0", {"eastus2": None}, excluded=True), "excluded-by-version"),
        (a_version("2.0.0", {"westeurope": None}), "not-replicated"),
        (a_version("2.0.0", states={"eastus2": "Replicating"}), "not-replicated"),
        (a_version("2.0.0", states={"eastus2": "Failed"}), "failed"),
        (a_version("2.0.0", provisioning_state="Deleting"), "deleting"),
    ],
)
def test_a_version_is_passed_over_for_a_reason(version: ImageVersion, why: str) -> None:
    found = resolve([version, a_version("1.0.0")], "eastus2")
    assert found.version == "1.0.0"
    assert found.passed_over == [PassedOver(version="2.0.0", why=why)]  # type: ignore[arg-type]


def test_a_region_that_is_not_excluded_wins_over_an_excluded_version() -> None:
    version = a_version("2.0.0", {"eastus2": False, "westeurope": None}, excluded=True)
    assert resolve([version], "eastus2").version == "2.0.0"
    assert resolve([version], "westeurope").version is None


def test_what_is_not_known_is_never_latest() -> None:
    unknown = a_version("2.0.0", replication=None)
    strange = a_version("3.0.0", states={"eastus2": "Suspended"})
    for higher in (unknown, strange):
        found = resolve([a_version("1.0.0"), higher], "eastus2")
        assert (found.version, found.certain) == (None, False)
    assert latest_of([resolve([unknown], "eastus2")]) == {}


def test_only_the_versions_that_decide_are_read() -> None:
    versions = [
        a_version("1.0.0", replication=None),
        a_version("2.0.0", replication=None),
        a_version("3.0.0", excluded=True, replication=None),
    ]
    assert [one.name for one in unread(versions, REGIONS)] == ["2.0.0"]
    assert regions_of(versions) == list(REGIONS)


def test_soft_deleted_versions_above_latest_are_named() -> None:
    found = resolve([a_version("1.0.0")], "eastus2", ["1.0.5", "0.9.0", "odd"])
    assert found.version == "1.0.0"
    assert found.passed_over == [PassedOver(version="1.0.5", why="soft-deleted")]


def test_a_name_that_is_no_number_is_never_latest() -> None:
    assert resolve([a_version("newest")], "eastus2").version is None
