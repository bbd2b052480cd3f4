"""The package as others see it: dependencies, public names, and a README that names only what exists."""

import ast
import re
import sys
import tomllib

import azure_compute_simulator
from azure_compute_simulator import SimulatorServer, control
from azure_compute_simulator.__main__ import build_parser
from simulator_readme import PACKAGE, README

# the distributions whose module has another name
MODULES = {"PyJWT": "jwt", "PyYAML": "yaml", "Werkzeug": "werkzeug"}


def table(heading: str) -> list[list[str]]:
    """Returns the cells of the first table below a heading, without its two head lines."""
    section = README.split(f"\n{heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


def test_the_declared_dependencies_are_those_that_the_source_imports() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]]
    imported = set()
    for path in (PACKAGE / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} has a relative import"
                imported.add(str(node.module).split(".")[0])
    ours = {"azure_compute_simulator", "_typeshed", *sys.stdlib_module_names}
    assert imported - ours == {MODULES.get(name, name) for name in names}


def test_every_public_name_exists() -> None:
    assert [
        name for name in azure_compute_simulator.__all__ if not hasattr(azure_compute_simulator, name)
    ] == []


def test_the_readme_lists_every_option_of_the_command() -> None:
    text = README.split("## On the command line")[1].split("Exit codes")[0]
    listed = set(re.findall(r"^\| `(--[\w-]+)", text, re.MULTILINE))
    options = {option for action in build_parser()._actions for option in action.option_strings}
    assert listed == options - {"-h", "--help", "--version"}


def test_the_readme_names_only_methods_and_control_paths_that_exist() -> None:
    rows = table("## What you can control")
    with SimulatorServer() as simulator:
        for python, http, _ in rows:
            name = re.match(r"`(\w+)", python)
            assert name is not None
            assert hasattr(simulator, name[1]), python
            method, path = re.match(r"`(GET|POST|PUT|DELETE) (/[\w-]+)", http).groups()
            status, _body = control.handle(simulator, method, control.PREFIX + path, b"{}")
            assert status != 404, http
