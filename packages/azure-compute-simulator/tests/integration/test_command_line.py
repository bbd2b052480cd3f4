"""The command `python -m azure_compute_simulator`: addresses, tokens, signals, errors and exit codes."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure_compute_simulator import __version__
from simulator_documents import IMAGE, seed

COMMAND = [sys.executable, "-m", "azure_compute_simulator", "--port", "0"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed()), encoding="utf-8")
    command = [*COMMAND, "--seed", str(path), "--transitions", "seconds:8", "--time-scale", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def ready(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_addresses_and_exits_with_0_on_a_signal(
    process: subprocess.Popen[str], ready: Any, number: int
) -> None:
    assert set(ready) == {"arm", "identity_endpoint", "identity_header", "control"}
    process.send_signal(number)
    assert process.wait(timeout=20) == 0


def test_tokens_need_the_secret_header(ready: Any) -> None:
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
    response = httpx.get(
        f"{ready['arm']}{IMAGE}?api-version=2024-07-01",
        headers={"Authorization": f"Bearer {token['access_token']}"},
    )
    assert response.json()["name"] == "web"


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, timeout=30)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def assert_fails(finished: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    """One line on the error stream, nothing on the output, and the exit code."""
    assert finished.stderr == f"azure-compute-simulator: {message}\n"
    assert finished.stdout == ""
    assert finished.returncode == code


def test_a_wrong_entry_of_the_seed_exits_with_2_and_names_file_and_entry(tmp_path: Path) -> None:
    path = write(tmp_path / "seed.yaml", "resources: [{id: /x}]")
    assert_fails(run("--seed", path), 2, f"{path}: resources[0]: '/x' is not an ARM resource id.")


def test_a_seed_that_is_not_yaml_exits_with_2_and_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path / "seed.yaml", "resources:\n  - [")
    assert_fails(run("--seed", path), 2, f"{path}: not YAML or JSON (line 2, column 6).")


def test_a_missing_seed_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    assert_fails(run("--seed", str(path)), 2, f"{path}: No such file or directory.")


def test_a_seeded_endpoint_that_fails_the_handshake_exits_with_2(tmp_path: Path) -> None:
    """The process stops its server, so that the port is free again."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}/events"
        path = write(tmp_path / "seed.yaml", json.dumps({"eventSubscriptions": [{"endpoint": endpoint}]}))
        finished = run("--seed", path)
    refused = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
    message = f"{path}: eventSubscriptions[0]: {endpoint} does not answer: {refused}"
    assert_fails(finished, 2, message)


WRONG_OPTIONS = {
    "pace": (
        ["--transitions", "soon"],
        (
            "argument --transitions: 'soon' is not a pace; "
            "use immediate, polls:N, seconds:S, drawn:SEED[:SPREAD[:SECONDS]] or manual"
        ),
    ),
    "time scale": (["--time-scale", "0"], "argument --time-scale: '0' is not a number above 0"),
    "port": (["--port", "70000"], "argument --port: '70000' is not a number from 0 to 65535"),
    "unknown": (["--speed", "9"], "unrecognized arguments: --speed 9"),
    "missing value": (["--seed"], "argument --seed: expected one argument"),
}


@pytest.mark.parametrize(("options", "message"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS.keys())
def test_a_wrong_option_exits_with_2_and_one_line(options: list[str], message: str) -> None:
    assert_fails(run(*options), 2, f"{message}; --help lists the options")


def test_a_port_in_use_exits_with_1_and_says_what_to_do() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        finished = run("--port", str(port))
    message = (
        f"cannot open port {port} of 127.0.0.1: {os.strerror(errno.EADDRINUSE)}; --port 0 takes a free one"
    )
    assert_fails(finished, 1, message)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"azure-compute-simulator {__version__}\n"
