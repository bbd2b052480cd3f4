"""Makes each JSON file of this folder, or of the folder that `--cases` names, one test."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import temporary_folder
from tests.cases.case import Case, CaseFileError, read_case
from tests.cases.running import run_case
from tests.cases.session import StepError

HERE = Path(__file__).resolve().parent
EXPECTED_FAILURES = "expected_failures.json"
_LOG_LINES = 30


class UnmetError(Exception):
    """Expectations are not met: the one failure that a mark in the table excuses. A test that hangs is another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", metavar="FOLDER", help="run the cases of this folder instead of tests/cases")


def pytest_configure(config: pytest.Config) -> None:
    """Reads the option, which is unknown when pytest finds this file only while it collects."""
    if given := config.getoption("cases", None):
        folder = (config.invocation_params.dir / given).resolve()
        if not folder.is_dir():
            raise pytest.UsageError(f"--cases: there is no folder {folder}")
        if not _case_files(folder):
            raise pytest.UsageError(f"--cases: there is no case (*.json) in {folder}")
        config.pluginmanager.register(OtherFolder(folder))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path in _case_files(HERE):
        return CaseFile.from_parent(parent, path=file_path)
    return None


class OtherFolder:
    """Replaces what this folder holds by the cases of another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if path.resolve() != HERE:
            return None
        return CaseFolder.from_parent(parent, path=path, folder=self.folder)


class CaseFolder(pytest.Directory):
    """The cases of a folder that may be anywhere."""

    def __init__(self, folder: Path, **node: Any) -> None:
        super().__init__(**node)
        self.folder = folder

    def collect(self) -> Iterator[pytest.Collector]:
        for file in _case_files(self.folder):
            # `--dist loadfile` distributes by the first part of the id, which would be this folder for all
            yield CaseFile.from_parent(self, path=file, nodeid=str(file))


class CaseFile(pytest.File):
    """One file, which is one test."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            case = read_case(self.path)
        except CaseFileError as error:
            yield BrokenCase.from_parent(self, name="not a case", error=error)
            return
        item = CaseItem.from_parent(self, name=case.name, case=case)
        if reason := _expected_failures(self.path.parent).get(case.id):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=UnmetError))
        yield item


class _Item(pytest.Item):
    """A test that is not a function."""

    def reportinfo(self) -> tuple[Path, None, str]:
        """Returns the heading of a failure. pytest would write `::` for the dots of a heading that is the name."""
        return self.path, None, f"{self.path.name}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *style: Any) -> Any:
        """Returns the message alone where a traceback would only show the runner."""
        if isinstance(excinfo.value, CaseFileError | StepError | UnmetError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *style)


class CaseItem(_Item):
    """One case as a test."""

    def __init__(self, case: Case, **node: Any) -> None:
        super().__init__(**node)
        self.case = case

    def runtest(self) -> None:
        with temporary_folder() as name:
            folder = Path(name)
            try:
                misses = run_case(self.case, folder)
            finally:
                self._attach_log(folder / "host.log")
        if misses:
            raise UnmetError("\n".join(misses))

    def _attach_log(self, log: Path) -> None:
        if log.exists():
            lines = log.read_text(encoding="utf-8").splitlines()[-_LOG_LINES:]
            self.add_report_section("call", "log of the app's host", "\n".join(lines))


class BrokenCase(_Item):
    """A file that is not a case: a test that fails with the reason."""

    def __init__(self, error: CaseFileError, **node: Any) -> None:
        super().__init__(**node)
        self.error = error

    def runtest(self) -> None:
        raise self.error


def _case_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if file.name != EXPECTED_FAILURES)


def _expected_failures(folder: Path) -> dict[str, str]:
    """Returns the reasons of the cases that are known to fail, by their ids."""
    file = folder / EXPECTED_FAILURES
    if not file.exists():
        return {}
    reasons: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return reasons
