"""What is deployed is complete, is nothing more than the app, and works from the zip alone."""

import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure_compute_simulator.server import SimulatorServer

from scripts.package import ROOT, build_package
from tests.contract.package.conftest import Runtime

SHIPPED_FILES = {"function_app.py", "host.json", "policy.yaml", "requirements.txt"}
SHIPPED_FOLDERS = {
    "activities",
    "adapters",
    "api",
    "domain",
    "entities",
    "orchestrators",
    "services",
    "triggers",
}

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
IMAGE = f"{COMPUTE}/images/ubuntu-2204-20261101"
SEED: dict[str, Any] = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Production"}],
    "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
    "resources": [
        # the gallery and the tag that the shipped policy speaks of
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


def test_holds_the_app_and_nothing_else(package: Path) -> None:
    """A new file or folder at the top is either shipped or named in .funcignore: somebody has to decide."""
    with zipfile.ZipFile(package) as zipped:
        names = [Path(name) for name in zipped.namelist()]
    files = {name.name for name in names if len(name.parts) == 1}
    folders = {name.parts[0] for name in names if len(name.parts) > 1}
    assert files == SHIPPED_FILES
    assert folders <= SHIPPED_FOLDERS
    assert not [name for name in names if "__pycache__" in name.parts or name.suffix == ".pyc"]


def test_every_module_of_a_shipped_folder_is_in_it(package: Path) -> None:
    with zipfile.ZipFile(package) as zipped:
        names = set(zipped.namelist())
    modules = {
        file.relative_to(ROOT).as_posix()
        for folder in SHIPPED_FOLDERS
        for file in (ROOT / folder).rglob("*.py")
    }
    assert modules <= names


def test_same_files_make_the_same_zip(package: Path, tmp_path: Path) -> None:
    """So that a reviewer can tell whether two packages differ."""
    build_package(ROOT, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_every_requirement_is_pinned_by_hash() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_holds_what_was_chosen() -> None:
    """requirements.in says what the app needs; `make lock` was run after its last change."""
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
    """Its own environment, its own folder, its own policy: nothing of the checkout but the embedded host."""
    with (
        SimulatorServer(seed=SEED, transitions="polls:2") as simulator,
        host(app, runtime, tmp_path, simulator) as url,
    ):
        started = httpx.post(f"{url}/api/migrations", json={"image": IMAGE}, timeout=60)
        assert started.status_code == 202, started.text
        ended = wait_for_end(started.headers["location"])
        versions = [
            resource
            for resource in simulator.state()["resources"]
            if resource["type"].lower() == "microsoft.compute/galleries/images/versions"
        ]
    assert ended["state"] == "completed", ended
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


def wait_for_end(address: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        migration: dict[str, Any] = httpx.get(address, timeout=60).json()
        if migration["state"] in ("completed", "skipped", "blocked", "partial", "failed", "cancelled"):
            return migration
    pytest.fail(f"the migration did not end: {migration}")
