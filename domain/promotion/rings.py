"""The rings of a promotion: which regions get the version first."""

from collections.abc import Iterable, Sequence


def rings_of(wanted: Iterable[Sequence[str]], regions: Sequence[str]) -> list[list[str]]:
    """The rings over the version's regions, in their order. Regions in no ring come last, as one ring.

    Regions that the version does not have, and rings that are empty then, are left out.
    """
    named: set[str] = set()
    rings: list[list[str]] = []
    for ring in wanted:
        here = [region for region in dict.fromkeys(ring) if region in regions and region not in named]
        named |= set(here)
        if here:
            rings.append(here)
    rest = [region for region in regions if region not in named]
    return [*rings, rest] if rest else rings


def foreign_regions(wanted: Iterable[Sequence[str]], regions: Sequence[str]) -> list[str]:
    """The regions of rings that the version does not have."""
    return sorted({region for ring in wanted for region in ring} - set(regions))
