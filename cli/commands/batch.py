"""`gallerist batch`: migrates every image of a scope."""

from typing import Annotated

import typer

from api.answers import BatchImage, ListedBatch
from cli import work
from cli.commands.filters import pairs
from cli.commands.watch import follow
from cli.errors import ExitCode
from cli.output import Column
from cli.session import Session
from cli.verbs import group, verb
from cli.views import draw
from client.calls import BatchChoices, ScopeChoice

app = group("Migrate every image of a scope.")

BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="The id of a batch.")]

COLUMNS = [
    Column[ListedBatch]("id", lambda one: one.id),
    Column[ListedBatch]("state", lambda one: one.state, whole=True),
    Column[ListedBatch]("created", lambda one: one.created),
    Column[ListedBatch]("selected", lambda one: one.progress.selected),
    Column[ListedBatch]("waiting", lambda one: one.progress.waiting),
    Column[ListedBatch]("running", lambda one: one.progress.running),
    Column[ListedBatch]("ended", lambda one: one.progress.counts),
]

IMAGES = [
    Column[BatchImage]("image", lambda one: one.image.name, lambda one: one.image),
    Column[BatchImage]("outcome", lambda one: one.outcome, whole=True),
    Column[BatchImage]("reason", lambda one: one.reason),
    Column[BatchImage]("fix", lambda one: one.fix),
]


@verb(app, calls=("post_batch",))
def start(
    session: Session,
    *,
    subscription: Annotated[
        list[str],
        typer.Option("--subscription", metavar="ID", help="A subscription. May be given several times."),
    ],
    resource_group: Annotated[
        str | None,
        typer.Option("--resource-group", "-g", metavar="NAME", help="Only this resource group of them."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name", metavar="PATTERN", help="Only images with such a name. May be given several times."
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag", metavar="KEY=PATTERN", help="Only images with this tag. May be given several times."
        ),
    ] = None,
    os_type: Annotated[
        str | None, typer.Option("--os-type", metavar="OS", help="Only Windows, or only Linux.")
    ] = None,
    location: Annotated[
        list[str] | None, typer.Option("--location", metavar="REGION", help="Only images in this region.")
    ] = None,
    older_than_days: Annotated[
        float | None,
        typer.Option("--older-than-days", metavar="DAYS", help="Only images created longer ago."),
    ] = None,
    newer_than_days: Annotated[
        float | None,
        typer.Option("--newer-than-days", metavar="DAYS", help="Only images created since then."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="NUMBER", help="Only the oldest images.")
    ] = None,
    per_subscription: Annotated[
        int | None,
        typer.Option("--per-subscription", min=1, metavar="NUMBER", help="How many run at once in each."),
    ] = None,
    per_gallery: Annotated[
        int | None,
        typer.Option("--per-gallery", min=1, metavar="NUMBER", help="How many run at once into each."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan every image.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Watch it until it ends.")] = False,
) -> int:
    """Start a batch: of each image definition, the oldest image first."""
    chosen: dict[str, object] = {
        "names": name or None,
        "tags": pairs(tag, "--tag") or None,
        "os_type": os_type,
        "locations": location or None,
        "older_than_days": older_than_days,
        "newer_than_days": newer_than_days,
    }
    choices = BatchChoices(
        filter={key: value for key, value in chosen.items() if value is not None}, dry_run=dry_run
    )
    if limit is not None:
        choices["limit"] = limit
    if per_subscription is not None:
        choices["per_subscription"] = per_subscription
    if per_gallery is not None:
        choices["per_gallery"] = per_gallery
    scope = [_scope(one, resource_group) for one in subscription]
    started = session.client.start_batch(scope, **choices)
    if watch:
        return follow(session, started.id, exit_status=True)
    session.output.thing(started, started.id)
    session.output.note(f"Watch it with: gallerist watch {started.id}")
    return ExitCode.DONE


def _scope(subscription: str, resource_group: str | None) -> ScopeChoice:
    scope = ScopeChoice(subscription=subscription)
    if resource_group is not None:
        scope["resource_group"] = resource_group
    return scope


@verb(app, "list", calls=("get_batches",))
def list_batches(session: Session) -> int:
    """List batches."""
    found = session.client.batches()
    session.output.list(found, found.batches, COLUMNS)
    for one in found.unreadable:
        session.output.note(f"Not read: {one.id}: {one.reason}")
    return ExitCode.PARTIAL if found.unreadable else ExitCode.DONE


@verb(app, calls=("get_batch",))
def show(session: Session, batch: BatchId) -> int:
    """Show a batch: counts by state, and the images that did not complete."""
    draw(session, work.look(session, batch))
    return ExitCode.DONE


@verb(app, calls=("post_batch_cancel",))
def cancel(session: Session, batch: BatchId) -> int:
    """Stop a batch from starting more migrations; those that run go on."""
    session.output.thing(session.client.cancel_batch(batch), f"{batch} starts no more migrations.")
    return ExitCode.DONE


@verb(app, calls=("post_batch_resume",))
def resume(session: Session, batch: BatchId) -> int:
    """Restart a batch that has ended; images that are migrated are skipped."""
    session.output.thing(session.client.resume_batch(batch), f"{batch} goes on.")
    session.output.note(f"Watch it with: gallerist watch {batch}")
    return ExitCode.DONE
