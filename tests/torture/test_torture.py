"""A short torture: everything that can go wrong at least once. `make torture` runs three long ones."""

from typing import get_args

import pytest

from torture.__main__ import summary
from torture.disturbances import What
from torture.estate import Kind
from torture.figures import Figures
from torture.plan import plan
from torture.promises import judge
from torture.run import run

# one that is proved and promoted, one with a copy, one that is retired
SHORTEST: tuple[Kind, ...] = ("tried", "twin", "leaving")
SHORT: tuple[Kind, ...] = ("plain", "twin", "tried", "ringed", "leaving")


@pytest.mark.parametrize(
    ("seed", "kinds"),
    [(1, SHORTEST), pytest.param(7, SHORT, marks=pytest.mark.hour)],
    ids=["shortest", "short"],
)
@pytest.mark.timeout(900)
def test_every_promise_is_kept_whatever_goes_wrong(seed: int, kinds: tuple[Kind, ...]) -> None:
    planned = plan(seed, len(kinds), kinds)
    done = run(planned)
    figures = Figures.of(done, judge(done.world))
    assert figures.broken == [], summary(figures)
    assert figures.kills > 0
    assert sum(figures.faults.values()) > 0
    happened = {note.subject for note in done.world.of_kind("disturbed")} | {"host killed"}
    assert happened == {one.what for one in planned.disturbances}
    # a single promotion is paused, and not rolled back
    assert set(get_args(What)) - happened <= ({"promotion rolled back"} if kinds == SHORTEST else set())
