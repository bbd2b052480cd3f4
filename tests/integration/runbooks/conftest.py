"""The Python runbook as Azure Automation runs it: with the account's variables, against the whole app with keys on."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from local.stack import ROOT, Stack
from tests.integration.callers import POLICY, image, seed

RUNBOOK = ROOT / "runbooks" / "start_migrations.py"
# the module that Azure Automation offers to runbooks (documented); a test sets its variables in the environment
ASSETS = """\
import os


class AutomationAssetNotFound(Exception):
    pass


def get_automation_variable(name):
    try:
        return os.environ[name]
    except KeyError:
        raise AutomationAssetNotFound(name) from None
"""

SEED = seed(
    *(image(name) for name in ("one", "many-1", "many-2", "good", "running")),
    image("too-large", disk_gb=4000),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app on a clock that stands still until a test advances it."""
    folder = tmp_path_factory.mktemp("runbooks")
    with Stack(folder, SEED, POLICY, "polls:3", host_options=["--clock", "manual", "--keys"]) as stack:
        yield stack


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """A folder with Azure Automation's module of assets."""
    (tmp_path / "automationassets.py").write_text(ASSETS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def runbook(assets: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runbook as a module."""
    monkeypatch.syspath_prepend(assets)
    monkeypatch.delitem(sys.modules, "automationassets", raising=False)
    spec = importlib.util.spec_from_file_location("start_migrations", RUNBOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "start_migrations", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def account(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Automation account with the URL and the key of the app."""
    monkeypatch.setenv("GalleristUrl", stack.api)
    monkeypatch.setenv("GalleristFunctionKey", stack.host["keys"]["function"])
