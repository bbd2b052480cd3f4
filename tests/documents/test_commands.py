"""Commands of the documents work in a fresh clone. It has what is committed, and nothing that was installed here."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.about import VERSION
from scripts.package import ROOT
from tests.documents.runs import running, runs, shell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

README = (ROOT / "README.md").read_text(encoding="utf-8")
AZURITE = ROOT / "build" / "extension" / "azurite" / "node_modules" / ".bin"
FREE_PORTS = "--blobPort 0 --queuePort 0 --tablePort 0"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in a folder with nothing beside it."""
    folder = tmp_path_factory.mktemp("clone") / "gallerist"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def api(clone: Path) -> Iterator[str]:
    """The address of the API that `make serve` prints."""
    with running("make serve", clone) as lines:
        printed = []
        for line in lines:
            printed.append(line)
            if line.startswith("Everything keeps running"):
                break
        found = re.search(r"HTTP API (\S+)", "".join(printed))
        assert found, "".join(printed)
        yield found[1]


@runs("make demo")
def test_the_demo_ends_as_the_readme_shows(clone: Path, command: str) -> None:
    """Every image ends in the state that the README shows, and the last line is the same."""
    output = shell(command, clone)
    shown = README.partition("```text\n")[2].partition("```")[0]
    *rows, last = [line for line in shown.splitlines() if line.strip()]
    ends = dict(re.findall(r"^([\w-]+) +(completed|blocked|skipped)\b", "\n".join(rows), re.MULTILINE))
    assert len(ends) >= 7
    for image, state in ends.items():
        assert re.search(rf"^\W*{image}\b.*\b{state}\b", output, re.MULTILINE), (image, state)
    assert output.splitlines()[-1] == last


@runs("make test")
def test_the_tests_run(clone: Path, command: str) -> None:
    """One file of them: .ci/run runs all."""
    output = shell(f"{command} PYTEST_ARGS=tests/contract/test_names.py", clone)
    assert re.search(r"\d+ passed", output)


@runs("make package")
def test_the_package_is_built(clone: Path, command: str) -> None:
    output = shell(command, clone)
    assert f"dist/gallerist-{VERSION}.zip" in output
    assert (clone / "dist" / f"gallerist-{VERSION}.zip").is_file()
    assert (clone / "dist" / "app" / "function_app.py").is_file()


@runs("cp local.settings.json.example local.settings.json")
def test_the_example_of_the_settings_is_copied(clone: Path, command: str) -> None:
    shell(command, clone)
    assert "Values" in json.loads((clone / "local.settings.json").read_text(encoding="utf-8"))


@runs("python3 -m venv .venv-func && . .venv-func/bin/activate && pip install --requirement requirements.txt")
def test_an_environment_for_core_tools_is_installed(clone: Path, command: str) -> None:
    shell(f"{command} && python -c 'import azure.durable_functions'", clone)


@runs(
    "export GALLERIST_ARM_ENDPOINT=http://127.0.0.1:8080 GALLERIST_ARM_AUDIENCE=https://management.azure.com",
    "export AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential",
    "export AZURE_ENV_NAME=prod AZURE_LOCATION=eastus2 AZURE_RESOURCE_GROUP=rg-prod "
    "AZURE_SUBSCRIPTION_ID=SUBSCRIPTION_ID",
    "export IDENTITY_ENDPOINT=http://127.0.0.1:8080/msi/token IDENTITY_HEADER=",
    "ACCOUNT=https://management.azure.com/subscriptions/SUBSCRIPTION_ID/resourceGroups/images/providers/"
    "Microsoft.Automation/automationAccounts/gallerist",
)
def test_variables_are_set(clone: Path, command: str) -> None:
    words = command.removeprefix("export ").split()
    names = [word.partition("=")[0] for word in words]
    output = shell(f'{command}; printf "%s\\n" {" ".join(f"${name}" for name in names)}', clone)
    assert output.split() == [value for word in words if (value := word.partition("=")[2])]


@runs('export GALLERIST_URL="$API" GALLERIST_KEY="$KEY"')
def test_the_command_line_is_told_where_the_app_is(clone: Path, command: str) -> None:
    output = shell(f"API=https://a/api; KEY=k; {command}; printenv GALLERIST_URL GALLERIST_KEY", clone)
    assert output.split() == ["https://a/api", "k"]


@runs(".venv/bin/python -m azure_compute_simulator --port 8080 --seed seed.yaml")
def test_the_simulated_azure_is_served(clone: Path, command: str) -> None:
    shell("make .venv/.installed", clone)
    (clone / "seed.yaml").write_text(
        "subscriptions: [{id: 00000000-0000-4000-8000-000000000001}]\n", encoding="utf-8"
    )
    with running(command.replace("8080", "0"), clone) as lines:
        ready = json.loads(next(lines))
    assert ready["identity_endpoint"] == f"{ready['arm']}/msi/token"
    assert ready["identity_header"]


@runs("azurite --silent --location build/azurite", "azurite --silent --location .azurite &")
def test_azurite_is_served(clone: Path, command: str) -> None:
    if not (AZURITE / "azurite").exists():
        pytest.skip("Azurite is not installed; make test-extension installs it")
    folder = clone / command.partition("--location ")[2].split()[0]
    served = command.removesuffix(" &")
    path = f"{AZURITE}:{os.environ['PATH']}"
    with running(f"{served.replace(' --silent', '')} {FREE_PORTS}", clone, {"PATH": path}) as lines:
        assert "listen" in next(line for line in lines if "Table service is successfully" in line)
    assert folder.is_dir()


@runs(
    'curl --silent "$API/health"',
    'curl --silent --header "x-functions-key: $KEY" "$API/images"',
    'curl --silent --header "x-functions-key: $KEY" "$API/migrations"',
    'curl --silent --header "x-functions-key: $KEY" "$API/batches"',
    "curl http://127.0.0.1:7071/api/health",
)
def test_a_call_gets_its_answer(clone: Path, api: str, command: str) -> None:
    """The address is that of `make serve`, where no key is needed."""
    here = command.replace("http://127.0.0.1:7071/api", "$API").replace("curl ", "curl --fail --silent ", 1)
    answer = json.loads(shell(here, clone, {"API": api, "KEY": "none"}))
    expected = {"health": "status", "images": "images", "migrations": "migrations", "batches": "batches"}
    assert next(field for path, field in expected.items() if path in command) in answer


@runs(
    "for state in planned preparing publishing replicating verifying interrupted; do"
    ' curl --silent --header "x-functions-key: $KEY" "$API/migrations?state=$state"; done'
)
def test_the_lists_of_what_still_runs_are_read_before_an_upgrade(clone: Path, api: str, command: str) -> None:
    """One answer for each state that is no end."""
    answers = shell(command, clone, {"API": api, "KEY": "none"})
    assert answers.count('"migrations"') == 6


@runs(
    'curl --silent --request POST --header "x-functions-key: $KEY" "$API/batches/batch-sweep/cancel"',
    'curl --silent --request POST --header "x-functions-key: $KEY" "$API/batches/batch-sweep/resume"',
)
def test_a_batch_is_named_as_the_page_does(clone: Path, api: str, command: str) -> None:
    """`make serve` has run no sweep, and the app says that; an unknown route has no body."""
    answer = json.loads(shell(command, clone, {"API": api, "KEY": "none"}))
    assert {"detail", "id"} & answer.keys()


@pytest.mark.parametrize("package", ["azure-compute-simulator", "functions-testhost"])
@runs("pip install -e '.[test]'")
def test_the_tests_of_a_package_pass_in_an_environment_of_its_own(
    clone: Path, tmp_path: Path, package: str, command: str
) -> None:
    """All of them can be imported there. Those that take minutes are run with the project's own."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    activated = f". {tmp_path}/venv/bin/activate"
    shell(f"{activated} && {command}", clone / "packages" / package)
    collected = shell(f"{activated} && pytest -q --collect-only", clone / "packages" / package)
    assert "tests/integration/" in collected
    output = shell(f"{activated} && pytest -q tests/unit", clone / "packages" / package)
    assert re.search(r"\d+ passed", output)
