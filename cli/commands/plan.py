"""`gallerist plan`: what migrations would do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import names, planning
from cli.commands import gaps
from cli.commands.choices import Choices
from cli.commands.filters import All, ImageFilters, need_filter
from cli.errors import ExitCode
from cli.prices import Prices, prices_of
from cli.session import Session
from cli.verbs import single, verb
from domain.resources.ids import ImageId

app = single()


@verb(app, calls=("post_plan", "get_images"))
def plan(
    session: Session,
    *,
    filters: ImageFilters,
    choices: Choices,
    image: Annotated[
        list[str] | None, typer.Argument(metavar="IMAGE", help="Names or resource ids of managed images.")
    ] = None,
    all_images: All = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Keep the plan in this file, for `gallerist apply`."),
    ] = None,
    price: Prices = None,
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode", help="End with 0 if nothing would change, and with 2 if something would."
        ),
    ] = False,
) -> int:
    """Plan migrations, without writing anything.

    + creates a resource, ~ changes it, - deletes it. Ends with 1 if a plan is blocked or cannot be made, and with 3
    if only some are.
    """
    prices = prices_of(price)
    need_filter("plan", image, filters.given, all_images)
    asked = choices.asked()
    planned = planning.plan_all(session, selected(session, image, filters), asked)
    if not planned:
        session.output.note("No image matches.")
        return ExitCode.DONE
    found = planning.file_of(session, planned, prices)
    if out is not None:
        planning.write_file(out, found)
    closing = planning.closing_line(found.summary)
    session.output.thing(found, *(planning.drawn(one) for one in planned), "", closing)
    if out is not None:
        session.output.note(f"Kept in {out}. Carry it out with: gallerist apply {out}")
    code = code_of(planned)
    return ExitCode.CHANGES if code == ExitCode.DONE and detailed_exitcode and found.changes else code


def selected(session: Session, given: Sequence[str] | None, filters: ImageFilters) -> list[ImageId]:
    """The images that are named, or else those that the filters find."""
    if given:
        return names.images_of(session, given)
    listed = gaps.read_on(session, lambda: session.client.images(filters.subscription))
    gaps.tell(session, listed)
    return [image.id for image in filters.select(listed.images)]


def code_of(planned: Sequence[planning.PlannedImage]) -> ExitCode:
    """Error if no image can be migrated, partial if some cannot."""
    bad = [one.plan is None or one.plan.outcome == "blocked" for one in planned]
    if not any(bad):
        return ExitCode.DONE
    return ExitCode.ERROR if all(bad) else ExitCode.PARTIAL
