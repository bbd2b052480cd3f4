"""`gallerist references`: who uses an image or a version."""

from typing import Annotated

import typer

from api.answers import References
from cli import names
from cli.commands import gaps
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views.references import COLUMNS
from domain.errors import ResourceIdError
from domain.resources.ids import ImageId, ImageVersionId

app = single()


@verb(app, calls=("get_references", "get_images", "get_galleries"))
def references(
    session: Session,
    *,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE|VERSION", help="A managed image, or a version: gallery/definition/1.0.0, or an id."
        ),
    ],
) -> int:
    """Find who uses an image or a version.

    Says of each user whether it blocks the deletion, why, and what to do about it. Ends with 2 if something
    blocks the deletion, and with 3 if not everything could be read.
    """
    image, version = _subject(session, subject)
    found = gaps.read_on(session, lambda: session.client.references(image, version=version))
    session.output.list(found, found.references, COLUMNS)
    for one in found.unreadable:
        session.output.note(f"Not read: {one.kind} in {one.subscription}: {one.reason}")
    session.output.note(_closing(found))
    if not found.complete:
        return ExitCode.PARTIAL
    return ExitCode.CHANGES if found.blocking else ExitCode.DONE


def _subject(session: Session, text: str) -> tuple[ImageId | None, ImageVersionId | None]:
    if text.startswith("/"):
        try:
            return ImageId.parse(text), None
        except ResourceIdError:
            return None, ImageVersionId.parse(text)
    # a version has two slashes; `resource group/image` has one
    if text.replace("\\", "/").count("/") > 1:
        return None, names.version_of(session, text)
    return names.image_of(session, text), None


def _closing(found: References) -> str:
    more = f", and {found.more} more that do not block" if found.more else ""
    complete = "" if found.complete else " Not everything is read, so nothing may be deleted."
    return f"{found.blocking} of {len(found.references)} block the deletion{more}.{complete}"
