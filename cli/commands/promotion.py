"""`gallerist promotion`: sees and steers promotions."""

from typing import Annotated

import typer

from api.answers import Promotion
from cli import names, work
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column
from cli.session import Session
from cli.verbs import group, verb
from cli.views import draw
from domain.promotion.messages import PROMOTION_ID_PREFIX, promotion_id

app = group("See and steer promotions.")

PromotionOf = Annotated[
    str,
    typer.Argument(metavar="PROMOTION", help="The id of a promotion, or its definition: gallery/definition."),
]
COLUMNS = [
    Column[Promotion]("version", lambda one: short(one.version), lambda one: one.version),
    Column[Promotion]("action", lambda one: one.action, whole=True),
    Column[Promotion]("state", lambda one: one.state, whole=True),
    Column[Promotion]("ring", lambda one: f"{one.ring} of {len(one.rings)}" if one.rings else ""),
    Column[Promotion]("started", lambda one: one.created),
    Column[Promotion](
        "reason", lambda one: one.reason or (one.waiting_for.reason if one.waiting_for else None)
    ),
    Column[Promotion]("id", lambda one: one.id),
]


def promotion_of(session: Session, text: str) -> str:
    """The id of the promotion that an id or a definition means."""
    return text if text.startswith(PROMOTION_ID_PREFIX) else promotion_id(names.definition_of(session, text))


@verb(app, "list", calls=("get_promotions",))
def list_promotions(session: Session) -> int:
    """List promotions: of each definition the latest."""
    found = session.client.promotions()
    session.output.list(found, found.promotions, COLUMNS)
    for one in found.unreadable:
        session.output.note(f"Not read: {one.id}: {one.reason}")
    return ExitCode.PARTIAL if found.unreadable else ExitCode.DONE


@verb(app, calls=("get_promotion", "get_galleries"))
def show(session: Session, promotion: PromotionOf) -> int:
    """Show a promotion: its rings, and who follows."""
    draw(session, work.look(session, promotion_of(session, promotion)))
    return ExitCode.DONE


@verb(app, calls=("post_promotion_pause", "get_galleries"))
def pause(session: Session, promotion: PromotionOf) -> int:
    """Keep a promotion from going on."""
    accepted = session.client.pause_promotion(promotion_of(session, promotion))
    session.output.thing(accepted, f"{accepted.id} pauses.")
    return ExitCode.DONE


@verb(app, calls=("post_promotion_resume", "get_galleries"))
def resume(session: Session, promotion: PromotionOf) -> int:
    """Let a paused promotion go on."""
    accepted = session.client.resume_promotion(promotion_of(session, promotion))
    session.output.thing(accepted, f"{accepted.id} goes on.")
    return ExitCode.DONE


@verb(app, calls=("post_promotion_abort", "get_galleries"))
def abort(session: Session, promotion: PromotionOf) -> int:
    """End a promotion; what is promoted stays."""
    accepted = session.client.abort_promotion(promotion_of(session, promotion))
    session.output.thing(accepted, f"{accepted.id} ends, and what is promoted stays.")
    return ExitCode.DONE
