"""The README's example works in an empty folder and an environment where only its `pip install` line has run."""

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from simulator_readme import PACKAGE, code_block

# a first run downloads the packages
pytestmark = pytest.mark.timeout(600)

COMMAND = "azure-compute-simulator --seed seed.json --port 8080"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has only the README's seed."""
    (tmp_path / "seed.json").write_text(code_block("json", '{\n  "subscriptions"'), encoding="utf-8")
    return tmp_path


def variables(environment: Path) -> dict[str, str]:
    return {"PATH": f"{environment}{os.pathsep}{os.defpath}", "NO_PROXY": "127.0.0.1"}


def test_the_package_is_imported_from_the_environment(environment: Path, folder: Path) -> None:
    """Otherwise the tests below would say nothing about what is installed."""
    program = "import azure_compute_simulator as package; print(package.__file__)"
    finished = subprocess.run(
        ["python", "-c", program],
        cwd=folder,
        env=variables(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(finished.stdout.strip()).is_relative_to(environment.parent)
    assert not Path(finished.stdout.strip()).is_relative_to(PACKAGE / "src")


def test_the_fixture_and_the_test_of_the_readme_pass(environment: Path, folder: Path) -> None:
    (folder / "test_images.py").write_text(code_block("python", "import pytest"), encoding="utf-8")
    finished = subprocess.run(
        ["python", "-m", "pytest", "--quiet", "-W", "error"],
        cwd=folder,
        env=variables(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1 passed" in finished.stdout


@pytest.mark.parametrize("program", ["azure-compute-simulator", "python -m azure_compute_simulator"])
def test_the_command_of_the_readme_serves_the_seed(environment: Path, folder: Path, program: str) -> None:
    """It prints the names that the README shows, and exits with 0 on SIGTERM. Only the port differs."""
    command = code_block("console", "azure-compute-simulator").strip()
    assert command == COMMAND
    words = shlex.split(command.replace("azure-compute-simulator", program, 1).replace("8080", "0"))
    with subprocess.Popen(
        words, cwd=folder, env=variables(environment), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert set(ready) == set(json.loads(code_block("json", '{"arm"')))
            resources = httpx.get(f"{ready['control']}/state", trust_env=False).json()["resources"]
            assert [resource["name"] for resource in resources] == ["web"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
