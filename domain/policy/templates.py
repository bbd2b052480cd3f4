"""Templates of names: text with `{placeholders}`, filled in from the image and from `name_pattern`."""

import re

from domain.policy.patterns import groups_of, match_whole
from domain.policy.sections import Choices
from domain.resources.images import ManagedImage
from domain.resources.regions import canonical_region

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
# the placeholders of every template, besides the groups of `name_pattern`
TEMPLATE_NAMES = frozenset(
    {"image", "resource_group", "subscription", "location", "os_type", "generation", "definition"}
)


def placeholders(template: str) -> set[str]:
    """Returns the names in braces."""
    return set(_PLACEHOLDER.findall(template))


def pattern_groups(choices: Choices) -> set[str]:
    """Returns the named groups of `name_pattern`."""
    return groups_of(choices.name_pattern or "")


def template_values(image: ManagedImage, choices: Choices) -> dict[str, str] | None:
    """Returns the placeholders' values for this image; None if its name does not match `name_pattern`."""
    values = {
        "image": image.id.name,
        "resource_group": image.id.resource_group,
        "subscription": image.id.subscription,
        "location": canonical_region(image.location),
        "os_type": image.os_type.lower(),
        "generation": "gen2" if image.hyper_v_generation == "V2" else "gen1",
    }
    if choices.name_pattern is None:
        return values
    groups = match_whole(choices.name_pattern, image.id.name)
    return None if groups is None else values | groups


def render(template: str, values: dict[str, str]) -> str:
    """Fills in the placeholders. The policy's checks have already rejected unknown ones."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)
