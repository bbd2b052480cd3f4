"""Scans infra/ with checkov, and compares what it finds with what docs/security.md explains."""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "security.md"
# the rule for names of storage accounts: it answers now so, now so about a name that is only known when it is deployed
_LEFT_OUT = "CKV_AZURE_43"
_ROW = re.compile(r"^\| `(CKV\w+)` \| `([\w./-]+)` \| .+ \|$", re.MULTILINE)


class Finding(NamedTuple):
    """A check that failed, and the file it failed for, relative to infra/."""

    check: str
    file: str


class ScanError(Exception):
    """The scanner gave no usable answer, or could not read a file; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Scan; 0 if everything that is found is explained, and the other way round."""
    parser = argparse.ArgumentParser(prog="python -m scripts.scan_infra", description=__doc__)
    parser.add_argument("--checkov", type=Path, required=True, help="the scanner's command")
    found = scan(parser.parse_args(arguments).checkov)
    explained = explained_findings()
    for finding in sorted(found - explained):
        sys.stdout.write(f"not explained: {finding.check} in infra/{finding.file}\n")
    for finding in sorted(explained - found):
        sys.stdout.write(f"no finding any more: {finding.check} in infra/{finding.file}\n")
    sys.stdout.write(f"{len(found)} findings, {len(explained)} explained in {DOCUMENT.relative_to(ROOT)}\n")
    return int(found != explained)


def explained_findings() -> set[Finding]:
    """The findings that docs/security.md gives a reason for."""
    return {Finding(*row) for row in _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))}


def scan(checkov: Path) -> set[Finding]:
    """What the scanner finds.

    Raises:
        ScanError: it gave no answer, or could not read a file, which would then go unscanned.
    """
    words = ["--directory", str(ROOT / "infra"), "--framework", "bicep", "secrets"]
    done = subprocess.run(  # noqa: S603 # the command is the caller's
        [str(checkov), *words, "--output", "json", "--skip-download", "--skip-check", _LEFT_OUT, "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        reports = json.loads(done.stdout)
    except ValueError as error:
        raise ScanError(f"checkov gave no JSON: {done.stderr or done.stdout}") from error
    return set().union(*(_parse_report(report) for report in reports))


def _parse_report(report: dict[str, Any]) -> set[Finding]:
    if report["summary"]["parsing_errors"]:
        raise ScanError(f"checkov cannot read {report['results']['parsing_errors']}")
    return {
        Finding(failed["check_id"], failed["file_path"].lstrip("/"))
        for failed in report["results"]["failed_checks"]
    }


if __name__ == "__main__":
    sys.exit(main())
