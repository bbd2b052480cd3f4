"""The README's example runs as it is printed, where nothing but this package is installed.

The example is cut out of README.md. The slow tests make an environment, of a wheel, for each Python that is here.
"""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from testhost_folders import PACKAGE
from testhost_worker import find_python

README = (PACKAGE / "README.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README, re.DOTALL))
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)

PYTHONS = ("3.11", "3.12", "3.13")

pytestmark = pytest.mark.timeout(300)  # the package is installed


def run(*command: str, folder: Path = PACKAGE) -> str:
    """Runs a command without this process's packages, and returns its output."""
    environment = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session", params=[pytest.param(python, marks=pytest.mark.slow) for python in PYTHONS])
def scripts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with this package, what it depends on, and pytest."""
    return fresh_environment(request.param, tmp_path_factory.mktemp(f"python{request.param}")) / "bin"


def fresh_environment(version: str, folder: Path) -> Path:
    """The package is installed as anybody gets it: from a wheel."""
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    environment = folder / "venv"
    run(python, "-m", "venv", str(environment))
    run(*pip(environment, "wheel"), "--no-deps", "--wheel-dir", str(folder), str(PACKAGE))
    [wheel] = folder.glob("*.whl")
    run(*pip(environment, "install"), str(wheel))
    run(*pip(environment, "install"), "pytest")
    return environment


def pip(environment: Path, command: str) -> list[str]:
    python = str(environment / "bin" / "python")
    return [python, "-m", "pip", command, "--quiet", "--disable-pip-version-check"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds the files of the example and nothing else."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_readme_opens_with_installation_fixture_test_and_command() -> None:
    opening = README.partition("\n## ")[0]
    order = [
        "$ pip install functions-testhost\n",
        "@pytest.fixture\n",
        "def test_",
        "$ functions-testhost --app . --port",
    ]
    assert [opening.index(text) for text in order] == sorted(opening.index(text) for text in order)
    assert sorted(FILES) == ["function_app.py", "test_app.py"]
    fixture = re.search(r"@pytest.fixture\n.*?\n\n", FILES["test_app.py"], re.DOTALL)
    assert fixture
    assert len(fixture[0].splitlines()) == 5, "four lines and an empty one"


def test_the_environment_holds_nothing_else_of_this_repository(scripts: Path, folder: Path) -> None:
    names = json.loads(run(str(scripts / "python"), "-m", "pip", "list", "--format", "json", folder=folder))
    ours = [entry["name"] for entry in names if "editable_project_location" in entry]
    assert ours == []
    script = "import functions_testhost; print(functions_testhost.__file__, functions_testhost.__version__)"
    location, version = run(str(scripts / "python"), "-c", script, folder=folder).split()
    assert Path(location).is_relative_to(scripts.parent)
    assert version == next(entry["version"] for entry in names if entry["name"] == "functions-testhost")
    assert run(str(scripts / "functions-testhost"), "--version") == f"functions-testhost {version}\n"


def test_the_readmes_test_passes(scripts: Path, folder: Path) -> None:
    output = run(str(scripts / "pytest"), "-q", folder=folder)
    assert "1 passed" in output


@pytest.fixture(params=["functions-testhost", "python -m functions_testhost"])
def served(request: pytest.FixtureRequest, scripts: Path, folder: Path) -> Iterator[str]:
    """The address of the example, served by the README's command line, on a free port instead of 7071."""
    [line] = [command for command in COMMANDS if command.startswith("functions-testhost --app")]
    assert f"`{request.param}`" in README or request.param in line
    words = shlex.split(
        line.replace("functions-testhost", request.param, 1).replace("--port 7071", "--port 0")
    )
    with subprocess.Popen(
        [str(scripts / words[0]), *words[1:]],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        if ready:
            yield json.loads(ready)["url"]
        process.send_signal(signal.SIGTERM)
        errors = process.communicate()[1]
    assert (process.returncode, errors) == (0, "")


def test_the_readmes_command_serves_the_app(served: str) -> None:
    found = re.search(r"^\$ curl localhost:7071(\S+)\n(.+)$", README, re.MULTILINE)
    assert found
    with urlopen(served + found[1]) as response:
        assert response.read().decode() == found[2]
