"""What a forked process has imported when it begins."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.forks import Forks
from local.stack import ROOT
from tests.integration.local import what_is_imported


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    forks = Forks.where_possible(ROOT)
    if forks is None:
        pytest.skip("the system cannot refer to a process but by its id")
    yield forks
    forks.close()


@pytest.mark.parametrize(
    ("other_app", "imported"), [(False, ["domain.about", "pydantic"]), (True, ["pydantic"])]
)
def test_an_app_of_another_folder_imports_its_own_modules(
    forks: Forks, tmp_path: Path, imported: list[str], *, other_app: bool
) -> None:
    with (tmp_path / "log").open("w") as log:
        process = forks.start(what_is_imported.__name__, [], os.environ, log, other_app=other_app)
        answer = process.stdout.read()
        process.communicate()
    assert json.loads(answer) == imported
