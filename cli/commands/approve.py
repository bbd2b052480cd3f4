"""`gallerist approve`: approves deletions of managed images."""

from typing import Annotated

import typer

from api.answers import Retirement
from cli import ask, bulk, work
from cli.commands.filters import All, RetirementFilters, Yes, need_filter
from cli.commands.retirement import Reason, retirements_of
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw
from domain.retirement.states import RetirementState

app = single()

Retirements = Annotated[
    list[str] | None, typer.Argument(help="Ids of retirements, or names of the images that are retired.")
]


def selected(session: Session, given: list[str] | None, filters: RetirementFilters) -> list[Retirement]:
    """The retirements that are named, or those that the filters find; without --state, those that can be decided."""
    if given:
        return retirements_of(session, given)
    found = filters.select(session)
    return [one for one in found if filters.state or one.state == RetirementState.AWAITING_APPROVAL]


@verb(app, calls=("post_retirement_approve", "get_retirement", "get_retirements"))
def approve(
    session: Session,
    *,
    filters: RetirementFilters,
    reason: Reason,
    retirement: Retirements = None,
    all_retirements: All = False,
    yes: Yes = False,
) -> int:
    """Approve the deletion of managed images.

    Shows every obligation, and wants the image's name typed. Without a terminal nothing is approved unless --yes is
    given, and it ends with 2. What is approved is the content that was shown. The filters, those of `gallerist
    retirement list`, find retirements that wait for an approval. Ends with 3 if some are refused, and with 1 if all
    are.
    """
    need_filter("approve", retirement, filters.given, all_retirements)
    found = selected(session, retirement, filters)
    kind = work.BY_NAME["retirement"]
    if not yes:
        for one in found:
            draw(session, work.Look(kind, one.id, one))
    approved = [one for one in found if _is_sure(session, one, yes=yes)]
    if found and not approved:
        session.output.note("Nothing is approved. --yes approves without a question.")
        return ExitCode.CHANGES
    shown = {one.id: one for one in approved}
    return bulk.act(
        session,
        [bulk.Item(one.id, one.image.name) for one in approved],
        lambda item: session.client.approve_retirement(
            item.id, fingerprint=shown[item.id].fingerprint, reason=reason
        ),
        "approved",
    )


def _is_sure(session: Session, one: Retirement, *, yes: bool) -> bool:
    return ask.typed(session, one.image.name, "approve that this image is deleted", yes=yes)
