"""Scans infra/ with checkov, and compares the findings with those that docs/security.md explains."""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

# The scanner's parser knows no functions with `=>`. It has no check for a workbook or a query pack, which are all that
# this file holds.
_NOT_SCANNED = ("modules/workbook.bicep",)
ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
# checks the names of storage accounts; for a name that is computed at deployment, its result changes from run to run
_SKIPPED_CHECK = "CKV_AZURE_43"
# what the scanner's parser does not know: conditional expressions over several lines, arguments over several lines, and
# two functions
_CONDITION = re.compile(r"\n\s*(?=[?:] )")
_ARGUMENTS = re.compile(r"\(\n([^()]*(?:\([^()]*\)[^()]*)*)\n\s*\)(?=\n)")
_UNKNOWN_FUNCTIONS = {"cidrSubnet(": "format(", "fail(": "string("}
_ROW = re.compile(r"^\| `(CKV\w+)` \| `([\w./-]+)` \| .+ \|$", re.MULTILINE)


class Finding(NamedTuple):
    """A check that failed, and the file it failed for, relative to infra/."""

    check: str
    file: str


class ScanError(Exception):
    """The scanner returned no usable report, or could not read a file; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Scans; returns 0 if the findings are exactly the explained ones, otherwise 1."""
    parser = argparse.ArgumentParser(prog="python -m scripts.scan_infra", description=__doc__)
    parser.add_argument("--checkov", type=Path, required=True, help="path of the checkov command")
    found = scan(parser.parse_args(arguments).checkov)
    explained = explained_findings()
    page = DOCUMENT.relative_to(ROOT)
    for finding in sorted(found - explained):
        sys.stdout.write(
            f"not explained: {finding.check} in infra/{finding.file}; fix it, or add a row to {page}\n"
        )
    for finding in sorted(explained - found):
        sys.stdout.write(
            f"no longer found: {finding.check} in infra/{finding.file}; remove its row from {page}\n"
        )
    sys.stdout.write(f"{len(found)} findings, {len(explained)} explained in {page}\n")
    return int(found != explained)


def explained_findings() -> set[Finding]:
    """Returns the findings that docs/security.md explains."""
    return {Finding(*row) for row in _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))}


def scan(checkov: Path) -> set[Finding]:
    """Returns the findings of the scanner.

    Raises:
        ScanError: the scanner returned no report, or could not read a file, whose findings would then be missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "infra"
        # the snapshots are evaluated Bicep; their long references look like keys
        shutil.copytree(ROOT / "infra", copy, ignore=shutil.ignore_patterns("snapshots"))
        for name in _NOT_SCANNED:
            (copy / name).unlink()
        for file in copy.rglob("*.bicep"):
            file.write_text(readable(file.read_text(encoding="utf-8")), encoding="utf-8")
        return _scan(checkov, copy)


def readable(text: str) -> str:
    """Returns Bicep that means the same and that the scanner can parse; the compiler has checked the original."""
    text = _CONDITION.sub(" ", text)
    for unknown, known in _UNKNOWN_FUNCTIONS.items():
        text = text.replace(unknown, known)
    return _ARGUMENTS.sub(lambda found: "(" + " ".join(found[1].split()) + ")", text)


def _scan(checkov: Path, folder: Path) -> set[Finding]:
    arguments = ["--directory", str(folder), "--framework", "bicep", "secrets"]
    done = subprocess.run(  # noqa: S603 # the command is the caller's
        [
            str(checkov),
            *arguments,
            "--output",
            "json",
            "--skip-download",
            "--skip-check",
            _SKIPPED_CHECK,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        reports = json.loads(done.stdout)
    except ValueError as error:
        raise ScanError(f"checkov returned no JSON: {done.stderr or done.stdout}") from error
    return set().union(*(_parse_report(report) for report in reports))


def _parse_report(report: dict[str, Any]) -> set[Finding]:
    if report["summary"]["parsing_errors"]:
        raise ScanError(f"checkov could not parse {report['results']['parsing_errors']}")
    return {
        Finding(failed["check_id"], failed["file_path"].lstrip("/"))
        for failed in report["results"]["failed_checks"]
    }


if __name__ == "__main__":
    sys.exit(main())
