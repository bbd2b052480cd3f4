"""The app's own packages win over those of the current folder and over installed ones, wherever the host is started."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

APP = """\
import azure.functions as func
import {package}

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="origin")
def origin(req: func.HttpRequest) -> str:
    from {package}.rules import ORIGIN

    return ORIGIN
"""

MODULE = [sys.executable, "-m", "functions_testhost"]
SCRIPT = [str(Path(sys.executable).with_name("functions-testhost"))]


def write_package(folder: Path, name: str, origin: str, *, has_init: bool = True) -> Path:
    """Writes a package whose module `rules` says where it comes from."""
    package = folder / name
    package.mkdir(parents=True)
    if has_init:
        (package / "__init__.py").touch()
    (package / "rules.py").write_text(f'ORIGIN = "{origin}"\n')
    return folder


def write_app(folder: Path, package: str, *, has_init: bool = True) -> Path:
    write_package(folder, package, "the app", has_init=has_init)
    (folder / "function_app.py").write_text(APP.format(package=package))
    return folder


def serve(command: list[str], app: Path, current: Path, installed: Path) -> tuple[str, str]:
    """Starts the host in the current folder. Returns where the app's package comes from, and the log."""
    with subprocess.Popen(
        [*command, "--app", str(app), "--port", "0"],
        cwd=current,
        env={**os.environ, "PYTHONPATH": str(installed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("{"), process.communicate()[1]
            origin = httpx.get(f"{json.loads(line)['url']}/api/origin").text
        finally:
            process.send_signal(signal.SIGTERM)
        return origin, process.communicate()[1]


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["python -m", "script"])
def test_the_apps_package_wins_over_the_current_folders_and_over_an_installed_one(
    tmp_path: Path, command: list[str]
) -> None:
    app = write_app(tmp_path / "app", "domain")
    current = write_package(tmp_path / "current", "domain", "the current folder")
    installed = write_package(tmp_path / "installed", "domain", "an installed package")

    origin, log = serve(command, app, current, installed)

    assert origin == "the app"
    assert f"'domain' exists in {installed}" in log, "in Azure, the installed one would win"


def test_a_package_without_init_wins_over_one_of_the_current_folder(tmp_path: Path) -> None:
    """Python prefers a package with `__init__.py` wherever it stands, so the current folder must not be searched."""
    app = write_app(tmp_path / "app", "domain", has_init=False)
    current = write_package(tmp_path / "current", "domain", "the current folder")

    origin, log = serve(MODULE, app, current, tmp_path)

    assert (origin, log) == ("the app", "")


def test_an_app_started_from_its_own_folder_finds_its_packages(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", "domain")

    assert serve(MODULE, app, app, tmp_path) == ("the app", "")


def test_a_name_that_the_host_itself_has_imported_gives_a_warning(tmp_path: Path) -> None:
    """The host cannot unload its own `croniter`; the warning names the file that the app gets instead."""
    app = tmp_path / "app"
    write_package(app, "croniter", "the app")
    (app / "function_app.py").write_text(APP.format(package="json"))
    with subprocess.Popen(
        [*MODULE, "--app", str(app), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        log = process.communicate()[1]
    assert "'croniter' was imported from" in log
    assert "not from the app's folder: rename the app's" in log
