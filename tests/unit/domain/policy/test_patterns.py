"""Regular expressions that users write: none keeps the app busy."""

import time

import pytest

from domain.policy.patterns import groups_of, match_whole


@pytest.mark.parametrize("pattern", [r"(?:a+)+b", r"(?:a|a)*b", r"(?:a*)*c", r"(?P<x>a?){500}a{400}b"])
def test_a_pattern_that_backtracks_for_years_elsewhere_answers_at_once(pattern: str) -> None:
    """In Python's own engine 24 characters take the first of them a second, and each further one doubles that."""
    begun = time.process_time()
    assert match_whole(pattern, "a" * 80) is None
    assert time.process_time() - begun < 1


def test_named_groups_are_returned_whole() -> None:
    assert match_whole(r"(?P<family>.+)-(?P<arch>arm)?\d{8}", "w\u00e9b-20260115") == {
        "family": "w\u00e9b",
        "arch": "",
    }
    assert match_whole(r"(?P<family>.+)-\d{8}", "web-20260115 ") is None
    assert groups_of(r"(?P<family>.+)-(?P<arch>arm)?") == {"family", "arch"}
