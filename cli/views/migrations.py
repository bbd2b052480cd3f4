"""How a migration looks."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import Migration, MigrationTarget
from cli.names import short
from cli.output import facts
from cli.views.parts import WHOLE, bars, clock, failure, headline, reason, waiting, warnings
from domain.resources.galleries import RegionProgress


def parts(migration: Migration) -> Sequence[RenderableType]:
    """All that matters."""
    return [
        headline(migration.image.name, migration.state),
        *reason(migration.reason, migration.fix),
        *waiting(migration.waiting_for),
        *(part for target in migration.targets for part in _target(target, compact=False)),
        *warnings(migration.warnings),
        facts(
            [
                ("image", migration.image),
                ("rule", migration.rule),
                ("started", f"{clock(migration.created)} by {migration.started_by}"),
                ("updated", clock(migration.updated)),
                ("next look", migration.next_look and clock(migration.next_look)),
                ("followed by", [address.rpartition("/")[2] for address in migration.followed_by]),
                ("id", migration.id),
            ]
        ),
    ]


def live(migration: Migration, compact: bool) -> Sequence[RenderableType]:
    """Its state, and a bar for each region."""
    return [
        headline(migration.image.name, migration.state, _served(migration)),
        *waiting(migration.waiting_for),
        *(part for target in migration.targets for part in _target(target, compact=compact)),
        *reason(migration.reason, migration.fix),
    ]


def lines(migration: Migration) -> Sequence[str]:
    """What changes while it runs."""
    return [
        *([f"waits: {migration.waiting_for.reason}"] if migration.waiting_for else []),
        *(
            f"{_name(target)} {region.region}: {region.state}"
            for target in migration.targets
            for region in target.regions
        ),
        *(
            f"{_name(target)} proof in {proof.region}: {proof.verdict}"
            for target in migration.targets
            for proof in target.proofs
        ),
        *([f"reason: {migration.reason}"] if migration.reason else []),
        *([f"fix: {migration.fix}"] if migration.fix else []),
    ]


def _name(target: MigrationTarget) -> str:
    return short(target.version_id) if target.version_id else f"{target.gallery}/{target.definition}"


def _served(migration: Migration) -> str:
    regions = [region for target in migration.targets for region in target.regions]
    served = sum(region.state == "Completed" for region in regions)
    return f"{served} of {len(regions)} regions" if regions else ""


def _target(target: MigrationTarget, *, compact: bool) -> list[RenderableType]:
    shown = [region for region in target.regions if not (compact and region.state == "Completed")]
    proofs = [proof for proof in target.proofs if not (compact and proof.verdict == "proved")]
    if compact and not shown and not proofs and target.failure is None:
        return []
    return [
        headline(f"  {_name(target)}", target.state, target.outcome or ""),
        *([bars([_bar(region) for region in shown])] if shown else []),
        *(
            Text(f"    proof in {one.region} ({one.controller}): {one.verdict}", overflow="fold")
            for one in proofs
        ),
        *failure(target.failure, "    "),
    ]


def _bar(region: RegionProgress) -> tuple[str, float, float, str]:
    done = WHOLE if region.state == "Completed" else region.progress
    return f"  {region.region}", done, WHOLE, f"{region.state} {region.details}".strip()
