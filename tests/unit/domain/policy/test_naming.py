"""The names that a policy gives an image: always valid, and different for different texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy.naming import name_targets, with_suffix
from domain.policy.sections import Choices
from tests.unit.builders import GALLERY, image


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_publisher_offer_and_sku_are_always_valid(publisher: str, offer: str, sku: str) -> None:
    """Documented: at most 128, 64 and 64 characters, none at the end a full stop."""
    plain = [text.replace("{", "").replace("}", "") for text in (publisher, offer, sku)]
    choices = Choices(
        galleries=[str(GALLERY)],
        definition={"name": "web", "publisher": plain[0], "offer": plain[1], "sku": plain[2]},
    )
    naming = name_targets(image(), choices)
    assert naming is not None
    for text, longest in ((naming.publisher, 128), (naming.offer, 64), (naming.sku, 64)):
        assert 1 <= len(text) <= longest
        assert not text.endswith(".")
        assert text.isascii()


def test_long_names_that_differ_at_their_end_stay_different() -> None:
    named = [
        name_targets(
            image(), Choices(galleries=[str(GALLERY)], definition={"name": "web", "sku": "s" * 70 + end})
        )
        for end in "ab"
    ]
    assert len({naming.sku for naming in named if naming}) == 2


@pytest.mark.parametrize(
    "changes",
    [{"name_pattern": "db-.*"}, {"galleries": None}, {"definition": {"name": "{family}"}}],
    ids=["name does not match", "no gallery", "unknown placeholder"],
)
def test_an_image_gets_no_names_from_unusable_choices(changes: dict[str, Any]) -> None:
    said = {"galleries": [str(GALLERY)], "definition": {"name": "web"}, **changes}
    assert name_targets(image(), Choices.model_validate(said)) is None


def test_the_publisher_can_use_the_definitions_own_name() -> None:
    said = {"galleries": [str(GALLERY)], "definition": {"name": "{image}", "publisher": "of-{definition}"}}
    naming = name_targets(image("web"), Choices.model_validate(said))
    assert naming is not None
    assert (naming.definition, naming.publisher) == ("web", "of-web")


def test_a_suffix_depends_on_its_text_and_stays_within_the_length() -> None:
    assert with_suffix("sku", "a", 64) == with_suffix("sku", "a", 64) != with_suffix("sku", "b", 64)
    assert len(with_suffix("s" * 64, "a", 64)) == 64
