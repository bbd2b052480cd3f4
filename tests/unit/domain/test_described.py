"""Models whose fields are described by the string after each of them."""

from pydantic import Field

from domain.described import Described, descriptions


class Part(Described):
    """A part of another model."""

    size: int
    """How large it is."""


class Whole(Described):
    """A model with parts."""

    name: str = Field(default="", alias="called")
    """What it is called."""
    part: Part
    """Its only part."""
    silent: int = 0

    def after(self) -> str:
        """Not a field."""
        return self.name


class Special(Whole):
    """A model that redefines some of its fields."""

    name: str
    part: Part
    """Another part."""


def test_a_field_is_described_by_the_string_that_follows_it() -> None:
    assert descriptions(Whole) == {"name": "What it is called.", "part": "Its only part."}


def test_a_field_that_is_defined_anew_is_described_anew() -> None:
    assert descriptions(Special) == {"part": "Another part."}


def test_the_schema_describes_the_fields_of_every_model() -> None:
    schema = Whole.model_json_schema(by_alias=False)

    assert schema["properties"]["part"] == {"$ref": "#/$defs/Part", "description": "Its only part."}
    assert schema["$defs"]["Part"]["properties"]["size"]["description"] == "How large it is."
    assert "description" not in schema["properties"]["silent"]


def test_the_schema_describes_a_field_by_its_alias() -> None:
    assert Whole.model_json_schema()["properties"]["called"]["description"] == "What it is called."
