"""`gallerist restore`: brings a version back."""

from cli import names
from cli.commands.lineage import Version
from cli.commands.retention import Watch
from cli.commands.watch import follow
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb

app = single()


@verb(app, calls=("post_restore", "get_restore", "get_galleries"))
def restore(session: Session, version: Version, watch: Watch = False) -> int:
    """Bring a version back that retention excluded from latest or put into the bin. It is kept from then on."""
    started = session.client.restore(names.version_of(session, version))
    if watch:
        return follow(session, started.id, exit_status=True)
    session.output.thing(started, f"{started.id} is started.")
    session.output.note(f"Watch it with: gallerist watch {started.id}")
    return ExitCode.DONE
