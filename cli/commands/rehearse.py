"""`gallerist rehearse`: what a policy would do to the fleet of a snapshot, without Azure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.errors import CliError, ExitCode
from cli.prices import Prices, prices_of
from cli.session import Session
from cli.verbs import single, verb
from domain.errors import PolicyError
from local.signals import unwind_on_sigterm
from rehearsal.difference import difference
from rehearsal.difference import lines as difference_lines
from rehearsal.errors import RehearsalError
from rehearsal.pseudonyms import Key, load_key
from rehearsal.report import Rehearsal
from rehearsal.run import Options
from rehearsal.run import rehearse as run
from rehearsal.snapshot import Snapshot, load
from rehearsal.text import lines
from rehearsal.translate import translated

app = single()

File = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="A file that `gallerist snapshot` wrote.")]
Policy = Annotated[Path, typer.Argument(metavar="POLICY", help="The policy to rehearse.")]
Second = Annotated[
    Path | None, typer.Argument(metavar="POLICY2", help="Another policy: shows what it would do differently.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="KEY", help="The key of a snapshot with pseudonyms, which translates the policy."
    ),
]
RealNames = Annotated[
    bool, typer.Option("--real-names", help="With --key: show the real names in place of the pseudonyms.")
]
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


@verb(app, "rehearse", calls=())
def rehearse(
    session: Session,
    snapshot: File,
    policy: Policy,
    second: Second = None,
    *,
    key: KeyFile = None,
    real_names: RealNames = False,
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
    else. With two policies, exit code 2 means that they do not do the same.
    """
    unwind_on_sigterm()
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
            prices=prices_of(price),
            progress=session.output.note,
        )
        rehearsal = _Rehearsal(load(snapshot), options, load_key(key) if key else None, real_names)
        first = rehearsal.of(policy)
        if second is None:
            session.output.thing(first, *map(Text, lines(first)))
            return ExitCode.DONE
        found = difference(first, rehearsal.of(second))
    except RehearsalError as error:
        raise CliError(str(error)) from error
    except PolicyError as error:
        raise CliError(
            "the policy is not valid", why=str(error), fix="Correct it; docs/policy.md describes every key."
        ) from error
    session.output.thing(found, *map(Text, difference_lines(found)))
    return ExitCode.DONE if found.is_none else ExitCode.CHANGES


@dataclass(frozen=True)
class _Rehearsal:
    """What all policies are rehearsed with."""

    snapshot: Snapshot
    options: Options
    key: Key | None
    real_names: bool

    def of(self, policy: Path) -> Rehearsal:
        """Rehearses a policy, which is translated if the snapshot has pseudonyms."""
        text = self._translated(_read(policy), policy.name)
        report = run(self.snapshot, text, self.options, policy.name)
        if self.key is None or not self.real_names:
            return report
        return Rehearsal.model_validate_json(self.key.revealed(report.model_dump_json()))

    def _translated(self, text: str, source: str) -> str:
        needs_key = self.snapshot.names == "pseudonyms"
        if needs_key and (self.key is None or self.key.digest != self.snapshot.key):
            raise CliError(
                "the snapshot has pseudonyms, and "
                + ("this is not their key" if self.key else "a policy names real things"),
                fix="Give the key that was written with the snapshot.",
                command="gallerist rehearse SNAPSHOT POLICY --key KEY",
            )
        return translated(text, source, self.key) if needs_key and self.key else text


def _read(policy: Path) -> str:
    try:
        return policy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CliError(f"the policy '{policy}' cannot be read", why=str(reason)) from error
