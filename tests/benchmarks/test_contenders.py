"""The command, and which contenders it can run."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import az
from benchmarks.figures import RESULTS, Run
from local.stack import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory are read from /proc")
def test_the_command_runs_contenders_apart_and_writes_their_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["3", "--contenders", "thread-pool", "--threads", "2", "--keep-page"]
    assert command.main(options) == 0
    assert "thread pool, 2 threads" in capsys.readouterr().out
    document = json.loads((RESULTS / "thread-pool-2-threads-3.json").read_text(encoding="utf-8"))
    assert Run.parse(document).ended == {"completed": 3}


def test_az_is_left_out_with_a_reason_where_it_is_not_installed() -> None:
    missing = ROOT / "build" / "no-az" / "bin" / "az"
    assert az.why_skipped(missing) == "az is not installed in build/no-az; `make parity-az` installs it"
    assert az.why_skipped(Path(__file__)) is None
