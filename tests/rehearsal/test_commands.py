"""The commands `up`, `snapshot` and `rehearse` as they are typed, up to where Azure or a rehearsal begins."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure_compute_simulator import SimulatorServer
from click.testing import Result
from typer.testing import CliRunner

from cli.app import app
from rehearsal.snapshot import Snapshot, load, save
from tests.rehearsal import fleet
from tests.rehearsal.az import Az
from tests.rehearsal.conftest import written


@pytest.fixture(scope="module")
def azure() -> Iterator[SimulatorServer]:
    with SimulatorServer(fleet.seed()) as server:
        yield server


@pytest.fixture
def az(azure: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Az:
    """An `az` that is first on the PATH, and not signed in yet."""
    standin = Az(tmp_path / "bin", azure.identity_endpoint, azure.identity_header, fleet.FIRST)
    monkeypatch.setenv("PATH", f"{standin.folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GALLERIST_ARM_ENDPOINT", azure.arm)
    monkeypatch.setenv("GALLERIST_ARM_AUDIENCE", "https://management.azure.com")
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    # as `use_az` sets it, and taken back after the test
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    return standin


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_a_snapshot_is_taken_with_the_credential_of_az(
    azure: SimulatorServer, az: Az, tmp_path: Path
) -> None:
    """Also where every list has many pages."""
    azure.switches.page_size = 2
    az.sign_in()
    path = tmp_path / "fleet.json"
    both = ("--subscription", fleet.FIRST, "--subscription", fleet.SECOND)
    result = run("snapshot", path, *both, "-o", "json")
    assert result.exit_code == 0, result.stderr
    shown = json.loads(result.stdout)
    assert shown["counts"]["images"] == 12
    assert shown["report"]["left_out"]["machines"]["properties.osProfile"] == 13
    assert load(path).counts() == shown["counts"]
    assert f"reading the subscription {fleet.FIRST}" in result.stderr
    assert az.tokens > 0
    again = run("snapshot", path, *both)
    assert again.exit_code == 1
    assert "exists" in again.stderr
    assert "--force" in again.stderr


def test_a_subscription_that_cannot_be_read_is_partial(az: Az, tmp_path: Path) -> None:
    az.sign_in()
    other = "33333333-3333-4333-8333-333333333333"
    path = tmp_path / "fleet.json"
    result = run("snapshot", path, "--subscription", fleet.SECOND, "--subscription", other)
    assert result.exit_code == 3
    assert f"not read: /subscriptions/{other}" in result.stderr
    assert "SubscriptionNotFound" in result.stderr
    assert len(load(path).images) == 5


@pytest.mark.parametrize("command", ["up", "snapshot"])
def test_without_a_sign_in_a_command_says_so_and_how_to_sign_in(az: Az, tmp_path: Path, command: str) -> None:
    options = {
        "up": ("--policy", written(tmp_path / "policy.yaml", fleet.POLICY)),
        "snapshot": (tmp_path / "fleet.json",),
    }
    result = run(command, *options[command], "--subscription", fleet.FIRST)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert "Error: az is not signed in" in result.stderr
    assert "Please run 'az login'" in result.stderr
    assert "Try:   az login" in result.stderr


def test_without_az_a_command_says_what_to_install(
    az: Az, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("snapshot", tmp_path / "fleet.json", "--subscription", fleet.FIRST)
    assert result.exit_code == 4
    assert "Error: the Azure CLI is not installed" in result.stderr
    assert "https://aka.ms/azure-cli" in result.stderr


def test_a_command_without_a_subscription_says_how_to_find_one(az: Az, tmp_path: Path) -> None:
    up = run("up")
    assert up.exit_code == 1
    assert "az account list" in up.stderr
    name = run("snapshot", tmp_path / "fleet.json", "--subscription", "Production")
    assert "'Production' is not a subscription id" in name.stderr
    assert "az account list" in name.stderr


def test_up_names_the_line_of_a_policy_that_is_not_valid(az: Az, tmp_path: Path) -> None:
    az.sign_in()
    policy = written(tmp_path / "policy.yaml", "defaults:\n  regoins: []\n")
    result = run("up", "--policy", policy, "--subscription", fleet.FIRST)
    assert result.exit_code == 1
    assert "line 2: defaults.regoins: unknown key" in result.stderr


def test_up_refuses_a_subscription_that_az_does_not_see(az: Az, tmp_path: Path) -> None:
    az.sign_in()
    policy = written(tmp_path / "policy.yaml", fleet.POLICY)
    result = run("up", "--policy", policy, "--subscription", "33333333-3333-4333-8333-333333333333")
    assert result.exit_code == 1
    assert "SubscriptionNotFound" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("none.json", "policy.yaml"), "none.json cannot be read"),
        (("fleet.json", "none.yaml"), "the policy 'none.yaml' cannot be read"),
        (("fleet.json", "wrong.yaml"), "line 1: regoins: unknown key"),
        (("fleet.json", "policy.yaml", "--price", "Standard_LRS"), "'Standard_LRS' is no price"),
        (("fleet.json", "policy.yaml", "--price", "beer=3"), "'beer=3' is no price"),
        (("empty.json", "policy.yaml"), "the snapshot has no managed images"),
    ],
)
def test_what_cannot_be_rehearsed_says_why(
    snapshot: Snapshot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    save(snapshot, Path("fleet.json"))
    save(snapshot.model_copy(update={"images": []}), Path("empty.json"))
    written(Path("policy.yaml"), fleet.POLICY)
    written(Path("wrong.yaml"), "regoins: []\n")
    result = run("rehearse", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert reason in result.stderr
