"""`gallerist rehearse`: what a policy would do to the fleet of a snapshot, without Azure."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.errors import CliError
from cli.session import Session
from cli.verbs import single, verb
from domain.errors import PolicyError
from rehearsal.errors import RehearsalError
from rehearsal.prices import NAMES, parse_prices
from rehearsal.report import Rehearsal
from rehearsal.run import Options
from rehearsal.run import rehearse as run
from rehearsal.snapshot import Snapshot, load
from rehearsal.text import lines

app = single()

File = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="A file that `gallerist snapshot` wrote.")]
Policy = Annotated[Path, typer.Argument(metavar="POLICY", help="The policy to rehearse.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Draws how long Azure takes, and the faults.")]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", min=1, help="How long every replication takes, instead of the recorded times."),
]
Faults = Annotated[bool, typer.Option("--faults", help="Let requests fail and regions fail once.")]
Approve = Annotated[bool, typer.Option("--approve", help="Approve every retirement as soon as it asks.")]
Promote = Annotated[
    bool, typer.Option("--promote", help="Promote the newest version of each definition whose rule promotes.")
]
Days = Annotated[
    float,
    typer.Option("--days", min=0, max=400, help="How long to follow promotions, retirements and retention."),
]
PerSubscription = Annotated[
    int | None,
    typer.Option("--per-subscription", min=1, help="How many migrations run at once in a subscription."),
]
PerGallery = Annotated[
    int | None, typer.Option("--per-gallery", min=1, help="How many migrations run at once into a gallery.")
]
Prices = Annotated[
    list[str] | None,
    typer.Option(
        "--price", metavar="NAME=AMOUNT", help=f"A price for a gigabyte: one of {', '.join(NAMES)}."
    ),
]


@verb(app, "rehearse", calls=())
def rehearse(
    session: Session,
    snapshot: File,
    policy: Policy,
    *,
    seed: Seed = 1,
    seconds: Seconds = None,
    faults: Faults = False,
    promote: Promote = False,
    approve: Approve = False,
    days: Days = 45,
    per_subscription: PerSubscription = None,
    per_gallery: PerGallery = None,
    price: Prices = None,
) -> int:
    """Rehearse a policy over a snapshot: what is made, blocked, promoted, retired and deleted, and when.

    Runs the app itself on the simulated Azure of this machine, in virtual time. Nothing is sent to Azure or to anybody
    else.
    """
    try:
        options = Options(
            seed=seed,
            seconds=seconds,
            faults=faults,
            promote=promote,
            approve=approve,
            days=days,
            per_subscription=per_subscription,
            per_gallery=per_gallery,
            prices=parse_prices(price or []),
            progress=session.output.note,
        )
        report = _rehearsed(load(snapshot), policy, options)
    except RehearsalError as error:
        raise CliError(str(error)) from error
    except PolicyError as error:
        raise CliError(
            "the policy is not valid", why=str(error), fix="Correct it; docs/policy.md describes every key."
        ) from error
    session.output.thing(report, *(Text(line) for line in lines(report)))
    return 0


def _rehearsed(snapshot: Snapshot, policy: Path, options: Options) -> Rehearsal:
    try:
        text = policy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CliError(f"the policy '{policy}' cannot be read", why=str(reason)) from error
    return run(snapshot, text, options, policy.name)
