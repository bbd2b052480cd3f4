"""Region names have one canonical form for every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.resources.regions import Region, canonical_region


@pytest.mark.parametrize(
    "spelling", ["East US 2", "eastus2", "EASTUS2", "east-us-2", "east_us_2", " East US2"]
)
def test_every_spelling_of_a_region_has_the_same_canonical_name(spelling: str) -> None:
    assert canonical_region(spelling) == "eastus2"


@given(st.text())
def test_a_canonical_name_does_not_change(name: str) -> None:
    assert canonical_region(canonical_region(name)) == canonical_region(name)


@pytest.mark.parametrize("name", ["", " ", "- -"])
def test_a_region_without_letters_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        TypeAdapter(Region).validate_python(name)
