"""Versions are compared as the Durable extension compares them (recorded for 3.19.0)."""

from datetime import timedelta

import pytest
from functions_testhost.versions import MatchStrategy, Versioning, delay_after


@pytest.mark.parametrize(
    ("version", "runs"),
    [
        (None, True),
        ("", True),
        ("0", True),
        ("0.9", True),
        ("0.10", True),
        ("1", True),
        ("1.0", True),
        ("1.00", True),
        ("1.0.0", False),
        ("1.1", False),
        ("v0", False),
        ("beta", False),
    ],
)
def test_a_host_of_1_0_runs_what_is_not_newer(version: str | None, runs: bool) -> None:
    """As .NET: a missing third number is older than a zero, and what is no version of numbers is compared as text."""
    assert Versioning("1.0").runs(version) is runs


def test_numbers_count_by_their_value() -> None:
    assert Versioning("1.10").runs("1.9")
    assert not Versioning("1.9").runs("1.10")


def test_texts_are_compared_without_their_case() -> None:
    assert Versioning("Beta").runs("beta")
    assert Versioning("beta").runs("ALPHA")


def test_a_host_without_a_version_runs_only_what_has_none() -> None:
    assert Versioning(None).runs(None)
    assert not Versioning(None).runs("1.0")


def test_strict_runs_the_same_text_only() -> None:
    strict = Versioning("1.0", MatchStrategy.STRICT)
    assert [version for version in (None, "", "0.9", "1.0", "1.00", "2.0") if strict.runs(version)] == ["1.0"]
    assert Versioning(None, MatchStrategy.STRICT).runs("")


def test_none_runs_every_version() -> None:
    assert Versioning("1.0", MatchStrategy.NONE).runs("beta")


def test_what_is_put_back_again_and_again_waits_longer_up_to_ten_minutes() -> None:
    seconds = [delay_after(times) / timedelta(seconds=1) for times in (1, 2, 3, 6, 9, 10, 1000)]
    assert seconds == [2, 4, 8, 64, 512, 600, 600]
