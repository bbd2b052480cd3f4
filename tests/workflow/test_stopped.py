"""A command that a signal ends leaves no server behind, wherever it was."""

import re
import signal
import subprocess
import sys

import httpx
import pytest

from local.stack import ROOT

PATIENCE_SECONDS = 60


@pytest.mark.slow
def test_the_demo_stops_its_servers() -> None:
    """Supervisors and CI send SIGTERM, here while images migrate."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", "--serve"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    addresses: list[str] = []
    while len(addresses) < 2:
        line = process.stdout.readline()
        assert line, "the demo has ended"
        addresses += re.findall(r"http://127\.0\.0\.1:\d+", line)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    for address in addresses:
        with pytest.raises(httpx.ConnectError):
            httpx.get(address)
