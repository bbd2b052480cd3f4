"""`gallerist reject`: keeps managed images that were to be deleted."""

from cli import bulk
from cli.commands.approve import Retirements, selected
from cli.commands.filters import All, RetirementFilters, Yes, need_filter
from cli.commands.retirement import Reason
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb

app = single()


@verb(app, calls=("post_retirement_reject", "get_retirement", "get_retirements"))
def reject(
    session: Session,
    *,
    filters: RetirementFilters,
    reason: Reason,
    retirement: Retirements = None,
    all_retirements: All = False,
    yes: Yes = False,
) -> int:
    """Keep managed images that were to be deleted: their retirements end.

    The filters, those of `gallerist retirement list`, find retirements that wait for an approval. Ends with 3 if some
    are refused, and with 1 if all are.
    """
    need_filter("reject", retirement, filters.given, all_retirements)
    items = [bulk.Item(one.id, one.image.name) for one in selected(session, retirement, filters)]
    if not bulk.chosen(session, items, "Reject the deletion of", filtered=not retirement, yes=yes):
        return ExitCode.CHANGES
    return bulk.act(
        session, items, lambda item: session.client.reject_retirement(item.id, reason=reason), "rejected"
    )
