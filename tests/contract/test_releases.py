"""Every release has saved what it leaves in a task hub, and later commits do not change it."""

import json
import re
import shutil
import subprocess

import pytest

from local.stack import ROOT
from scripts.history_files import RELEASES

_RELEASED = re.compile(r"^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$", re.MULTILINE)
_FILES = ("answers.json", "azure.json", "entities.json", "instances.json", "policy.yaml", "release.json")


def released() -> list[str]:
    return _RELEASED.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_every_release_of_the_changelog_has_saved_its_histories_and_instances() -> None:
    """Run `python -m scripts.save_histories --release` in the commit of the release."""
    assert "0.1.0" in released()
    assert sorted(folder.name for folder in RELEASES.iterdir()) == sorted(released())


@pytest.mark.parametrize("version", released())
def test_what_a_release_saved_is_complete(version: str) -> None:
    folder = RELEASES / version
    assert sorted(file.name for file in folder.iterdir() if file.is_file()) == sorted(_FILES)
    assert any((folder / "histories").iterdir())
    assert any((folder / "evidence").iterdir())
    described = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    assert described["version"] == version


@pytest.mark.parametrize("version", released())
def test_what_a_release_saved_is_as_it_was_first_committed(version: str) -> None:
    """A history that is adapted to new code no longer says what runs in production."""
    git = shutil.which("git")
    folder = f"tests/replay/releases/{version}"
    if git is None:
        pytest.skip("git is not there, which knows what was committed first")
    log = [git, "log", "--format=%H", "--diff-filter=A", "--reverse", "--", f"{folder}/release.json"]
    commits = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not commits:
        pytest.skip("it is not committed yet, or the clone is shallow")
    compare = [git, "diff", "--name-only", commits[0], "--", folder]
    changed = subprocess.run(compare, cwd=ROOT, capture_output=True, text=True, check=True)
    assert changed.stdout == ""
