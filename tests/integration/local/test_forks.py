"""What a forked process has imported when it begins, and what becomes of one that nobody waits for any more."""

import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.forks import Forks
from local.stack import ROOT
from tests.integration.local import what_is_imported

# far less than the process that forks needs for its imports, and far more than what comes before
ASKED_SECONDS = 0.1
PATIENCE_SECONDS = 30


class Interrupted(Exception):  # noqa: N818 # as a signal is
    """The signal of this test."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    forks = Forks.where_possible(ROOT)
    if forks is None:
        pytest.skip("the system cannot refer to a process but by its id")
    yield forks
    forks.close()


@pytest.mark.parametrize(
    ("other_app", "imported"), [(False, ["domain.about", "pydantic"]), (True, ["pydantic"])]
)
def test_an_app_of_another_folder_imports_its_own_modules(
    forks: Forks, tmp_path: Path, imported: list[str], *, other_app: bool
) -> None:
    with (tmp_path / "log").open("w") as log:
        process = forks.start(what_is_imported.__name__, [], os.environ, log, other_app=other_app)
        answer = process.stdout.read()
        process.communicate()
    assert json.loads(answer) == imported


def interrupt(_number: int, _frame: object) -> None:
    raise Interrupted


def test_a_start_that_a_signal_interrupts_leaves_no_process_behind() -> None:
    forks = Forks.where_possible(ROOT)
    if forks is None:
        pytest.skip("the system cannot refer to a process but by its id")
    reading, writing = os.pipe()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, ASKED_SECONDS)
        with os.fdopen(writing, "w") as log, pytest.raises(Interrupted):
            # it serves until it is stopped
            forks.start("http.server", ["--bind", "127.0.0.1", "0"], os.environ, log)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    # whoever could write into it has ended
    with os.fdopen(reading, "rb") as log_of_all:
        while select.select([log_of_all], [], [], PATIENCE_SECONDS)[0]:
            if not os.read(log_of_all.fileno(), 1000):
                return
    pytest.fail("it runs on")
