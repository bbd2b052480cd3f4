"""Every PowerShell file of the repository parses in real PowerShell."""

import json
from pathlib import Path

from local.stack import ROOT
from tests.powershell.shell import NEEDS_POWERSHELL, run_powershell

# the folders with files of the project; build/ and virtual environments hold those of others
FOLDERS = ("infra", "packages", "runbooks", "scripts", "tests")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.ps1"))
PARSE = """
$faults = foreach ($file in $env:FILES -split ';') {
    $errors = $null
    [void][Management.Automation.Language.Parser]::ParseFile($file, [ref]$null, [ref]$errors)
    $errors | ForEach-Object { "$($file): $($_.Extent.StartLineNumber): $($_.Message)" }
}
ConvertTo-Json @($faults)
"""


def faults(*files: str) -> list[str]:
    done = run_powershell("-Command", PARSE, FILES=";".join(files))
    assert (done.returncode, done.stderr) == (0, "")
    found: list[str] = json.loads(done.stdout)
    return found


@NEEDS_POWERSHELL
def test_every_file_parses() -> None:
    assert {file.name for file in FILES} >= {"Start-Migrations.ps1", "subscribe_to_events.ps1"}
    assert faults(*map(str, FILES)) == []


@NEEDS_POWERSHELL
def test_a_file_that_does_not_parse_is_found(tmp_path: Path) -> None:
    file = tmp_path / "wrong.ps1"
    file.write_text("foreach ($one in 1..3 {", encoding="utf-8")
    assert f"{file}: 1: " in faults(str(file))[0]
