"""What a person types for an image, a definition, a version or a piece of work, and the ids that are meant."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from cli.commands import gaps
from cli.errors import CliError
from cli.session import Session
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.provenance import MIGRATION_ID_PREFIX, migration_id

Found = TypeVar("Found", ImageId, ImageDefinitionId)
MOST_SHOWN = 5


def short(resource_id: object) -> str:
    """The names in a resource id without their types, as in `golden/web/1.0.0`; any other text as it is."""
    text = str(resource_id)
    if not text.lower().startswith("/subscriptions/"):
        return text
    # the names follow the last provider: an extension resource has two
    after = text.strip("/").split("/")
    providers = [place for place, word in enumerate(after) if word.lower() == "providers"]
    return "/".join(after[providers[-1] + 3 :: 2]) if providers else text


def image_of(session: Session, text: str) -> ImageId:
    """The managed image that a name, `resource group/name` or a resource id means.

    Raises:
        CliError: no image has the name, or several have.
        ResourceIdError: the text begins like a resource id, and is none of an image.
    """
    return images_of(session, [text])[0]


def images_of(session: Session, texts: Sequence[str]) -> list[ImageId]:
    """The managed images that these texts mean; the list of images is read once, and only if it is needed."""
    if all(text.startswith("/") for text in texts):
        return [ImageId.parse(text) for text in texts]
    listed = gaps.read_on(session, session.client.images)
    known = [image.id for image in listed.images]
    return [
        ImageId.parse(text)
        if text.startswith("/")
        else _only(
            text,
            "managed image",
            (
                one
                for one in known
                if text.lower() in (one.name.lower(), f"{one.resource_group}/{one.name}".lower())
            ),
            "gallerist images",
        )
        for text in texts
    ]


def definition_of(session: Session, text: str) -> ImageDefinitionId:
    """The image definition that `gallery/definition` or a resource id means.

    Raises:
        CliError: there is no such definition, or several galleries of this name have it.
        ResourceIdError: the text begins like a resource id, and is none of a definition.
    """
    if text.startswith("/"):
        return ImageDefinitionId.parse(text)
    wanted = text.replace("\\", "/").lower()
    listed = gaps.read_on(session, session.client.galleries)
    known = {_definition(row.id).key: _definition(row.id) for row in listed.galleries}
    matching = (one for one in known.values() if wanted in (short(one).lower(), one.name.lower()))
    return _only(text, "image definition", matching, "gallerist galleries")


def version_of(session: Session, text: str) -> ImageVersionId:
    """The version that `gallery/definition/1.0.0` or a resource id means. It need not exist.

    Raises:
        CliError: there is no such definition, or the text is no version.
        ResourceIdError: the text begins like a resource id, and is none of a version.
    """
    if text.startswith("/"):
        return ImageVersionId.parse(text)
    definition, _, number = text.replace("\\", "/").rpartition("/")
    if not definition:
        raise CliError(
            f"'{text}' is not a version",
            fix="Write gallery/definition/1.0.0, or the resource id.",
            command="gallerist galleries",
        )
    return ImageVersionId.parse(f"{definition_of(session, definition)}/versions/{number}")


def migration_of(session: Session, text: str) -> str:
    """The id of the migration that an id, or the image's name or resource id, means."""
    return text if text.startswith(MIGRATION_ID_PREFIX) else migration_id(image_of(session, text))


def _definition(row: ImageVersionId | ImageDefinitionId) -> ImageDefinitionId:
    return row.definition if isinstance(row, ImageVersionId) else row


def _only(text: str, kind: str, matching: Iterable[Found], command: str) -> Found:
    found = list(matching)
    if len(found) == 1:
        return found[0]
    if not found:
        raise CliError(f"no {kind} is called '{text}'", fix="Look up the name.", command=command)
    shown = "\n       ".join(str(one) for one in found[:MOST_SHOWN])
    raise CliError(
        f"{len(found)} times there is a {kind} called '{text}'",
        why=shown,
        fix="Write the resource id of the one that you mean.",
        command=f"{command} -o tsv",
    )
