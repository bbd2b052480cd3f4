"""`gallerist up`: the app on this machine, against the real Azure or the simulated one."""

import asyncio
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli import address
from cli.azure import azure_errors, checked_subscription, use_az
from cli.errors import CliError
from cli.output import facts
from cli.session import Session
from cli.verbs import single, verb
from domain.errors import PolicyError
from local.hosted import Hosted, HostedError, Served
from local.signals import StopSignals, unwind_on_sigterm

app = single()

Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="FOLDER", help="Where the task hub, the evidence and the key are kept."),
]
Policy = Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy.")]
Subscriptions = Annotated[
    list[str] | None,
    typer.Option(
        "--subscription", metavar="ID", help="A subscription to work on. May be given several times."
    ),
]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")
]
Sweep = Annotated[
    bool, typer.Option("--sweep", help="Migrate every hour what the policy migrates, without being asked.")
]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="Use a simulated Azure with ten images, as `make serve` does.")
]

# what only the deployed app has
MISSING = (
    "events: a new image is not noticed; start its migration, or use --sweep",
    "availability: nothing goes on while this command does not run; started again, it goes on where it was",
    "scale: one process on this machine",
    "identities: whoever has the key may approve, and the certificates name nobody",
    "alerts and logs in Azure: what happens is in host.log of the folder",
)


@verb(app, "up", calls=())
def up(
    session: Session,
    *,
    subscription: Subscriptions = None,
    policy: Policy = Path("policy.yaml"),
    folder: Folder = None,
    port: Port = 7071,
    sweep: Sweep = False,
    simulated: Simulated = False,
) -> int:
    """Run Gallerist on this machine, with the credential of `az login`; nothing is deployed.

    It listens on 127.0.0.1 only. Kill it, start it again with the same folder, and it goes on. Ctrl+C stops it.
    """
    if simulated:
        return _simulated()
    if not subscription:
        raise CliError(
            "no subscription to work on",
            fix="Name at least one, by its id.",
            command="az account list --query '[].{name: name, id: id}' -o table",
        )
    where = folder or address.folder(os.environ) / "up"
    named = tuple(checked_subscription(one) for one in subscription)
    hosted = Hosted(where, policy, named, port, sweep)
    credential = use_az(os.environ)
    try:
        with azure_errors(credential):
            asyncio.run(hosted.check(os.environ))
        with hosted.served() as served, address.announced(served.api):
            signals = StopSignals()
            _show(session, hosted, served, credential)
            signals.wait()
    except HostedError as error:
        raise CliError(str(error)) from error
    except PolicyError as error:
        raise CliError(
            "the policy is not valid", why=str(error), fix="Correct it; docs/policy.md describes every key."
        ) from error
    session.output.note("stopped; start it again with the same folder, and it goes on")
    return 0


def _simulated() -> int:
    from demo import estate  # noqa: PLC0415 # only for the simulated Azure

    unwind_on_sigterm()
    return estate.run(serve=True)


def _show(session: Session, hosted: Hosted, served: Served, credential: str) -> None:
    key_file = shlex.quote(str(served.key_file))
    data = {
        "url": served.api,
        "key_file": str(served.key_file),
        "folder": str(hosted.folder.resolve()),
        "policy": str(hosted.policy.resolve()),
        "subscriptions": hosted.subscriptions,
        "missing": MISSING,
    }
    session.output.thing(
        data,
        facts(
            [
                ("address", served.api),
                ("Azure", f"{hosted.azure}, with {credential}"),
                ("subscriptions", hosted.subscriptions),
                ("policy", f"{hosted.policy}; a change counts from the next start"),
                ("folder", hosted.folder),
                ("use it", f"gallerist images --key-file {key_file}"),
                ("starts by itself", "what the policy migrates, every hour" if hosted.sweep else "nothing"),
            ]
        ),
        facts([("not here", text) for text in MISSING]),
    )
    session.output.out.file.flush()
    session.output.note("Ctrl+C stops it.")
