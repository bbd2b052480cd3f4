"""The command line as `pipx install .` installs it: with its own packages and without the rest of the repository."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.package import ROOT

IMPORT_ALL = """
import importlib
from cli.app import ENTRIES
from cli.errors import CliError
for entry in ENTRIES.values():
    try:
        importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        print(entry.name, error.name)
"""
# they need the app, the simulator and the host, and come with `make cli`
FROM_A_CLONE = {"up", "snapshot", "rehearse"}


def packages() -> list[str]:
    """The top-level packages that the distribution has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["setuptools"]["packages"]["find"]["include"]
    return [name for name in included if not name.endswith(".*")]


def test_every_package_of_the_distribution_has_an_init() -> None:
    """Setuptools leaves out a folder without one in some of its modes."""
    folders = {file.parent for name in packages() for file in (ROOT / name).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_packages_of_the_distribution_are_enough(tmp_path: Path) -> None:
    """No network: the packages are copied beside the requirements that are installed here."""
    for name in packages():
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert {line.split()[0] for line in ended.stdout.splitlines()} <= FROM_A_CLONE


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_installed_into_an_empty_environment(tmp_path: Path) -> None:
    source = tmp_path / "source"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=left_out)
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(source)], check=True)
    assert "Migrates managed images" in said(folder, "--help")
    assert said(folder, "--version").startswith("gallerist ")
    environ = {"GALLERIST_URL": "", "XDG_STATE_HOME": str(tmp_path)}
    failed = subprocess.run(
        [folder / "bin" / "gallerist", "images"], env=environ, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "no Gallerist to talk to" in failed.stderr


def said(folder: Path, *arguments: str) -> str:
    command = [folder / "bin" / "gallerist", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
