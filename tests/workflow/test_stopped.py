"""A command that a signal ends leaves no server behind, wherever it was."""

import re
import signal
import subprocess
import sys
from contextlib import suppress
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


def descendants(process: int) -> list[int]:
    """The processes that a process has started, and those that these have started."""
    children: list[str] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            children += task.read_text(encoding="utf-8").split()
    return [one for child in map(int, children) for one in (child, *descendants(child))]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux says who started whom")
@pytest.mark.parametrize("arguments", [["--seeds", "1", "2", "--images", "2"], ["--bugs", "3", "4"]])
def test_a_torture_of_several_runs_ends_them_all(arguments: list[str]) -> None:
    process = subprocess.Popen([sys.executable, "-m", "torture", *arguments], cwd=ROOT)
    # two runs, each with the process that forks
    while len(running := descendants(process.pid)) < 4:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            pytest.fail("it has ended")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 128 + signal.SIGTERM
    assert [one for one in running if Path(f"/proc/{one}").exists()] == []
