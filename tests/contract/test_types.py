"""A typo in a state, or in a field that is stored beside a state, is a type error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.app import ROOT

SHIPPED = ("triggers", "orchestrators", "entities", "activities", "services", "adapters", "api", "domain")

SNIPPET = """
from domain.fleet.batches import Batch
from domain.results import Failure
from domain.migration.states import MigrationState
from domain.migration.status import End, MigrationStatus, TargetStatus

def change(status: MigrationStatus, target: TargetStatus, batch: Batch) -> None:
    {line}
"""


def mypy(folder: Path, line: str) -> str:
    """What mypy reports about this line, with the project's own settings."""
    snippet = folder / "snippet.py"
    snippet.write_text(SNIPPET.format(line=line), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(snippet)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("status.reasn = 'no'", '"MigrationStatus" has no attribute "reasn"'),
        ("status.fingerprint = 3", "Incompatible types in assignment"),
        ("target.outcom = 'created'", '"TargetStatus" has no attribute "outcom"'),
        ("status.moved('complete')", 'Argument 1 to "moved" of "HasState" has incompatible type'),
        ("status.moved(MigrationState.COMPLETE)", 'has no attribute "COMPLETE"'),
        ("status.state = MigrationState.COMPLETED", 'Property "state" defined in "HasState" is read-only'),
        (
            "MigrationStatus(image=status.image, state=MigrationState.COMPLETED)",
            'Unexpected keyword argument "state" for "MigrationStatus"',
        ),
        ("batch.moved(MigrationState.FAILED)", 'Argument 1 to "moved" of "HasState" has incompatible type'),
        ("End(MigrationState.FAILED, resaon='no')", 'Unexpected keyword argument "resaon"'),
        ("target.ended(MigrationState.FAILED, 'no')", 'Argument 2 to "ended" of "TargetStatus"'),
    ],
)
def test_a_typo_is_a_type_error(line: str, complaint: str, tmp_path: Path) -> None:
    report = mypy(tmp_path, line)
    assert complaint in report
    assert "Found 1 error" in report


def test_the_right_spelling_is_none(tmp_path: Path) -> None:
    """The check above can pass: nothing else in the snippet is an error."""
    report = mypy(tmp_path, "status.moved(MigrationState.FAILED).reason = 'no'")
    assert "Success" in report


@pytest.mark.parametrize("folder", SHIPPED)
def test_no_shipped_code_changes_fields_where_mypy_cannot_see_them(folder: str) -> None:
    hidden = re.compile(r"model_copy\(\s*update=|\*\*\w+: Any\b|model_construct\(")
    offenders = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in (ROOT / folder).rglob("*.py")
        for found in hidden.findall(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_one_line_changes_states() -> None:
    """`HasState.moved` writes past the frozen field; nothing else does."""
    writers = [
        str(path.relative_to(ROOT))
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"__dict__|object\.__setattr__", path.read_text(encoding="utf-8"))
    ]
    assert writers == ["domain/states.py"]
