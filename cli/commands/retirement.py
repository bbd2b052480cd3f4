"""`gallerist retirement`: sees and steers retirements."""

from collections.abc import Sequence
from typing import Annotated

import typer

from api.answers import Retirement
from cli import names, work
from cli.commands import gaps
from cli.commands.filters import MOST_LISTED, Limit, RetirementFilters, first
from cli.errors import CliError, ExitCode
from cli.output import Column
from cli.session import Session
from cli.verbs import group, verb
from cli.views import draw
from domain.retirement.messages import RETIREMENT_ID_PREFIX
from domain.retirement.states import ENDS

app = group("See and steer retirements.")

RetirementOf = Annotated[
    str, typer.Argument(metavar="RETIREMENT", help="The id of a retirement, or the name of its image.")
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; the record of the decision keeps it.")
]

COLUMNS = [
    Column[Retirement]("image", lambda one: one.image.name, lambda one: one.image),
    Column[Retirement]("state", lambda one: one.state, whole=True),
    Column[Retirement](
        "met", lambda one: f"{sum(each.met for each in one.obligations)}/{len(one.obligations)}"
    ),
    Column[Retirement]("not met", lambda one: [each.name for each in one.obligations if not each.met]),
    Column[Retirement]("soaks until", lambda one: one.soak_ends),
    Column[Retirement]("id", lambda one: one.id),
]


def retirements_of(session: Session, texts: Sequence[str]) -> list[Retirement]:
    """The retirements that ids, or names or ids of images, mean: of an image the one that runs, or else the newest.

    Raises:
        CliError: an image has no retirement.
    """
    if all(text.startswith(RETIREMENT_ID_PREFIX) for text in texts):
        return [session.client.retirement(text) for text in texts]
    known = list(session.client.retirements())
    return [_one(session, text, known) for text in texts]


def _one(session: Session, text: str, known: Sequence[Retirement]) -> Retirement:
    if text.startswith(RETIREMENT_ID_PREFIX):
        return session.client.retirement(text)
    named = [one for one in known if text.lower() in (one.image.name.lower(), str(one.image).lower())]
    running = [one for one in named if one.state not in ENDS]
    if len({one.image.key for one in running or named}) > 1:
        ids = "\n       ".join(one.id for one in running or named)
        raise CliError(
            f"several images called '{text}' are being retired", why=ids, fix="Give the id of one."
        )
    if not named:
        raise CliError(
            f"no image called '{text}' is being retired",
            fix="Begin its retirement.",
            command=f"gallerist retire {text}",
        )
    return max(running or named, key=lambda one: one.created)


@verb(app, "list", calls=("get_retirements",))
def list_retirements(session: Session, filters: RetirementFilters, limit: Limit = MOST_LISTED) -> int:
    """List retirements, and which of their obligations are not met."""
    found = first(session, filters.select(session), limit)
    session.output.list({"retirements": found}, found, COLUMNS)
    return ExitCode.DONE


@verb(app, calls=("get_retirement", "get_retirements"))
def show(session: Session, retirement: RetirementOf) -> int:
    """Show a retirement with every obligation."""
    found = retirements_of(session, [retirement])[0]
    draw(session, work.Look(work.BY_NAME["retirement"], found.id, found))
    return ExitCode.DONE


@verb(app, calls=("get_certificate", "get_retirements"))
def certificate(session: Session, retirement: RetirementOf) -> int:
    """Print the certificate of a deletion: every obligation with its evidence."""
    known = retirement.startswith(RETIREMENT_ID_PREFIX)
    identifier = retirement if known else retirements_of(session, [retirement])[0].id
    found = session.client.certificate(identifier)
    if session.output.for_people:
        session.output.note("This is YAML; the digest is of the stored text.")
    session.output.document(found)
    return ExitCode.DONE


@verb(app, calls=("post_retirement_acknowledge", "get_references", "get_retirements"))
def acknowledge(
    session: Session,
    *,
    retirement: RetirementOf,
    consumer: Annotated[str, typer.Argument(help="The resource id of a consumer of an unknown kind.")],
    reason: Reason,
    digest: Annotated[
        str | None,
        typer.Option("--digest", metavar="DIGEST", help="The consumer as you saw it. Default: as it is now."),
    ] = None,
) -> int:
    """Accept one consumer of an unknown kind: it no longer blocks the deletion until it changes."""
    found = retirements_of(session, [retirement])[0]
    seen = digest or _digest(session, found, consumer)
    accepted = session.client.acknowledge_consumer(found.id, consumer, digest=seen, reason=reason)
    session.output.thing(accepted, f"{names.short(consumer)} no longer blocks the deletion until it changes.")
    return ExitCode.DONE


def _digest(session: Session, retirement: Retirement, consumer: str) -> str:
    listed = gaps.read_on(session, lambda: session.client.references(retirement.image))
    digests = [one.digest for one in listed.references if one.id.lower() == consumer.lower()]
    if len(digests) == 1:
        return digests[0]
    many = (
        f"it names the image in {len(digests)} places" if digests else "no reference of the image is from it"
    )
    raise CliError(
        f"the digest of '{consumer}' is not clear",
        why=many,
        fix="Give it with --digest.",
        command=f"gallerist references {retirement.image.name} --query 'references[].[id,part,digest]' -o tsv",
    )


@verb(app, calls=("post_retirement_cancel", "get_retirements"))
def cancel(session: Session, retirement: RetirementOf, reason: Reason) -> int:
    """End a retirement, and keep the image."""
    found = retirements_of(session, [retirement])[0]
    accepted = session.client.cancel_retirement(found.id, reason=reason)
    session.output.thing(accepted, f"{found.image.name} is kept.")
    return ExitCode.DONE
