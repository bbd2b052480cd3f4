"""How a batch looks."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import Batch, BatchImage
from cli.output import Column, facts, shown, table_of
from cli.views.parts import bars, clock, failure, headline

IMAGES = [
    Column[BatchImage]("image", lambda one: one.image.name),
    Column[BatchImage]("outcome", lambda one: one.outcome, whole=True),
    Column[BatchImage]("reason", lambda one: one.reason),
    Column[BatchImage]("fix", lambda one: one.fix),
]
MOST_RUNNING = 10


def parts(batch: Batch) -> Sequence[RenderableType]:
    """All that matters."""
    return [
        headline(batch.id, batch.state, "dry run" if batch.request.dry_run else ""),
        _progress(batch),
        *failure(batch.failure),
        *([table_of(batch.images, IMAGES)] if batch.images else []),
        *(
            Text(f"  Not read: {one.id}: {one.reason}. {one.fix}", overflow="fold")
            for one in batch.unreadable
        ),
        facts(
            [
                ("ended", batch.counts),
                ("left alone", batch.left_alone),
                ("not read yet", batch.unread or None),
                ("started", f"{clock(batch.created)} by {batch.started_by}"),
                ("updated", clock(batch.updated)),
            ]
        ),
    ]


def live(batch: Batch, compact: bool) -> Sequence[RenderableType]:
    """One bar for all, the counts, and some of what runs."""
    running = [] if compact else [address.rpartition("/")[2] for address in batch.migrations[:MOST_RUNNING]]
    more = batch.running - len(running)
    return [
        headline(batch.id, batch.state, f"{batch.running} running, {batch.waiting} waiting"),
        _progress(batch),
        facts([("  ended", batch.counts), ("  left alone", batch.left_alone)]),
        *(Text(f"  {one}", style="dim") for one in running),
        *([Text(f"  and {more} more", style="dim")] if running and more > 0 else []),
        *failure(batch.failure),
    ]


def lines(batch: Batch) -> Sequence[str]:
    """What changes while it runs."""
    return [f"{_ended(batch)} of {batch.selected} ended: {shown(batch.counts) or 'none yet'}"]


def _ended(batch: Batch) -> int:
    return sum(batch.counts.values())


def _progress(batch: Batch) -> RenderableType:
    ended = _ended(batch)
    return bars([("ended", ended, batch.selected, f"{ended} of {batch.selected}")])
