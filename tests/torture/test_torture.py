"""A short torture; `make torture` runs a longer one."""

import pytest

from torture.__main__ import summary
from torture.run import Plan, run


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_done_twice_or_done_wrong() -> None:
    report = run(Plan(images=24, kills=5, faults=48, seed=7))
    assert report.verdict.holds, summary(report)
    assert report.kills == 5
    assert report.faults > 0
