"""docs/host.md names tests, modules and options that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "host.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    folders = ("tests/unit/host", "tests/integration/host", "tests/contract/worker")
    sources = [
        file.read_text(encoding="utf-8") for folder in folders for file in (ROOT / folder).rglob("test_*.py")
    ]
    defined = {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}
    assert named
    assert not named - defined


def test_every_module_is_described() -> None:
    modules = {file.stem for file in (ROOT / "local" / "host").glob("*.py")} - {
        "__init__",
        "__main__",
        "host_json",
    }
    table = DOCUMENT.partition("## How it works")[2].partition("An orchestrator runs")[0]
    assert set(re.findall(r"`(\w+)`", table)) - {"function_app"} == modules


def test_every_option_is_described() -> None:
    command = (ROOT / "local" / "host" / "__main__.py").read_text(encoding="utf-8")
    options = set(re.findall(r'"(--[a-z-]+)"', command))
    assert options == set(re.findall(r"--[a-z-]+(?= |\])", DOCUMENT.partition("```")[2].partition("```")[0]))
