"""Finds and runs the real PowerShell, version 7."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.stack import ROOT

# where `make test-extension` and `make scan-infra` install it
_INSTALLED = ROOT / "build" / "extension" / "tools" / "bin" / "pwsh"


def find_powershell() -> Path | None:
    """Returns PowerShell: that of the variable PWSH, the one on the path, or the installed one."""
    named = os.environ.get("PWSH") or shutil.which("pwsh")
    if named:
        return Path(named)
    return _INSTALLED if _INSTALLED.exists() else None


POWERSHELL = find_powershell()
NEEDS_POWERSHELL = pytest.mark.skipif(
    POWERSHELL is None, reason="there is no PowerShell: set PWSH, or install pwsh"
)


def run_powershell(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs PowerShell without anybody's profile."""
    assert POWERSHELL is not None
    return subprocess.run(
        [str(POWERSHELL), "-NoLogo", "-NoProfile", "-NonInteractive", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "POWERSHELL_TELEMETRY_OPTOUT": "1", **environment},
        timeout=100,
    )
