"""Start-Migrations.ps1 runs in real PowerShell, and does what start_migrations.py does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import ROOT, Stack
from tests.integration.callers import COMPUTE, POLICY, SUBSCRIPTION
from tests.integration.runbooks.answers import CASES, IMAGE, Server, check, serve
from tests.integration.runbooks.conftest import SEED
from tests.powershell.shell import NEEDS_POWERSHELL, run_powershell

RUNBOOK = ROOT / "runbooks" / "Start-Migrations.ps1"
JOBS = Path(__file__).parent / "jobs.ps1"

pytestmark = NEEDS_POWERSHELL


def run_jobs(folder: Path, jobs: list[dict[str, Any]]) -> list[dict[str, list[Any]]]:
    """Runs jobs one after the other in one PowerShell; returns what each did."""
    (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    files = [str(folder / name) for name in ("jobs.json", "results.json")]
    done = run_powershell("-File", str(JOBS), str(RUNBOOK), *files)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    results: list[dict[str, list[Any]]] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return results


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def results(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Any]]]:
    """What the job of each case did."""
    jobs = [
        {
            "variables": {"GalleristUrl": f"{server.api(name)}/", "GalleristTimeoutSeconds": "1"},
            "arguments": case.arguments,
        }
        for name, case in CASES.items()
    ]
    return dict(zip(CASES, run_jobs(tmp_path_factory.mktemp("jobs"), jobs), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_job_does_what_the_table_says(
    name: str, server: Server, results: dict[str, dict[str, list[Any]]]
) -> None:
    """The Python runbook is held against the same table."""
    check(name, results[name], server)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app on a clock that skips to what is due next."""
    folder = tmp_path_factory.mktemp("powershell")
    with Stack(folder, SEED, POLICY, "polls:3", host_options=["--clock", "skip", "--keys"]) as stack:
        yield stack


def test_it_migrates_with_the_running_app(stack: Stack, tmp_path: Path) -> None:
    """Good images are migrated, a blocked one is reported with its reason, and a wrong key is refused."""
    account = {"GalleristUrl": stack.api, "GalleristFunctionKey": stack.host["keys"]["function"]}
    migrated, partly, none, keyless = run_jobs(
        tmp_path,
        [
            {"variables": account, "arguments": [SUBSCRIPTION, "MANY-?"]},
            {"variables": account, "arguments": [SUBSCRIPTION, "*oo*"]},
            {"variables": account, "arguments": [f"{COMPUTE}/images/none"]},
            {"variables": {"GalleristUrl": stack.api}, "arguments": [SUBSCRIPTION]},
        ],
    )
    assert migrated["failure"] == []
    assert migrated["output"][-1] == "2 of 2 managed images are migrated"
    assert partly["output"][-1] == "1 of 2 managed images are migrated"
    assert partly["failure"][0] == "not migrated:"
    assert partly["failure"][1].startswith(f"{COMPUTE}/images/too-large: blocked: the OS disk has 4000 GB")
    assert none["failure"][1].startswith(f"{COMPUTE}/images/none: HTTP 404: ")
    assert "does not exist" in none["failure"][1]
    assert keyless["failure"][0].startswith(f"the images of {SUBSCRIPTION} cannot be listed: HTTP 401: ")


def test_an_entra_token_is_sent_and_a_key_only_if_there_is_one(tmp_path: Path) -> None:
    """The redirect, which is not followed, gets neither."""
    name = "a redirect to a page where people sign in"
    with serve() as server:
        account = {"GalleristUrl": server.api(name), "GalleristAudience": "api://gallerist"}
        both = {**account, "GalleristFunctionKey": "key"}
        run_jobs(tmp_path, [{"variables": each, "arguments": [IMAGE]} for each in (account, both)])
    token = "Bearer token for api://gallerist"
    assert server.credentials == {(None, token), ("key", token)}
    assert len(server.requests[name]) == 2


def test_what_is_missing_in_the_account_is_named(tmp_path: Path) -> None:
    nothing, no_address = run_jobs(
        tmp_path,
        [
            {"variables": {}, "arguments": [IMAGE]},
            {"variables": {"GalleristUrl": "gallerist.example.com"}, "arguments": [IMAGE]},
        ],
    )
    assert nothing["failure"] == ["the Automation account has no variable GalleristUrl; create it"]
    assert no_address["failure"] == [
        "the variable GalleristUrl is gallerist.example.com; it must begin with https://"
    ]


def test_azure_automation_sees_whether_the_job_failed(server: Server) -> None:
    """An error that nobody catches ends PowerShell with 1, and its message is the last that is written."""
    name = "an image that does not exist"
    prelude = f"function Get-AutomationVariable($Name) {{ if ($Name -eq 'GalleristUrl') {{ '{server.api(name)}' }} }}"
    done = run_powershell("-Command", f"{prelude}; & '{RUNBOOK}' '{IMAGE}'")
    assert done.returncode == 1
    assert "HTTP 404: the image “one” does not exist" in done.stderr
