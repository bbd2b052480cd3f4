"""What a release consists of, and when none is made."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from domain.about import VERSION
from scripts import release
from scripts.package import ROOT

REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_bill_of_materials_has_every_package_with_every_hash() -> None:
    bill = release.bill_of_materials(REQUIREMENTS, VERSION)
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,.-]+\])?==([^\s;\\]+)", REQUIREMENTS, re.MULTILINE)
    assert [(one["name"], one["version"]) for one in bill["components"]] == pinned
    hashes = [
        entry["value"]
        for one in bill["components"]
        for entry in one["properties"]
        if entry["name"] == "pip:hash"
    ]
    assert hashes == re.findall(r"--hash=(sha256:[0-9a-f]{64})", REQUIREMENTS)
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(set(references)) == len(references)
    assert bill["metadata"]["component"]["version"] == VERSION


def test_a_package_of_some_pythons_says_of_which() -> None:
    bill = release.bill_of_materials(REQUIREMENTS, VERSION)
    markers = {
        one["version"]: entry["value"]
        for one in bill["components"]
        for entry in one["properties"]
        if one["name"] == "azure-functions" and entry["name"] == "pip:marker"
    }
    assert sorted(marker.split()[1] for marker in markers.values()) == ["<", ">="]


def test_a_tag_that_is_not_the_version_makes_no_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["v99.0.0", str(tmp_path / "release")]) == 1
    assert f"domain/about.py says {VERSION}" in capsys.readouterr().err
    assert not (tmp_path / "release").exists()


def test_the_notes_are_the_newest_section_of_the_changelog() -> None:
    changelog = "# Changelog\n\n## 1.2.0 (2026-12-01)\n\n### Added\n\n- One.\n\n## 1.1.0\n\n- Two.\n"
    assert release.newest_changes(changelog, "1.2.0") == "### Added\n\n- One.\n"
    with pytest.raises(release.ReleaseError, match=r"the newest section of CHANGELOG\.md is '1\.2\.0"):
        release.newest_changes(changelog, "1.3.0")


@pytest.mark.slow
def test_a_release_has_a_zip_for_each_backend_and_checksums_that_fit(tmp_path: Path) -> None:
    assert release.main([f"v{VERSION}", str(tmp_path)]) == 0
    names = {f"gallerist-{VERSION}.zip", f"gallerist-{VERSION}-scheduler.zip"}
    assert {file.name for file in tmp_path.iterdir()} == {*names, "SHA256SUMS", "sbom.cdx.json", "notes.md"}
    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    stated = {line.split()[1]: line.split()[0] for line in lines}
    for name in names:
        assert stated[name] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert stated[f"gallerist-{VERSION}.zip"] != stated[f"gallerist-{VERSION}-scheduler.zip"]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "sbom.cdx.json").read_text())["bomFormat"] == "CycloneDX"
