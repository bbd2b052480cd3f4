"""A command that a signal ends leaves no server behind, wherever it was."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.stack import ROOT

PATIENCE_SECONDS = 60


STARTS_SERVERS = re.compile(r"\b(Stack|HostServer)\(")
FOLDERS = ("benchmarks", "demo", "scripts", "torture")


def commands_with_servers() -> list[Path]:
    """The modules that are run, and start servers or import what does."""
    starting = {
        module.parent if module.parent.name != "scripts" else module
        for folder in FOLDERS
        for module in (ROOT / folder).glob("*.py")
        if STARTS_SERVERS.search(module.read_text(encoding="utf-8"))
    }
    return sorted(
        module
        for folder in FOLDERS
        for module in (ROOT / folder).glob("*.py")
        if {module, module.parent} & starting
        and '__name__ == "__main__"' in module.read_text(encoding="utf-8")
    )


def test_a_command_that_starts_servers_unwinds_at_a_signal() -> None:
    found = commands_with_servers()
    assert ROOT / "benchmarks" / "__main__.py" in found
    assert ROOT / "scripts" / "export_api.py" in found
    assert [file for file in found if "unwind_on_sigterm()" not in file.read_text(encoding="utf-8")] == []


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
