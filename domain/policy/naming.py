"""The names that a policy gives an image: galleries, definition, and the definition's publisher, offer and SKU."""

import hashlib
from typing import NamedTuple

from domain.policy.rules import faults_in, render, template_values
from domain.policy.sections import Choices
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage

# documented: publisher up to 128 characters, offer and SKU up to 64
_LONGEST_PUBLISHER, _LONGEST_OFFER, _LONGEST_SKU = 128, 64, 64


class Naming(NamedTuple):
    """The names a policy gives an image: the galleries, and the definition's fixed fields."""

    galleries: list[GalleryId]
    definition: str
    publisher: str
    offer: str
    sku: str


def name_targets(image: ManagedImage, choices: Choices) -> Naming | None:
    """The names that the choices give this image; None if its own name does not fit, or they say too little."""
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
        publisher=_fit(render(naming.publisher or "", values), _LONGEST_PUBLISHER),
        offer=_fit(render(naming.offer or "", values), _LONGEST_OFFER),
        sku=_fit(render(naming.sku or "", values), _LONGEST_SKU),
    )


def _fit(text: str, longest: int) -> str:
    """A publisher, offer or SKU as the service takes it: its characters, its length, no full stop at the end."""
    cleaned = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in text)
    if len(cleaned) > longest:
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        cleaned = f"{cleaned[: longest - 9]}-{digest}"
    return cleaned.rstrip(".") or "none"
