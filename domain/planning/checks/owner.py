"""Checks whose definition it is: two images of one name are not always one family."""

import re
from collections.abc import Iterable

from domain.planning.checks.check import Check, failed
from domain.policy.sections import Choices
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageId
from domain.resources.provenance import GROUP_TAG, SOURCE_TAG, source_group

# the built-in name: it tells images apart by their names alone
_BY_IMAGE_NAME = "{image}"


def is_owned(choices: Choices) -> bool:
    """Whether a definition is for the images of one resource group.

    A name that somebody chose says that images belong together, wherever they are; the image's name does not.
    """
    across = choices.definition.across_resource_groups
    return choices.definition.name == _BY_IMAGE_NAME if across is None else not across


def check_owner(image: ImageId, existing: ImageDefinition, versions: Iterable[ImageVersion]) -> list[Check]:
    """Fails if the definition is for another resource group's images, by its tags and its versions' sources.

    A definition that holds versions of the image's own group already is shared, and nobody is surprised by one more.
    """
    owners = {group.lower(): group for group in _owners(existing, versions)}
    own = source_group(image)
    if not owners or own.lower() in owners:
        return []
    name = existing.id.name
    another = _valid_definition_name(f"{image.resource_group}-{name}")
    return [
        failed(
            "definition owner",
            f"definition '{name}' is for another image of this name, in {', '.join(sorted(owners.values()))}; "
            f"this image is in {own}",
            f"name another definition, such as '{another}', with definition.name in the policy's rule, the image's tag "
            "gallerist:definition or 'definition' in the request; if both are one family, set "
            "definition.across_resource_groups: true in the rule",
        )
    ]


def _owners(existing: ImageDefinition, versions: Iterable[ImageVersion]) -> Iterable[str]:
    if existing.tags.get(GROUP_TAG):
        yield existing.tags[GROUP_TAG]
    for version in versions:
        group = _group_of(version.tags.get(SOURCE_TAG) or version.source or "")
        if group is not None:
            yield group


def _group_of(source: str) -> str | None:
    """Returns the resource group of a managed image; None for a source of another kind."""
    try:
        return source_group(ImageId.parse(source))
    except ValueError:
        return None


def _valid_definition_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:80].strip("-._")
