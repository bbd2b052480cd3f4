"""`gallerist promote`: makes a version `latest`."""

from typing import Annotated

import typer

from api.answers import PlannedPromotion
from cli import ask, names
from cli.commands.filters import Yes
from cli.commands.lineage import Version
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views.promotions import plan_parts
from client.calls import PromotionChoices
from domain.resources.ids import ImageVersionId

app = single()


@verb(app, calls=("post_promotion_plan", "post_promotion", "get_galleries"))
def promote(
    session: Session,
    *,
    version: Version,
    elect: Annotated[
        bool, typer.Option("--elect", help="Make an older version latest: every higher one is excluded.")
    ] = False,
    ring: Annotated[
        list[str] | None,
        typer.Option(
            "--ring", metavar="REGION,...", help="The regions of a ring. Given once for each, in order."
        ),
    ] = None,
    bake_hours: Annotated[
        float | None,
        typer.Option("--bake-hours", min=0, metavar="HOURS", help="How long each ring bakes at least."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region", metavar="REGION", help="With --elect: only this region. May be given several times."
        ),
    ] = None,
    yes: Yes = False,
) -> int:
    """Make a version latest, ring by ring.

    Shows what would happen, and asks. Without a terminal nothing is started unless --yes is given, and it ends with 2.
    """
    choices = PromotionChoices(action="elect" if elect else "promote")
    if ring:
        choices["rings"] = [[one.strip() for one in text.split(",") if one.strip()] for text in ring]
    if bake_hours is not None:
        choices["bake_hours"] = bake_hours
    if region:
        choices["regions"] = region
    return start(session, names.version_of(session, version), choices, yes=yes)


def start(session: Session, version: ImageVersionId, choices: PromotionChoices, *, yes: bool) -> int:
    """Shows the plan of a promotion, asks, and starts it."""
    plan: PlannedPromotion = session.client.plan_promotion(version, **choices)
    if not yes or plan.obstacle:
        session.output.thing(plan, *plan_parts(plan))
    if plan.obstacle:
        return ExitCode.ERROR
    if not ask.confirmed(session, "Promote it?", yes=yes):
        session.output.note("Nothing was started. --yes starts it without a question.")
        return ExitCode.CHANGES
    started = session.client.start_promotion(version, **choices)
    if session.output.for_people or yes:
        session.output.thing(started, f"{started.id} is started.")
    session.output.note(f"Watch it with: gallerist watch {started.id}")
    return ExitCode.DONE
