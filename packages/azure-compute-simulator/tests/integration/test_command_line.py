"""`python -m azure_compute_simulator`, from outside."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from simulator_world import IMAGE, seed

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "azure_compute_simulator", "--port", "0"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed()), encoding="utf-8")
    command = [*COMMAND, "--seed", str(path), "--transitions", "seconds:8", "--time-scale", "1000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def ready(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_where_it_is_and_ends_cleanly(
    process: subprocess.Popen[str], ready: Any, number: int
) -> None:
    assert set(ready) == {"arm", "identity_endpoint", "identity_header", "control"}
    process.send_signal(number)
    assert process.wait(timeout=20) == 0


def test_tokens_are_given_only_for_the_secret(ready: Any) -> None:
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    refused = httpx.get(ready["identity_endpoint"], params=query)
    assert refused.status_code == 401
    headers = {"X-IDENTITY-HEADER": ready["identity_header"]}
    without_resource = httpx.get(
        ready["identity_endpoint"], params={"api-version": "2019-08-01"}, headers=headers
    )
    assert without_resource.status_code == 400
    token = httpx.get(ready["identity_endpoint"], params=query, headers=headers).json()
    assert token["token_type"] == "Bearer"
    assert token["resource"] == "https://management.azure.com"
    answer = httpx.get(
        f"{ready['arm']}{IMAGE}?api-version=2024-07-01",
        headers={"Authorization": f"Bearer {token['access_token']}"},
    )
    assert answer.json()["name"] == "web"


def test_a_bad_seed_ends_it_with_file_place_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("resources: [{id: /x}]", encoding="utf-8")
    finished = subprocess.run(
        [*COMMAND, "--seed", str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == f"{path}: resources[0]: '/x' is not an ARM resource id.\n"
