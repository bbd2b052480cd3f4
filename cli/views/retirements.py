"""How a retirement looks: every obligation, met or not."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import Retirement
from cli.names import short
from cli.output import facts
from cli.views.parts import clock, failure, headline, waiting
from domain.retirement.retirement import Obligation


def parts(retirement: Retirement) -> Sequence[RenderableType]:
    """All that matters."""
    approval = retirement.approval
    return [
        *live(retirement, compact=False),
        facts(
            [
                ("image", retirement.image),
                ("content", retirement.fingerprint),
                ("replaced by", [short(version) for version in retirement.replaced_by]),
                ("soaks until", retirement.soak_ends and clock(retirement.soak_ends)),
                ("expires", retirement.expires and clock(retirement.expires)),
                ("approved", approval and f"{clock(approval.at)} by {approval.by}: {approval.reason}"),
                ("certificate", retirement.certificate),
                ("started", f"{clock(retirement.created)} by {retirement.started_by}"),
                ("id", retirement.id),
            ]
        ),
    ]


def live(retirement: Retirement, compact: bool) -> Sequence[RenderableType]:
    """Its state and its obligations; `compact` leaves out those that are met."""
    met = sum(one.met for one in retirement.obligations)
    return [
        headline(
            retirement.image.name, retirement.state, f"{met} of {len(retirement.obligations)} obligations met"
        ),
        *waiting(retirement.waiting_for),
        *(obligation(one) for one in retirement.obligations if not (compact and one.met)),
        *failure(retirement.refusal),
        *([Text(f"  {retirement.reason}", overflow="fold")] if retirement.reason else []),
    ]


def obligation(one: Obligation) -> RenderableType:
    """One obligation: met or not, and who can change it."""
    mark, style = ("+", "green") if one.met else ("-", "yellow")
    why = f": {one.reason}" if one.reason else ""
    lifted = f" (lifted by {one.lifted_by})" if one.lifted_by and not one.met else ""
    return Text.assemble((f"  {mark} ", style), f"{one.number} {one.name}{why}{lifted}", overflow="fold")
