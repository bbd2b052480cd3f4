"""How a promotion, and the plan of one, look."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import PlannedPromotion, Promotion
from cli.names import short
from cli.output import Column, facts, shown, table_of
from cli.views.parts import bars, clock, failure, headline, reason, waiting, warnings
from domain.promotion.latest import RegionLatest

LATEST = [
    Column[RegionLatest]("region", lambda one: one.region),
    Column[RegionLatest]("latest", lambda one: one.version if one.certain else "not certain"),
    Column[RegionLatest](
        "passed over", lambda one: "; ".join(f"{passed.version}: {passed.why}" for passed in one.passed_over)
    ),
]


def parts(promotion: Promotion) -> Sequence[RenderableType]:
    """All that matters."""
    return [
        *live(promotion, compact=False),
        *warnings(promotion.warnings),
        facts(
            [
                ("action", promotion.action),
                ("latest", promotion.latest),
                ("promoted", promotion.promoted),
                ("pending", promotion.pending),
                ("bakes", f"{promotion.bake_hours:g} hours in each ring"),
                ("can roll back", promotion.can_roll_back),
                ("still running", promotion.still_running),
                ("started", f"{clock(promotion.created)} by {promotion.started_by}"),
                ("ordered by", promotion.ordered_by),
                ("id", promotion.id),
            ]
        ),
    ]


def live(promotion: Promotion, compact: bool) -> Sequence[RenderableType]:
    """Its ring, the regions, and a bar for each scale set that follows."""
    followers = [one for one in promotion.followers if not (compact and one.has_taken)]
    rows = [(one.name, float(one.taken), float(one.instances), _follower(one.window)) for one in followers]
    return [
        headline(short(promotion.version), promotion.state, _ring(promotion)),
        *waiting(promotion.waiting_for),
        *_rings(promotion, compact=compact),
        *([bars(rows)] if rows else []),
        *reason(promotion.reason, promotion.fix),
        *failure(promotion.failure),
    ]


def lines(promotion: Promotion) -> Sequence[str]:
    """What changes while it runs."""
    return [
        *(f"{region}: latest" for region in promotion.promoted),
        *(f"{one.name}: {one.taken} of {one.instances} instances upgraded" for one in promotion.followers),
        *([f"waits: {promotion.waiting_for.reason}"] if promotion.waiting_for else []),
        *([f"reason: {promotion.reason}"] if promotion.reason else []),
    ]


def plan_parts(plan: PlannedPromotion) -> Sequence[RenderableType]:
    """What a promotion would do."""
    return [
        headline(short(plan.version), "cannot be promoted" if plan.obstacle else "can be promoted"),
        *failure(plan.obstacle),
        *(
            Text(
                f"  ring {number}: {', '.join(ring.regions)}{_upgrading(ring.followers)}",
                overflow="fold",
            )
            for number, ring in enumerate(plan.rings, 1)
        ),
        Text(f"  {plan.instances} instances would upgrade by themselves."),
        *(
            [Text(f"  nothing to fall back on in {', '.join(plan.no_fallback)}", style="yellow")]
            if plan.no_fallback
            else []
        ),
        *warnings(plan.warnings),
        table_of(plan.latest, LATEST),
    ]


def passed_over(found: RegionLatest | None) -> Sequence[RenderableType]:
    """What `latest` resolves to in one region."""
    return [table_of([found], LATEST)] if found is not None else []


def _upgrading(followers: Iterable[object]) -> str:
    names = [f"{short(getattr(one, 'id', ''))} ({getattr(one, 'upgrading', 0)})" for one in followers]
    return f"; upgrades {', '.join(names)}" if names else ""


def _ring(promotion: Promotion) -> str:
    return f"ring {promotion.ring} of {len(promotion.rings)}" if promotion.rings else ""


def _rings(promotion: Promotion, *, compact: bool) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for number, ring in enumerate(promotion.rings, 1):
        done = all(region in promotion.promoted for region in ring)
        if compact and done and number < promotion.ring:
            continue
        mark = "+" if done else ">" if number == promotion.ring else " "
        until = f", bakes until {clock(promotion.bake_until)}" if promotion.bake_until and mark != " " else ""
        until = until if number == promotion.ring else ""
        lines.append(Text(f"  {mark} ring {number}: {shown(ring)}{until}", overflow="fold"))
    return lines


def _follower(window: str | None) -> str:
    return f"upgrades in its window: {window}" if window else ""
