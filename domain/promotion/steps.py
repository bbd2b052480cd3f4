"""Which flags are written for a ring, and for a rollback, and in which order.

No order leaves a region without a `latest` that has one before and after, and none lets `latest` pass through a version
in between: machines that are made in that moment would get it.
"""

from collections.abc import Iterable, Sequence

from domain.promotion.flags import FlagChange, VersionFlags


def promotion_changes(version: VersionFlags, ring: Sequence[str], *, last: bool) -> list[FlagChange]:
    """The change that promotes a version in a ring.

    Until the last ring the version itself stays excluded, and every region has a flag of its own: a region that is
    added or healed meanwhile then gets nothing by itself. The last ring's change also clears the version's flag, which
    is the only one that tools look at which resolve `latest` themselves (terraform-provider-azurerm PR #21822).
    """
    regions: dict[str, bool | None] = {region: version.excluded_in(region) for region in version.regions}
    regions |= dict.fromkeys(ring, False)
    return [FlagChange(version=version.version, own=not last, regions=regions)]


def election_changes(
    version: VersionFlags, others: Iterable[VersionFlags], ring: Sequence[str], *, last: bool
) -> list[FlagChange]:
    """The changes that make an older version `latest` in a ring.

    First it may be `latest`, which changes nothing while higher ones are. Then the higher ones are excluded, the lowest
    of them first: `latest` goes from the highest to the elected one in a single step.
    """
    # its own flag is cleared with the last ring, if that makes no difference to a region outside the rings
    outside = [name for name in version.regions if name not in ring and version.excluded_in(name)]
    own = False if last and not outside else None
    changes = [FlagChange(version=version.version, own=own, regions=dict.fromkeys(ring, False))]
    higher = sorted((one for one in others if one.number > version.number), key=lambda one: one.number)
    for one in higher:
        offered = [region for region in ring if region in one.regions and not one.excluded_in(region)]
        if offered:
            changes.append(FlagChange(version=one.version, regions=dict.fromkeys(offered, True)))
    return changes


def restoring_changes(before: Iterable[VersionFlags], current: Iterable[VersionFlags]) -> list[FlagChange]:
    """The changes that restore the recorded flags, the highest version first.

    So what was `latest` before is offered again before the lower version that was elected is excluded. Versions and
    regions that are gone are left out.
    """
    now = {one.version: one for one in current}
    changes = []
    for record in sorted(before, key=lambda one: one.number, reverse=True):
        found = now.get(record.version)
        if found is None:
            continue
        regions = {
            name: flag
            for name, flag in record.regions.items()
            if name in found.regions and found.regions[name] != flag
        }
        own = record.own if record.own != found.own else None
        if regions or own is not None:
            changes.append(FlagChange(version=record.version, own=own, regions=regions))
    return changes


def cannot_be_restored(before: Iterable[VersionFlags], current: Iterable[VersionFlags]) -> list[str]:
    """What of the record is gone and cannot be restored, in words."""
    now = {one.version: one for one in current}
    lost = []
    for record in before:
        found = now.get(record.version)
        if found is None:
            lost.append(f"{record.version} no longer exists")
            continue
        lost += [
            f"{record.version.name} is no longer replicated to {region}"
            for region in record.regions
            if region not in found.regions
        ]
    return lost
