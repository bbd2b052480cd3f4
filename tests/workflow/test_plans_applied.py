"""A plan that is applied later does exactly what it said, or nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from client import ProblemError
from tests.workflow.estate import GALLERY, Estate, an_image


@pytest.fixture
def quiet(estate: Estate) -> Iterator[Estate]:
    """The estate, whose images start no migrations by their events."""
    estate.stack.control("POST", "events", {"lose_next": 10})
    yield estate
    estate.stack.control("POST", "events", {"lose_next": 0})


def planned(estate: Estate, image: str, **choices: Any) -> dict[str, str]:
    return estate.gallerist.plan(image, **choices).facts


def test_plans_of_one_family_are_applied_in_any_order_with_the_numbers_that_they_named(quiet: Estate) -> None:
    first, second = (quiet.write(an_image(name)) for name in ("family-1", "family-2"))
    facts = planned(quiet, first)
    others = planned(quiet, second, version="1.0.1")
    quiet.start(second, version="1.0.1", facts=others)
    assert quiet.ended(second)["targets"][0]["version"] == "1.0.1"
    quiet.start(first, facts=facts)
    assert quiet.ended(first)["targets"][0]["version"] == "1.0.0"
    again = quiet.gallerist.plan(first, facts=facts)
    assert (again.outcome, again.changes) == ("migrate", [])


def test_a_plan_is_refused_after_somebody_published_under_its_number(quiet: Estate) -> None:
    image = quiet.write(an_image("raced"))
    other = quiet.write(an_image("raced-by", blob="other"))
    facts = planned(quiet, image)
    quiet.start(other, definition="raced")
    quiet.ended(other)
    before = len(quiet.writes(GALLERY))
    with pytest.raises(ProblemError) as refused:
        quiet.start(image, facts=facts)
    assert refused.value.status == 409
    assert "version 1.0.0 belongs to another image" in refused.value.problem.detail
    assert refused.value.errors[0].field == "facts.outcome"
    assert quiet.migration(image) is None
    assert len(quiet.writes(GALLERY)) == before


def test_what_moves_between_the_check_and_the_write_blocks_the_migration(quiet: Estate) -> None:
    """The ledger knows a number that no gallery shows yet: both plans named it, and one of them gets it."""
    image, other = quiet.write(an_image("close")), quiet.write(an_image("close-by", blob="other"))
    facts, others = planned(quiet, image, definition="tie"), planned(quiet, other, definition="tie")
    quiet.start(image, definition="tie", facts=facts)
    quiet.start(other, definition="tie", facts=others)
    ends = [quiet.ended(one) for one in (image, other)]
    assert sorted(end["state"] for end in ends) == ["blocked", "completed"]
    (blocked,) = [end for end in ends if end["state"] == "blocked"]
    assert "1.0.0" in blocked["reason"]
    assert blocked["fix"]
    assert list(quiet.versions("tie")) == ["1.0.0"]
