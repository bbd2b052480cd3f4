"""COVERAGE.md names tests, modules and options that exist."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
SOURCE = PACKAGE / "src" / "functions_testhost"
DOCUMENT = (PACKAGE / "COVERAGE.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    folders = (PACKAGE / "tests", PACKAGE.parents[1] / "tests" / "contract" / "worker")
    sources = [file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("test_*.py")]
    defined = {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}
    assert named
    assert not named - defined


def test_every_module_is_described() -> None:
    modules = {file.stem for file in SOURCE.glob("*.py")} - {
        "__init__",
        "__main__",
        "host_json",
    }
    table = DOCUMENT.partition("## How it works")[2].partition("An orchestrator runs")[0]
    assert set(re.findall(r"`(\w+)`", table)) - {"function_app"} == modules


def test_every_option_is_described() -> None:
    command = (SOURCE / "__main__.py").read_text(encoding="utf-8")
    options = set(re.findall(r'"(--[a-z-]+)"', command))
    assert options == set(re.findall(r"--[a-z-]+(?= |\])", DOCUMENT.partition("```")[2].partition("```")[0]))
