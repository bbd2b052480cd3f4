"""The lines of the documents that are for PowerShell, and the bodies that both shells write."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.package import ROOT
from tests.documents.runs import runs, shell
from tests.documents.test_az import CHECKING_AZ, SET, STUB, WRITTEN, variables

__all__ = ["variables"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TOOLS = ROOT / "build" / "extension" / "tools" / "bin"
PWSH = shutil.which("pwsh", path=os.pathsep.join([os.environ["PATH"], str(TOOLS)]))
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
POSIX = {line.removeprefix("$ ") for line in PAGE.splitlines() if line.startswith("$ ")}
LINES = list(
    dict.fromkeys(
        line
        for block in re.findall(r"^```powershell\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        if line not in POSIX
    )
)
VALUES = {"API": "https://app.example/api", "KEY": "k+/=", "SP": "sp", "WHO": "operator", "ROLE": "role"}
ALL_VALUES = {**dict.fromkeys(SET, "value"), **VALUES}


def powershell(line: str, folder: Path, environment: dict[str, str]) -> None:
    if PWSH is None:
        pytest.skip("PowerShell is not installed")
    given = "".join(f"${name} = '{value}'; " for name, value in ALL_VALUES.items())
    done = subprocess.run(
        [PWSH, "-NoProfile", "-Command", f"$ErrorActionPreference = 'Stop'; {given}{line}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path, variables: dict[str, str]) -> tuple[Path, dict[str, str]]:  # the fixture
    """A folder with stand-ins, of which az checks its arguments, and what the lines find in a checkout."""
    for name, text in {"az": CHECKING_AZ, "azd": STUB, "curl": STUB}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    for file, text in WRITTEN.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    for folder in ("docs", "infra"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    path = os.pathsep.join([str(tmp_path), variables["PATH"]])
    ours = {**os.environ, **variables, "PATH": path, "FOLDER": str(tmp_path), "HOME": str(tmp_path)}
    return tmp_path, ours


@runs(*LINES)
def test_powershell_runs_a_line_and_az_accepts_its_arguments(
    desk: tuple[Path, dict[str, str]], command: str
) -> None:
    folder, environment = desk
    powershell(command, folder, environment)
    refused = folder / "refused"
    assert not refused.exists(), refused.read_text(encoding="utf-8")
    assert (folder / "checked").exists() == bool(re.search(r"\baz ", command))


def body(line: str) -> Path:
    file = re.search(r"dist/\w+\.json", line)
    assert file
    return Path(file[0])


PRINTF = [line for line in LINES if "ConvertTo-Json" in line]


@runs(*[line for line in sorted(POSIX) if line.startswith("printf ")])
def test_both_shells_write_the_same_body(desk: tuple[Path, dict[str, str]], command: str) -> None:
    """JSON, with a key in it that has the letters of base64."""
    folder, environment = desk
    name = re.search(r"Gallerist\w+|principalId", command)
    assert name
    [twin] = [line for line in PRINTF if name[0] in line]
    shell(command, folder, {**environment, **VALUES})
    written = json.loads((folder / body(command)).read_text(encoding="utf-8"))
    powershell(twin, folder, environment)
    assert json.loads((folder / body(twin)).read_text(encoding="utf-8")) == written
    assert set(re.findall(r'"(https:[^"\\]+|k\+/=|sp|operator)', json.dumps(written).replace("\\", "")))


@runs(
    "rm dist/variable.json",
    "ACCOUNT=https://management.azure.com/subscriptions/SUBSCRIPTION_ID/resourceGroups/images/providers"
    "/Microsoft.Automation/automationAccounts/gallerist",
)
def test_the_shell_accepts_a_line_of_its_own(desk: tuple[Path, dict[str, str]], command: str) -> None:
    folder, environment = desk
    assert (
        shell(f"{command}; echo $ACCOUNT", folder, {**environment, "ACCOUNT": "none"}).strip()
        in command + "none"
    )
