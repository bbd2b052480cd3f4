"""Builds versions of one definition with any flags and replication, for the tests of promotions."""

from hypothesis import strategies as st

from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.latest import resolve
from domain.resources.galleries import ImageVersion, PublishedRegion, RegionProgress
from domain.resources.ids import ImageVersionId
from tests.unit.builders import definition_id

REGIONS = ("eastus2", "northeurope", "westeurope")
DEFINITION = definition_id("web")


def version_id(number: str) -> ImageVersionId:
    return DEFINITION.version(number)


def a_version(
    number: str,
    regions: dict[str, bool | None] | None = None,
    *,
    excluded: bool = False,
    states: dict[str, str] | None = None,
    **changes: object,
) -> ImageVersion:
    """A version with these regions and their flags, replicated everywhere unless `states` say otherwise."""
    flags = dict.fromkeys(REGIONS) if regions is None else regions
    fields = {
        "id": version_id(number),
        "location": "eastus2",
        "target_regions": [
            PublishedRegion(name=name, exclude_from_latest=flag) for name, flag in flags.items()
        ],
        "exclude_from_latest": excluded,
        "replication": [
            RegionProgress(region=name, state=(states or {}).get(name, "Completed"), progress=100)
            for name in flags
        ],
        "provisioning_state": "Succeeded",
    }
    return ImageVersion.model_validate({**fields, **changes})


def with_flags(version: ImageVersion, flags: VersionFlags) -> ImageVersion:
    """The version with other flags."""
    copy = version.model_copy(deep=True)
    copy.exclude_from_latest = flags.own
    for region in copy.target_regions:
        region.exclude_from_latest = flags.regions[region.name]
    return copy


def after(versions: list[ImageVersion], change: FlagChange) -> list[ImageVersion]:
    """The versions after a write."""
    return [
        with_flags(one, change.applied(VersionFlags.of(one))) if one.id == change.version else one
        for one in versions
    ]


def latest(versions: list[ImageVersion]) -> dict[str, str | None]:
    """What latest resolves to in each region."""
    return {region: resolve(versions, region).version for region in REGIONS}


FLAG = st.sampled_from([None, True, False])
NUMBERS = st.sampled_from(["1.0.0", "1.0.1", "1.0.10", "1.2.0", "2.0.0", "10.0.0"])


@st.composite
def estates(draw: st.DrawFn, least: int = 1) -> list[ImageVersion]:
    """Versions with any flags in any regions, replicated or not."""
    numbers = draw(st.lists(NUMBERS, min_size=least, max_size=5, unique=True))
    found = []
    for number in numbers:
        regions = draw(st.lists(st.sampled_from(REGIONS), min_size=1, unique=True))
        states = draw(
            st.fixed_dictionaries(
                {
                    name: st.sampled_from(["Completed", "Completed", "Replicating", "Failed"])
                    for name in regions
                }
            )
        )
        flags = {name: draw(FLAG) for name in regions}
        found.append(a_version(number, flags, excluded=draw(st.booleans()), states=states))
    return found
