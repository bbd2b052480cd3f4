"""The writes of promotions, elections and rollbacks, in an order that never leaves a region without a latest."""

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.promotion.flags import FlagChange, VersionFlags, merged_changes
from domain.promotion.latest import resolve
from domain.promotion.rings import foreign_regions, rings_of
from domain.promotion.steps import (
    cannot_be_restored,
    election_changes,
    promotion_changes,
    restoring_changes,
)
from domain.resources.galleries import ImageVersion
from domain.resources.versions import Version
from tests.unit.domain.promotion.estates import REGIONS, a_version, after, estates, latest, version_id


def flags_of(versions: list[ImageVersion]) -> list[VersionFlags]:
    return [VersionFlags.of(one) for one in versions]


@given(estates(), st.data())
def test_a_promotion_makes_the_version_latest_ring_by_ring_and_nowhere_else(
    versions: list[ImageVersion], data: st.DataObject
) -> None:
    target = data.draw(st.sampled_from(versions))
    own = [region.name for region in target.target_regions]
    rings = rings_of(data.draw(st.lists(st.lists(st.sampled_from(REGIONS), unique=True), max_size=3)), own)
    assert sorted(region for ring in rings for region in ring) == sorted(own)
    before, done = latest(versions), set[str]()
    offered = [name for name in own if not VersionFlags.of(target).excluded_in(name)]
    for number, ring in enumerate(rings, 1):
        current = VersionFlags.of(next(one for one in versions if one.id == target.id))
        (change,) = promotion_changes(current, ring, last=number == len(rings))
        versions = after(versions, change)
        done |= set(ring)
        written = VersionFlags.of(next(one for one in versions if one.id == target.id))
        assert None not in written.regions.values()
        assert {name for name in own if not written.excluded_in(name)} == done | set(offered)
        assert written.own is (number < len(rings))
        for region in set(REGIONS) - done:
            assert latest(versions)[region] == before[region]


@given(estates(least=2), st.data())
def test_an_election_never_leaves_a_region_without_a_latest_and_passes_through_none(
    versions: list[ImageVersion], data: st.DataObject
) -> None:
    target = data.draw(st.sampled_from(versions))
    ring = [
        region.region
        for region in target.replication or []
        if region.state == "Completed" and _is_older(target, versions, region.region)
    ]
    assume(ring)
    before = latest(versions)
    flags = flags_of(versions)
    others = [one for one in flags if one.version != target.id]
    changes = election_changes(VersionFlags.of(target), others, ring, last=data.draw(st.booleans()))
    for change in changes:
        versions = after(versions, change)
        for region, found in latest(versions).items():
            allowed = {before[region], target.id.name} if region in ring else {before[region]}
            assert found in allowed
    assert {latest(versions)[region] for region in ring} == {target.id.name}

    restored = versions
    for change in restoring_changes(flags, flags_of(versions)):
        restored = after(restored, change)
        for region, found in latest(restored).items():
            assert found in {before[region], target.id.name}
    assert flags_of(restored) == flags


def _is_older(target: ImageVersion, versions: list[ImageVersion], region: str) -> bool:
    found = resolve(versions, region).version
    return found is not None and Version.parse(target.id.name) <= Version.parse(found)


@given(estates(), estates())
def test_a_rollback_restores_exactly_the_record(
    recorded: list[ImageVersion], others: list[ImageVersion]
) -> None:
    """Whatever was written since: versions and regions that still exist get their flags back, and no others do."""
    record = flags_of(recorded)
    names = {one.id for one in recorded}
    now = [one for one in others if one.id in names] + [one for one in others if one.id not in names]
    restored = now
    for change in restoring_changes(record, flags_of(now)):
        restored = after(restored, change)
    known = {one.version: one for one in record}
    for before, found in zip(flags_of(now), flags_of(restored), strict=True):
        wanted = known.get(found.version)
        if wanted is None:
            assert found == before
            continue
        assert found.own == wanted.own
        for region, flag in found.regions.items():
            assert flag == wanted.regions.get(region, before.regions[region])
    gone = {one.version for one in record} - {one.id for one in now}
    lost = cannot_be_restored(record, flags_of(now))
    assert all(any(str(one) in text for text in lost) for one in gone)


def test_the_last_ring_of_an_election_clears_the_flag_of_its_own_only_if_nothing_else_changes() -> None:
    target = VersionFlags.of(a_version("1.0.0", {"eastus2": None, "westeurope": None}, excluded=True))
    assert election_changes(target, [], ["eastus2"], last=True)[0].own is None
    assert election_changes(target, [], ["eastus2", "westeurope"], last=True)[0].own is False


def test_regions_in_no_ring_come_last_and_foreign_ones_are_left_out() -> None:
    wanted = [["westeurope", "brazilsouth"], ["brazilsouth"]]
    assert rings_of(wanted, list(REGIONS)) == [["westeurope"], ["eastus2", "northeurope"]]
    assert foreign_regions(wanted, REGIONS) == ["brazilsouth"]
    assert rings_of([], ["eastus2"]) == [["eastus2"]]


def test_changes_are_merged_by_version() -> None:
    first = FlagChange(version=version_id("1.0.0"), own=True, regions={"eastus2": False, "westeurope": True})
    second = FlagChange(version=version_id("1.0.0"), regions={"westeurope": False})
    (merged,) = merged_changes([first], [second])
    assert (merged.own, merged.regions) == (True, {"eastus2": False, "westeurope": False})
    shown = VersionFlags(version=version_id("1.0.0"), own=False, regions={"eastus2": True})
    assert merged.differences(shown) == [
        "1.0.0 has excludeFromLatest False of its own, not True",
        "1.0.0 has excludeFromLatest True in eastus2, not False",
        "1.0.0 is no longer replicated to westeurope",
    ]
