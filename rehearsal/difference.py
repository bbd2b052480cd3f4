"""What differs between the rehearsals of two policies over one snapshot."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

from rehearsal.report import LeftAlone, Rehearsal, RehearsedImage
from rehearsal.text import count, short

KIND: Literal["gallerist-rehearsal-difference"] = "gallerist-rehearsal-difference"
MOST_LISTED = 50


class Outcome(BaseModel):
    """What became of an image. The state is `ignored` or `left alone` if no migration was started."""

    state: str
    rule: str | None = None
    reason: str | None = None
    versions: list[str] = []
    regions: list[str] = []


class ImageChange(BaseModel):
    """An image that the two policies treat differently."""

    image: str
    first: Outcome
    second: Outcome


class Figure(BaseModel):
    """A figure that is different."""

    name: str
    first: float | None
    second: float | None


class Difference(BaseModel):
    """The difference, and both rehearsals."""

    kind: Literal["gallerist-rehearsal-difference"] = KIND
    first_policy: str
    second_policy: str
    figures: list[Figure]
    images: list[ImageChange]
    only_first: list[str]
    """What happens with the first policy only: promotions, retirements and deletions, in words."""
    only_second: list[str]
    first: Rehearsal
    second: Rehearsal

    @property
    def is_none(self) -> bool:
        """Whether both policies do the same."""
        return not (self.images or self.only_first or self.only_second)


def difference(first: Rehearsal, second: Rehearsal) -> Difference:
    """Compares two rehearsals."""
    before, after = _outcomes(first), _outcomes(second)
    nothing = Outcome(state="left alone")
    images = [
        ImageChange(image=name, first=before.get(name, nothing), second=after.get(name, nothing))
        for name in sorted({*before, *after})
        if _differs(before.get(name, nothing), after.get(name, nothing))
    ]
    events, others = set(_events(first)), set(_events(second))
    return Difference(
        first_policy=first.policy,
        second_policy=second.policy,
        figures=_figures(first, second),
        images=images,
        only_first=sorted(events - others),
        only_second=sorted(others - events),
        first=first,
        second=second,
    )


def lines(found: Difference, most: int = MOST_LISTED) -> Iterator[str]:
    """Yields the difference as text."""
    yield f"- {found.first_policy}"
    yield f"+ {found.second_policy}"
    if found.is_none:
        yield ""
        yield "Both policies do the same."
    if found.figures:
        width = max(len(one.name) for one in found.figures)
        yield ""
        yield from (
            f"{one.name:<{width}}  {_amount(one.first)} -> {_amount(one.second)}" for one in found.figures
        )
    if found.images:
        yield ""
        yield f"{count(len(found.images), 'image')} treated differently"
    for one in found.images[:most]:
        yield f"  {short(one.image)}"
        yield f"  - {_outcome(one.first)}"
        yield f"  + {_outcome(one.second)}"
    if len(found.images) > most:
        yield f"  … and {len(found.images) - most} more; `-o json` lists all"
    if found.only_first or found.only_second:
        yield ""
        yield "What follows"
        yield from (f"  - {text}" for text in found.only_first[:most])
        yield from (f"  + {text}" for text in found.only_second[:most])


def _outcomes(rehearsal: Rehearsal) -> dict[str, Outcome]:
    ignored = {one.image.lower(): _ignored(one) for one in rehearsal.ignored}
    return ignored | {one.image.lower(): _migrated(one) for one in rehearsal.migrations}


def _ignored(one: LeftAlone) -> Outcome:
    return Outcome(state=one.category, rule=one.rule, reason=one.why)


def _migrated(one: RehearsedImage) -> Outcome:
    return Outcome(
        state=one.state,
        rule=one.rule,
        reason=one.reason,
        # the service shows resource groups in either case
        versions=sorted(version.lower() for version in one.versions),
        regions=one.regions,
    )


def _differs(first: Outcome, second: Outcome) -> bool:
    """A rule with another name that does the same is no difference."""
    return (first.state, first.versions, first.regions) != (second.state, second.versions, second.regions)


def _figures(first: Rehearsal, second: Rehearsal) -> list[Figure]:
    before, after = dict(_measured(first)), dict(_measured(second))
    names = list(dict.fromkeys((*before, *after)))
    pairs = [Figure(name=name, first=before.get(name), second=after.get(name)) for name in names]
    return [one for one in pairs if one.first != one.second]


def _measured(one: Rehearsal) -> Iterator[tuple[str, float | None]]:
    yield from ((f"migrations {state}", number) for state, number in one.counts.items())
    yield from ((f"left alone: {name}", number) for name, number in one.left_alone.items())
    yield "hours", one.hours
    yield "ARM calls", one.arm_calls.total
    yield "throttled calls", one.arm_calls.throttled
    yield "gigabytes of new replicas", one.storage.total
    yield "gigabytes sent to other regions", one.storage.sent_to_other_regions
    yield "gigabytes freed by deletions", one.storage.freed_by_deletions
    if one.money is not None:
        yield "a month for replicas", one.money.monthly_for_replicas
        yield "once for the transfer", one.money.once_for_transfer
        yield "a month less by deletions", one.money.monthly_saved_by_deletions


def _events(one: Rehearsal) -> Iterator[str]:
    """What follows, without its times: those differ by minutes for no reason that matters."""
    for promotion in one.promotions:
        regions = ", ".join(sorted(promotion.promoted)) or "no region"
        yield f"{short(promotion.version)} {promotion.state} in {regions}"
    for retirement in one.retirements:
        yield f"{short(retirement.image)} {retirement.state}"
    for deletion in one.deletions:
        yield f"{deletion.kind} {short(deletion.id)} deleted on {deletion.at:%Y-%m-%d}"


def _outcome(one: Outcome) -> str:
    versions = ", ".join(short(version) for version in one.versions)
    made = f" {versions} in {', '.join(one.regions)}" if versions else ""
    reason = f": {one.reason}" if one.reason and not versions else ""
    return f"{one.state}{made}{reason}"


def _amount(number: float | None) -> str:
    return "none" if number is None else f"{number:g}"
