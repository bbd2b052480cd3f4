"""What a command that starts servers does at a signal."""

import signal
import sys
from types import FrameType

from functions_testhost.stopping import StopSignals

__all__ = ["StopSignals", "unwind_on_sigterm"]


def unwind_on_sigterm() -> None:
    """Lets SIGTERM end the process as Ctrl+C does: what it started is stopped. By default it would leave all behind."""
    signal.signal(signal.SIGTERM, _unwind)


def _unwind(number: int, _frame: FrameType | None) -> None:
    # the shells' exit code for a process that a signal ended
    sys.exit(128 + number)
