"""`gallerist diff`: the policy against the galleries."""

from typing import Annotated

import typer

from api.answers import Diff
from cli.commands.filters import Name, ResourceGroup, Subscription, matches
from cli.commands.gaps import PATIENCE_SECONDS
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column
from cli.session import Session
from cli.verbs import single, verb
from domain.fleet.diff import ImageDiff

app = single()

_GOOD_SYNC = {"in-sync", "ignored"}
_GOOD_HEALTH = {"healthy", None}


def _why(one: ImageDiff) -> str:
    changes = [f"{change.sign} {short(change.resource)} {change.detail}" for change in one.changes]
    health = [why for version in one.versions for why in version.why]
    return "; ".join([*([one.reason] if one.reason else []), *changes, *health])


COLUMNS = [
    Column[ImageDiff]("image", lambda one: one.image.name, lambda one: one.image),
    Column[ImageDiff]("in sync?", lambda one: one.sync, whole=True),
    Column[ImageDiff]("healthy?", lambda one: one.health, whole=True),
    Column[ImageDiff]("rule", lambda one: one.rule),
    Column[ImageDiff]("why", _why),
    Column[ImageDiff]("fix", lambda one: one.fix),
]


@verb(app, calls=("get_diff",))
def diff(
    session: Session,
    *,
    subscription: Subscription = None,
    resource_group: ResourceGroup = None,
    name: Name = None,
    differing: Annotated[
        bool, typer.Option("--differing", help="Only images that are not in sync and healthy.")
    ] = False,
) -> int:
    """Compare the policy with the galleries: is each image in sync, and are its versions healthy?

    Ends with 2 if an image is not in sync or not healthy, and with 3 if something could not be found out.
    """
    pages = _read_on(session, subscription, resource_group)
    images = [one for page in pages for one in page.images if matches(one.image.name, name)]
    shown = [one for one in images if not differing or _differs(one)]
    session.output.list({"images": shown}, shown, COLUMNS)
    unread = [page.unread for page in pages if page.unread is not None]
    for gap in {gap.id: gap for page in pages for gap in page.unreadable}.values():
        session.output.note(f"Not read: {gap.id}: {gap.reason}. {gap.fix}")
    if unread:
        session.output.note(
            f"Not read yet: {unread[0].parts} lists ({unread[0].reason}). Repeat the command."
        )
    session.output.note(_closing(images))
    if unread or any(page.unreadable for page in pages) or any(one.sync == "unknown" for one in images):
        return ExitCode.PARTIAL
    return ExitCode.CHANGES if any(_differs(one) for one in images) else ExitCode.DONE


def _read_on(session: Session, subscription: str | None, resource_group: str | None) -> list[Diff]:
    deadline = session.world.monotonic() + PATIENCE_SECONDS
    while True:
        pages = list(session.client.diff(subscription, resource_group=resource_group))
        unread = [page.unread for page in pages if page.unread is not None]
        if not unread or session.world.monotonic() >= deadline:
            return pages
        session.output.note(f"Reading on: {unread[0].parts} lists are left ({unread[0].reason})")
        session.world.sleep(max(gap.retry_after_seconds for gap in unread))


def _differs(one: ImageDiff) -> bool:
    return one.sync not in _GOOD_SYNC or one.health not in _GOOD_HEALTH


def _closing(images: list[ImageDiff]) -> str:
    synced = sum(one.sync in _GOOD_SYNC for one in images)
    wanted = [one for one in images if one.health is not None]
    healthy = sum(one.health == "healthy" for one in wanted)
    return f"{synced} of {len(images)} images are in sync or ignored; {healthy} of {len(wanted)} are healthy."
