"""How references to an image or a version look, and the re-pointing of them."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import PlannedRepoint, Reference, Repointed, Repointing
from cli.names import short
from cli.output import Column, facts
from cli.views.parts import headline

COLUMNS = [
    Column[Reference]("blocks", lambda one: one.blocks),
    Column[Reference]("consumer", lambda one: short(one.id), lambda one: one.id),
    Column[Reference]("kind", lambda one: one.kind),
    Column[Reference]("part", lambda one: one.part),
    Column[Reference]("relation", lambda one: one.relation),
    Column[Reference]("why", lambda one: one.why),
    Column[Reference]("to do", lambda one: one.todo),
]


def plan_parts(plans: Sequence[PlannedRepoint]) -> Sequence[RenderableType]:
    """What re-pointing would do, consumer by consumer."""
    return [part for plan in plans for part in _plan(plan)]


def _plan(plan: PlannedRepoint) -> Sequence[RenderableType]:
    state = "can be re-pointed" if plan.possible else "cannot be re-pointed"
    return [
        headline(short(plan.consumer), state, plan.kind, plan.upgrade_mode or ""),
        *(Text(f"  {why}", overflow="fold") for why in plan.reasons),
        *(
            [Text(f"  ~ {short(plan.old)} -> {short(plan.new)}", style="yellow", overflow="fold")]
            if plan.possible
            else []
        ),
        *(Text(f"  {number}. {step}", overflow="fold") for number, step in enumerate(plan.steps, 1)),
    ]


def repointing_parts(found: Repointing) -> Sequence[RenderableType]:
    """A request to re-point consumers."""
    return [
        headline(short(found.version), "ended" if found.ended else "running"),
        *(part for one in found.consumers for part in _repointed(one)),
        facts([("started by", found.started_by), ("id", found.id)]),
    ]


def _repointed(one: Repointed) -> Sequence[RenderableType]:
    return [
        headline(f"  {short(one.id)}", one.outcome, one.reason),
        *(Text(f"    {number}. {step}", overflow="fold") for number, step in enumerate(one.steps, 1)),
    ]
