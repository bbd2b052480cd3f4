"""A rehearsal as text, for people: a summary first, then what is made, blocked, promoted, retired and deleted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rehearsal.prices import Money, Storage
from rehearsal.report import LeftAlone, Rehearsal, RehearsedImage

# of a long list; JSON has all of it
MOST_LISTED = 25
_MOMENT = "%Y-%m-%d %H:%M"


def lines(report: Rehearsal, most: int = MOST_LISTED) -> Iterator[str]:
    """Yields the lines of the report."""
    yield from summary(report)
    made = [one for one in report.migrations if one.versions]
    yield from _section(f"Made: {len(made)}", map(_made, made), most)
    yield from _not_made(report.migrations, most)
    yield from _section(f"Ignored: {len(report.ignored)}", map(_ignored, report.ignored), most)
    yield from _section("Promoted", _promotions(report), most)
    yield from _section("Retired", _retirements(report), most)
    yield from _section(
        "Deleted", (f"{one.at:{_MOMENT}}  {one.kind} {short(one.id)}" for one in report.deletions), most
    )
    yield from _section("Warnings", _warnings(report.migrations), most)
    yield from _section(
        "Not rehearsed", (f"{short(one.id)}: {one.why}" for one in report.not_rehearsed), most
    )
    yield from _section("Assumed", report.assumptions, len(report.assumptions))


def summary(report: Rehearsal) -> Iterator[str]:
    """Yields the figures of a rehearsal."""
    calls = report.arm_calls
    yield f"Rehearsal of {report.policy} over {count(report.images, 'managed image')}, seed {report.seed}"
    yield ""
    yield from _aligned(
        [
            ("migrations", _counted(report.counts) or "none"),
            ("left alone", _counted(report.left_alone) or "none"),
            ("duration", f"{hours(report.hours)} of Azure's time until the last migration ended"),
            ("ARM calls", f"{calls.total}, of which {calls.failed} failed"),
            ("throttling", _throttling(calls.throttled, calls.throttled_by_kind)),
            ("storage", _storage(report.storage)),
            ("money", _money(report.money)),
            (
                "followed for",
                f"{report.days:g} days, with {count(report.approvals, 'approval')} by the rehearsal",
            ),
        ]
    )


def _followed(report: Rehearsal) -> str:
    if not (report.promotions or report.retirements or report.deletions):
        return "nothing follows the migrations"
    return f"{report.days:g} days, with {count(report.approvals, 'approval')} by the rehearsal"


def hours(amount: float) -> str:
    """Hours as a person says them."""
    return f"{amount * 60:.0f} minutes" if amount < 2 else f"{amount:.1f} hours"  # noqa: PLR2004 # below, hours say little


def short(resource_id: str) -> str:
    """The names of a resource id, without its subscription and its provider."""
    parts = resource_id.strip("/").split("/")
    names = parts[7::2] if len(parts) > 7 else parts[-1:]  # noqa: PLR2004 # seven segments before the first name
    return "/".join(names)


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _section(title: str, texts: Iterable[str], most: int) -> Iterator[str]:
    listed = list(texts)
    if not listed:
        return
    yield ""
    yield title
    yield from (f"  {text}" for text in listed[:most])
    if len(listed) > most:
        yield f"  … and {len(listed) - most} more; `-o json` lists all"


def _aligned(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in pairs)
    return (f"{name:<{width}}  {text}" for name, text in pairs)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def _throttling(total: int, by_kind: dict[str, int]) -> str:
    if not total:
        return "none met"
    kinds = ", ".join(f"{number} x {kind}" for kind, number in by_kind.items())
    return f"{count(total, 'answer')} of 429 ({kinds})"


def _storage(storage: Storage) -> str:
    parts = [f"{amount} GB {name}" for name, amount in storage.replicas.items() if amount]
    texts = [
        f"{storage.total} GB of new replicas at most ({', '.join(parts)})" if parts else "no new replicas"
    ]
    if storage.sent_to_other_regions:
        texts.append(f"{storage.sent_to_other_regions} GB sent to other regions")
    if storage.freed_by_deletions:
        texts.append(f"{storage.freed_by_deletions} GB of managed images freed")
    if storage.unknown:
        texts.append(f"{count(len(storage.unknown), 'image')} of unknown size not counted")
    return "; ".join(texts)


def _money(money: Money | None) -> str:
    if money is None:
        return "name prices to see it: --price Standard_LRS=…"
    amounts = (
        ("a month for replicas", money.monthly_for_replicas),
        ("once for the transfer", money.once_for_transfer),
        ("a month less by deletions", money.monthly_saved_by_deletions),
    )
    known = [f"{amount:.2f} {what}" for what, amount in amounts if amount]
    missing = f"no price is named for {', '.join(money.missing_prices)}" if money.missing_prices else ""
    return "; ".join([*known, *([missing] if missing else [])]) or "nothing"


def _made(one: RehearsedImage) -> str:
    versions = ", ".join(short(version) for version in one.versions)
    state = "" if one.state == "completed" else f"  [{one.state}: {one.reason}]"
    return f"{short(one.image)} -> {versions} in {', '.join(one.regions)} after {one.ended_at_minute:.0f} min{state}"


def _not_made(migrations: Sequence[RehearsedImage], most: int) -> Iterator[str]:
    """The others by their reasons, each with its fix once."""
    others = [one for one in migrations if not one.versions]
    reasons = Counter((one.state, one.reason or "", one.fix or "") for one in others)
    texts = []
    for (state, reason, fix), number in reasons.most_common():
        names = [short(one.image) for one in others if (one.state, one.reason or "") == (state, reason)]
        texts.append(f"{number} x {state}: {reason}")
        texts.append(f"    images: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}")  # noqa: PLR2004 # a few
        texts += [f"    fix: {fix}"] if fix else []
    return _section(f"Not made: {len(others)}", texts, most * 3)


def _ignored(one: LeftAlone) -> str:
    return f"{short(one.image)}: {one.rule}"


def _promotions(report: Rehearsal) -> Iterator[str]:
    for one in report.promotions:
        since = ", ".join(f"{region} {_moment(moment)}" for region, moment in one.promoted.items())
        reason = f" ({one.reason})" if one.reason else ""
        yield f"{short(one.version)}  {one.state}{reason}: {since or 'no region'}"


def _retirements(report: Rehearsal) -> Iterator[str]:
    for one in report.retirements:
        asked = f", approval wanted {_moment(one.approval_wanted_at)}" if one.approval_wanted_at else ""
        ended = f", {_moment(one.ended)}" if one.ended else ""
        unmet = f": {'; '.join(one.unmet)}" if one.unmet and not one.ended else ""
        yield f"{short(one.image)}  {one.state}{ended}{asked}{unmet}"


def _warnings(migrations: Sequence[RehearsedImage]) -> Iterator[str]:
    for one in migrations:
        yield from (f"{short(one.image)}: {warning}" for warning in one.warnings)


def _moment(moment: datetime | None) -> str:
    return f"{moment:{_MOMENT}}" if moment else "never"
