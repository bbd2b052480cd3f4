"""The scanner's findings are the ones that docs/security.md explains."""

import pytest

from scripts.scan_infra import explained_findings, scan
from tests.contract.infra.bicep import INFRA, ROOT

CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"


def test_explained_findings_are_about_files_that_exist() -> None:
    explained = explained_findings()
    assert explained
    assert [finding for finding in explained if not (INFRA / finding.file).is_file()] == []


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not here: make scan-infra installs it")
def test_every_finding_is_explained() -> None:
    assert scan(CHECKOV) == explained_findings()
