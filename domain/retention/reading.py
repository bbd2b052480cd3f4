"""Which versions have to be read one by one: a list of versions does not show where they are replicated (recorded)."""

from collections.abc import Sequence

from domain.resources.galleries import ImageVersion, RegionProgress
from domain.resources.ids import ImageVersionId
from domain.retention.decide import Situation, by_number, decide, is_own
from domain.retention.ladder import is_excluded_in

# some of the newest versions may not be good, and some of the oldest may be kept for what only a reading shows
SPARE = 5
LOOKS_PER_REGION = 4
MOST_READ = 2000


def to_read(versions: Sequence[ImageVersion], situation: Situation) -> list[ImageVersionId]:
    """The versions whose replication decides something: the newest, those that may be `latest`, and the candidates.

    A version that is not read is kept.
    """
    if not situation.rules.active:
        return []
    numbered = by_number(versions)
    own = [version for version in numbered if is_own(version)]
    wanted = own[: (situation.rules.keep_last or 0) + SPARE]
    for name in sorted({region.name for version in numbered for region in version.target_regions}):
        wanted += [version for version in numbered if _may_be_latest(version, name)][:LOOKS_PER_REGION]
    by_id = {version.id: version for version in versions}
    judged = decide([_as_if_everywhere(version) for version in versions], situation)
    candidates = [by_id[one.version] for one in judged if one.step]
    wanted += candidates[: most_candidates(situation)]
    return list(dict.fromkeys(version.id for version in wanted))[:MOST_READ]


def most_candidates(situation: Situation) -> int:
    """How many versions are proposed: more than the cap, for some of them may be refused."""
    return 2 * situation.rules.most_per_run + SPARE


def _may_be_latest(version: ImageVersion, name: str) -> bool:
    return any(
        region.name == name and not is_excluded_in(version, region) for region in version.target_regions
    )


def _as_if_everywhere(version: ImageVersion) -> ImageVersion:
    """The version as it is at best: only what is a candidate then can be one."""
    copy = version.model_copy()
    copy.replication = [
        RegionProgress(region=region.name, state="Completed", progress=100)
        for region in version.target_regions
    ]
    return copy
