"""A contender runs in a process of its own, and ends with the process that started it."""

import os
import signal
from pathlib import Path

import pytest

from benchmarks.contenders import apart
from local.signals import unwind_on_sigterm


def process_id() -> int:
    return os.getpid()


def ends_its_caller(stopped: Path) -> None:
    try:
        os.kill(os.getppid(), signal.SIGTERM)
        signal.pause()
    finally:
        stopped.touch()


def test_a_contender_runs_in_a_fresh_process() -> None:
    assert apart(process_id) != process_id()


def test_whoever_ends_the_command_ends_the_contender_which_stops_its_servers(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    unwind_on_sigterm()
    try:
        with pytest.raises(SystemExit) as ended:
            apart(ends_its_caller, tmp_path / "stopped")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM
    assert (tmp_path / "stopped").exists()
