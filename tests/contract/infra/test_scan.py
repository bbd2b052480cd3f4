"""docs/security.md explains the findings of the scanner, and scripts/compile_infra.py those of the compiler."""

from pathlib import Path

import pytest

from scripts.compile_infra import EXPLAINED, LEFT_OUT, find_bicep, run
from scripts.scan_infra import explained_findings, readable, scan
from tests.contract.infra.bicep import INFRA, ROOT

CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"


def test_every_explained_finding_names_an_existing_file() -> None:
    explained = explained_findings()
    assert explained
    assert [finding for finding in explained if not (INFRA / finding.file).is_file()] == []


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not installed; make scan-infra installs it")
def test_the_page_explains_exactly_the_findings_of_the_scanner() -> None:
    assert scan(CHECKOV) == explained_findings()


def test_every_explained_warning_names_an_existing_file() -> None:
    assert [warned for warned in EXPLAINED if not (INFRA / warned.file).is_file()] == []


def test_one_line_says_that_the_compiler_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Snapshots cannot be written without it, so that fails."""
    assert run(None, update=False) == 0
    assert capsys.readouterr().out == LEFT_OUT
    assert LEFT_OUT.count("\n") == 1
    assert run(None, update=True) == 1


def test_the_compiler_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BICEP", "/some/bicep")
    assert find_bicep() == Path("/some/bicep")


def test_the_scanner_gets_bicep_that_its_parser_knows() -> None:
    """It knows no expression over several lines; a file that it cannot parse would have no findings."""
    text = "var a = b\n  ? { c: 1 }\n  : fail('no')\nvar d = union(\n  a,\n  empty(a) ? {} : { e: a }\n)\n"
    assert readable(text) == (
        "var a = b ? { c: 1 } : string('no')\nvar d = union(a, empty(a) ? {} : { e: a })\n"
    )
