"""docs/security.md explains the findings of the scanner."""

import pytest

from scripts.scan_infra import explained_findings, scan
from tests.contract.infra.bicep import INFRA, ROOT

CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"


def test_every_explained_finding_names_an_existing_file() -> None:
    explained = explained_findings()
    assert explained
    assert [finding for finding in explained if not (INFRA / finding.file).is_file()] == []


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not installed; make scan-infra installs it")
def test_the_page_explains_exactly_the_findings_of_the_scanner() -> None:
    assert scan(CHECKOV) == explained_findings()
