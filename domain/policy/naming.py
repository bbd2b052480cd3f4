"""The names that a policy gives an image: its galleries, its definition, and publisher, offer and SKU."""

import hashlib
from typing import NamedTuple

from domain.policy.faults import faults_in
from domain.policy.sections import Choices
from domain.policy.templates import render, template_values
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage

# documented: publisher up to 128 characters, offer and SKU up to 64
LONGEST_PUBLISHER, LONGEST_OFFER, LONGEST_SKU = 128, 64, 64


class Naming(NamedTuple):
    """The target galleries, the names of the image definition in them, and the tags that the policy chose."""

    galleries: list[GalleryId]
    definition: str
    publisher: str
    offer: str
    sku: str
    tags: dict[str, str]


def name_targets(image: ManagedImage, choices: Choices) -> Naming | None:
    """Returns the image's names; None if its name does not match `name_pattern` or the choices are unusable."""
    values = template_values(image, choices)
    if values is None or any(faults_in(choices)):
        return None
    naming = choices.definition
    definition = render(naming.name or "", values)
    values["definition"] = definition
    galleries = [GalleryId.parse(render(gallery, values)) for gallery in choices.galleries or []]
    return Naming(
        galleries=list(dict.fromkeys(galleries)),
        definition=definition,
        publisher=_valid_name(render(naming.publisher or "", values), LONGEST_PUBLISHER),
        offer=_valid_name(render(naming.offer or "", values), LONGEST_OFFER),
        sku=_valid_name(render(naming.sku or "", values), LONGEST_SKU),
        tags={name: render(template, values) for name, template in choices.tags.items()},
    )


def with_suffix(text: str, suffix_of: str, longest: int) -> str:
    """Returns the text with a short hash of `suffix_of` behind it, cut so that both fit."""
    digest = hashlib.sha256(suffix_of.encode()).hexdigest()[:8]
    return f"{text[: longest - 9]}-{digest}"


def _valid_name(text: str, longest: int) -> str:
    """Makes a publisher, offer or SKU acceptable: allowed characters and length, no full stop at the end."""
    cleaned = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in text)
    if len(cleaned) > longest:
        cleaned = with_suffix(cleaned, text, longest)
    return cleaned.rstrip(".") or "none"
