"""`gallerist rollback`: restores what was `latest` before."""

from typing import Annotated

import typer

from cli import ask, work
from cli.commands.filters import Yes
from cli.commands.history import numbered
from cli.commands.promote import start
from cli.commands.promotion import PromotionOf, promotion_of
from cli.errors import CliError, ExitCode
from cli.names import definition_of, short
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw
from client.calls import PromotionChoices
from domain.promotion.messages import PROMOTION_ID_PREFIX
from domain.resources.ids import ImageDefinitionId

app = single()


@verb(
    app,
    calls=(
        "post_promotion_rollback", "get_promotion", "get_history", "post_promotion_plan", "post_promotion",
        "get_galleries",
    ),
)  # fmt: skip
def rollback(
    session: Session,
    promotion: PromotionOf,
    number: Annotated[
        int | None,
        typer.Argument(metavar="[N]", min=1, help="The number of a promotion in `gallerist history`."),
    ] = None,
    yes: Yes = False,
) -> int:
    """Restore what was latest before.

    Without N, undoes the last promotion of a definition. With N, makes the version of that promotion latest again.
    Shows what would happen, and asks. Without a terminal nothing is done unless --yes is given, and it ends with 2.
    """
    if number is None:
        return _undo(session, promotion_of(session, promotion), yes=yes)
    definition = _definition(session, promotion)
    lines = {one.number: one.line for one in numbered(session.client.history(definition))}
    if number not in lines:
        raise CliError(
            f"{short(definition)} has no promotion {number}",
            why=f"it has {len(lines)}",
            command=f"gallerist history {short(definition)}",
        )
    version = definition.version(lines[number].version)
    return start(session, version, PromotionChoices(action="elect"), yes=yes)


def _definition(session: Session, text: str) -> ImageDefinitionId:
    if text.startswith(PROMOTION_ID_PREFIX):
        return session.client.promotion(text).definition
    return definition_of(session, text)


def _undo(session: Session, identifier: str, *, yes: bool) -> int:
    found = work.look(session, identifier)
    name = short(found.answer.version)
    if not found.answer.can_roll_back:
        raise CliError(
            f"the promotion of {name} cannot be rolled back",
            why=f"it is {found.state}",
            fix="Make another version latest.",
            command=f"gallerist promote {short(found.answer.definition)}/VERSION --elect",
        )
    if not yes:
        draw(session, found)
    if not ask.confirmed(session, f"Restore what was before {name}?", yes=yes):
        session.output.note("Nothing was done. --yes does it without a question.")
        return ExitCode.CHANGES
    accepted = session.client.roll_back_promotion(found.id)
    if session.output.for_people or yes:
        session.output.thing(accepted, f"{accepted.id} rolls back.")
    session.output.note(f"Watch it with: gallerist watch {accepted.id}")
    return ExitCode.DONE
