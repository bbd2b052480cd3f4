"""Deliberate bugs are noticed by the torture, or by the fuzz. `python -m torture --bugs` puts in all of them."""

import pytest

from torture.__main__ import catch
from torture.bugs import BUGS, Bug, with_bug
from torture.promises import PROMISES

# one for the versions that the torture looks at, one for answers; a deletion takes days of virtual time
SAMPLE = ("the exclusion", "a bound of the input: text")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_can_still_be_put_in(bug: Bug) -> None:
    """What it removes is still there, exactly once."""
    with with_bug(bug) as app:
        for change in bug.changes:
            text = (app / change.file).read_text(encoding="utf-8")
            assert change.new in text
            compile(text, change.file, "exec")


def test_there_are_a_dozen_of_them_and_each_breaks_a_promise() -> None:
    assert len(BUGS) >= 12
    names = {promise.name for promise in PROMISES}
    assert all(bug.fuzz or bug.breaks in names for bug in BUGS)
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", SAMPLE)
def test_a_bug_is_caught(name: str) -> None:
    (bug,) = [one for one in BUGS if one.name.startswith(name)]
    caught = catch(bug)
    assert caught["caught"], caught["sentence"]
