"""The end states of a migration stand once in Python; the runbooks, which must be single files, have equal copies."""

import ast
import re

from domain.migration.states import ENDS, MigrationState
from tests.unit.app import ROOT

RUNBOOKS = ROOT / "runbooks"
GOOD = {MigrationState.COMPLETED, MigrationState.SKIPPED}


def python_states(name: str) -> set[str]:
    """The set that the Python runbook assigns to this name."""
    module = ast.parse((RUNBOOKS / "start_migrations.py").read_text(encoding="utf-8"))
    (value,) = [
        statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
    ]
    return set(ast.literal_eval(value))


def powershell_states(variable: str) -> set[str]:
    """The array that the PowerShell runbook assigns to this variable."""
    text = (RUNBOOKS / "Start-Migrations.ps1").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\${variable} = (.+)$", text, re.MULTILINE)
    return set(re.findall(r"'(\w+)'", line))


def test_the_python_runbook_knows_every_end_state() -> None:
    assert python_states("GOOD_ENDS") == GOOD
    assert python_states("BAD_ENDS") == ENDS - GOOD


def test_the_powershell_runbook_knows_every_end_state() -> None:
    assert powershell_states("goodEnds") == GOOD
    assert powershell_states("badEnds") == ENDS - GOOD


def test_the_http_page_names_every_end_state() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"until `state` is one of (.+?)\.\n", page, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == ENDS
