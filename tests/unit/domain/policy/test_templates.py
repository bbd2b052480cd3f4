"""Templates of names: their placeholders, and how an image fills them in."""

import pytest

from domain.policy.sections import Choices
from domain.policy.templates import pattern_groups, placeholders, render, template_values
from domain.resources.images import ManagedImage
from tests.unit.builders import image, image_id

PATTERN = r"(?P<family>[a-z]+)(-(?P<stage>\w+))?-\d{8}"


@pytest.mark.parametrize(
    ("built", "rendered"),
    [
        (image("web-20260115"), "web//linux-gen2@westeurope"),
        (
            image("web-beta-20260115", os_type="Windows", hyper_v_generation="V1"),
            "web/beta/windows-gen1@westeurope",
        ),
        (image("web"), None),
        (image("my web-20260115x".replace(" ", "")), None),
    ],
)
def test_a_template_is_filled_from_the_image_and_its_name(built: ManagedImage, rendered: str | None) -> None:
    """The pattern must match the whole name. A group that is not part of the name is empty."""
    values = template_values(built, Choices(name_pattern=PATTERN))
    template = "{family}/{stage}/{os_type}-{generation}@{location}"
    assert (values and render(template, values)) == rendered


def test_without_a_pattern_every_name_matches() -> None:
    values = template_values(image(), Choices())
    assert values is not None
    assert render("{image} of {resource_group} in {subscription}", values) == (
        f"web-20260115 of builds in {image_id().subscription}"
    )


def test_the_placeholders_of_a_template_are_the_names_in_braces() -> None:
    assert placeholders("{family}-{stage}-{family}-x") == {"family", "stage"}
    assert placeholders("plain") == set()


def test_the_groups_of_a_pattern_are_its_named_ones() -> None:
    assert pattern_groups(Choices(name_pattern=PATTERN)) == {"family", "stage"}
    assert pattern_groups(Choices()) == set()
