"""`gallerist rollback`: restores what was `latest` before."""

from cli import ask, work
from cli.commands.filters import Yes
from cli.commands.promotion import PromotionOf, promotion_of
from cli.errors import CliError, ExitCode
from cli.names import short
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw

app = single()


@verb(app, calls=("post_promotion_rollback", "get_promotion", "get_galleries"))
def rollback(session: Session, promotion: PromotionOf, yes: Yes = False) -> int:
    """Restore what was latest before the last promotion of a definition.

    Shows the promotion, and asks. Without a terminal nothing is done unless --yes is given, and it ends with 2.
    """
    found = work.look(session, promotion_of(session, promotion))
    if not found.answer.can_roll_back:
        raise CliError(
            f"the promotion of {short(found.answer.version)} cannot be rolled back",
            why=f"it is {found.state}",
            fix="Make another version latest.",
            command=f"gallerist promote {short(found.answer.definition)}/VERSION --elect",
        )
    if not yes:
        draw(session, found)
    if not ask.confirmed(session, f"Restore what was before {short(found.answer.version)}?", yes=yes):
        session.output.note("Nothing was done. --yes does it without a question.")
        return ExitCode.CHANGES
    accepted = session.client.roll_back_promotion(found.id)
    if session.output.for_people or yes:
        session.output.thing(accepted, f"{accepted.id} rolls back.")
    session.output.note(f"Watch it with: gallerist watch {accepted.id}")
    return ExitCode.DONE
