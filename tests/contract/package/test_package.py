"""The package holds what the app needs and nothing else, and the app runs from it."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure_compute_simulator.server import SimulatorServer
from pathspec import GitIgnoreSpec

from client import Gallerist
from domain.migration.states import MigrationState
from scripts.package import (
    FILES,
    PACKAGES,
    ROOT,
    IncompleteSourceError,
    packaged_files,
    page,
    write_folder,
    write_zip,
)
from tests.contract.package.checkout import STRAY_FILES, copy_with_stray_files
from tests.contract.package.conftest import Runtime
from tests.contract.package.imports import import_closure

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
IMAGE = f"{COMPUTE}/images/ubuntu-2204-20261101"
SEED: dict[str, Any] = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Production"}],
    "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
    "resources": [
        # the gallery and the tag that the packaged policy.yaml names
        {"id": f"{COMPUTE}/galleries/gallerist", "location": "eastus2", "properties": {}},
        {
            "id": IMAGE,
            "location": "eastus2",
            "tags": {"gallerist": "migrate"},
            "properties": {
                "hyperVGeneration": "V2",
                "storageProfile": {
                    "osDisk": {
                        "osType": "Linux",
                        "osState": "Generalized",
                        "diskSizeGB": 30,
                        "managedDisk": {"id": f"{COMPUTE}/disks/os"},
                    }
                },
            },
        },
    ],
}


def names(package: Path) -> set[str]:
    with zipfile.ZipFile(package) as zipped:
        return set(zipped.namelist())


def test_the_package_holds_the_files_and_packages_of_the_lists_and_nothing_else(package: Path) -> None:
    assert {Path(name).parts[0] for name in names(package)} == {*FILES, *PACKAGES}
    assert [
        name for name in names(package) if not name.endswith(".py") and name not in (*FILES, *page(ROOT))
    ] == []


def test_every_module_that_function_app_imports_is_packaged(package: Path) -> None:
    """Fails when function_app.py starts to import a package that the lists of scripts/package.py lack."""
    needed = {file.as_posix() for file in import_closure(ROOT, "function_app")}
    assert needed - names(package) == set()


def test_function_app_imports_every_package_that_is_packaged() -> None:
    """Fails when a package stays in the list of scripts/package.py after the app stopped using it."""
    assert {file.parts[0] for file in import_closure(ROOT, "function_app")} == {"function_app.py", *PACKAGES}


@pytest.mark.parametrize(
    "statement",
    [
        "import reports.weekly",
        "from reports import weekly",
        "from reports.weekly import send",
        "def later():\n    import reports.weekly",
    ],
)
def test_an_imported_package_that_is_not_packaged_is_noticed(app: Path, statement: str) -> None:
    """Shows that the two tests above can fail."""
    (app / "reports").mkdir()
    (app / "reports" / "__init__.py").touch()
    (app / "reports" / "weekly.py").write_text(
        "from . import layout\nfrom .layout import HEAD\n", encoding="utf-8"
    )
    (app / "reports" / "layout.py").touch()
    (app / "reports" / "unused.py").touch()
    with (app / "services" / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(f"\n{statement}\n")
    missed = import_closure(app, "function_app") - set(packaged_files(app))
    assert missed == {Path("reports", name) for name in ("__init__.py", "weekly.py", "layout.py")}


# a private key, a token, a key of a connection string, a signature, and the keys of the Functions host
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{10,}\.[\w-]{10,}|AccountKey=[\w+/]{20,}|[?&]sig=[\w%+/-]{16,}"
    rb"|InstrumentationKey=[0-9a-f-]{30,}|(?i:password|secret|api_?key)[\"']?\s*[=:]\s*[\"'][^\s\"'{]{12,}[\"']"
)


def secretive(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and SECRET.search(path.read_bytes())]


def test_nothing_in_the_package_looks_like_a_secret(app: Path) -> None:
    assert secretive(app) == []


@pytest.mark.parametrize(
    "line",
    [
        "KEY = '-----BEGIN RSA PRIVATE " + "KEY-----'",
        "PASSWORD = 'correct-horse-battery'",
        "URL = 'https://a.blob.core.windows.net/p?sv=1&sig=" + "a" * 20 + "'",
        "STORAGE = 'AccountName=a;AccountKey=" + "b" * 30 + "=='",
        'TOKEN = "' + "eyJ" + "c" * 20 + "." + "d" * 20 + '"',
    ],
)
def test_a_secret_in_a_module_is_noticed(app: Path, line: str) -> None:
    with (app / "domain" / "names.py").open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    assert secretive(app) == [str(app / "domain" / "names.py")]


def test_every_file_of_the_package_is_in_git() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    assert {file.as_posix() for file in packaged_files(ROOT)} - set(listed) == set()


def test_stray_files_in_the_checkout_are_not_packaged(package: Path, tmp_path: Path) -> None:
    checkout = copy_with_stray_files(tmp_path / "checkout")
    files = {file.as_posix() for file in packaged_files(checkout)}
    assert files == names(package)
    assert files.isdisjoint(STRAY_FILES)


def test_a_package_that_is_missing_is_named(app: Path) -> None:
    (app / "host.json").unlink()
    (app / "services" / "__init__.py").unlink()
    with pytest.raises(IncompleteSourceError, match=r"has no host\.json, services; .*scripts/package\.py"):
        packaged_files(app)


def test_a_file_of_the_last_build_does_not_stay_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "removed.py").touch()
    write_folder(ROOT, tmp_path)
    assert not (tmp_path / "removed.py").exists()
    assert (tmp_path / "function_app.py").is_file()


def test_same_files_make_the_same_zip(package: Path, tmp_path: Path) -> None:
    """So that a reviewer can tell whether two packages differ."""
    write_zip(ROOT, packaged_files(ROOT), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_funcignore_lets_through_what_is_packaged() -> None:
    """Core Tools and VS Code upload the checkout less what .funcignore names; azd and `make package` do not read it."""
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    ignored = GitIgnoreSpec.from_lines(lines)
    assert [file for file in packaged_files(ROOT) if ignored.match_file(file)] == []
    kept = {line.strip("!/") for line in lines if line.startswith("!")}
    assert kept == {*FILES, *PACKAGES}
    for stray in ("notes.txt", "local.settings.json", ".env", "checkout_env/pyvenv.cfg", "demo/seed.py"):
        assert ignored.match_file(stray), stray


def test_make_package_takes_the_backend_before_the_environment(tmp_path: Path) -> None:
    """`make package BACKEND=scheduler` makes a zip of its own name; without it, the one of Azure Storage."""
    checkout = copy_with_stray_files(tmp_path / "checkout")
    command = ["make", "package", f"PYTHON={sys.executable}", "BACKEND=scheduler"]
    environment = {**os.environ, "GALLERIST_DURABLE_BACKEND": "storage"}
    made = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    (package,) = (checkout / "dist").glob("*.zip")
    assert package.name.endswith("-scheduler.zip")
    with zipfile.ZipFile(package) as zipped:
        durable = json.loads(zipped.read("host.json"))["extensions"]["durableTask"]
    assert durable["storageProvider"]["type"] == "azureManaged"


def test_the_extension_bundle_holds_what_the_app_was_tested_for() -> None:
    """The scheduler's provider is in the bundle since 4.30.0; 4.38.0 holds version 3.12.5 of the Durable extension."""
    document = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    assert document["extensionBundle"]["version"] == "[4.38.0, 5.0.0)"


def test_every_requirement_is_pinned_by_hash() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_requirements_txt_is_newer_than_requirements_in() -> None:
    """Fails when requirements.in was changed without `make lock`."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = {line.split(" ")[0] for line in lock.splitlines() if line and line[0] not in " #"}
    chosen = {
        line.split(" ")[0].lower()
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    assert chosen <= locked


@pytest.mark.timeout(600)
def test_migrates_an_image_from_the_zip_alone(app: Path, runtime: Runtime, tmp_path: Path) -> None:
    """The app runs with the packages of requirements.txt and the files of the zip; only the host is from here."""
    with (
        SimulatorServer(seed=SEED, transitions="polls:2") as simulator,
        host(app, runtime, tmp_path, simulator) as url,
    ):
        with Gallerist(f"{url}/api", sleep=lambda _: None) as gallerist:
            started = gallerist.start_migration(IMAGE)
            ended = gallerist.wait_for_migration(started.id)
        versions = [
            resource
            for resource in simulator.state()["resources"]
            if resource["type"].lower() == "microsoft.compute/galleries/images/versions"
        ]
    assert ended.state is MigrationState.COMPLETED, ended
    assert [version["properties"]["storageProfile"]["source"]["id"] for version in versions] == [IMAGE]


@contextmanager
def host(app: Path, runtime: Runtime, folder: Path, simulator: SimulatorServer) -> Iterator[str]:
    empty = folder / "empty"
    empty.mkdir()
    settings = {
        "GALLERIST_ARM_ENDPOINT": simulator.arm,
        "GALLERIST_ARM_AUDIENCE": "https://management.azure.com",
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "IDENTITY_ENDPOINT": simulator.identity_endpoint,
        "IDENTITY_HEADER": simulator.identity_header,
        "PYTHONPATH": str(runtime.host),
        "PATH": os.environ["PATH"],
    }
    words = ["--app", str(app), "--port", "0", "--database", str(folder / "hub.sqlite"), "--clock", "skip"]
    with (
        (folder / "host.log").open("w") as log,
        subprocess.Popen(
            [str(runtime.python), "-m", "functions_testhost", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=empty,
            env=settings,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("{"), (folder / "host.log").read_text()
            yield json.loads(line)["url"]
        finally:
            process.terminate()
