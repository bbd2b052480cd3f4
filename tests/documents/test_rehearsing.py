"""The commands of docs/rehearsing.md and docs/without-deploying.md, with a simulated Azure and a stand-in for `az`."""

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from azure_compute_simulator import SimulatorServer

from scripts.package import ROOT
from tests.documents.runs import running, runs, shell
from tests.rehearsal import fleet
from tests.rehearsal.az import Az
from tests.rehearsal.conftest import written

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SNAPSHOT = "gallerist snapshot fleet.json --subscription SUBSCRIPTION_ID"
RENAMED = "gallerist snapshot renamed.json --subscription SUBSCRIPTION_ID --anonymise key.json"
UP = "gallerist up --subscription SUBSCRIPTION_ID --policy policy.yaml"
IMAGES = "gallerist images --key-file ~/.local/state/gallerist/up/key"
# without name_pattern, which pseudonyms do not allow
POLICY = f"""\
defaults: {{galleries: [{fleet.GALLERY}], regions: [eastus2]}}
rules:
  - {{name: the web, match: {{names: ["web-*"]}}, definition: {{name: web}}}}
  - {{name: the others stay, action: ignore}}
"""


class Reader(NamedTuple):
    """Somebody who reads the documents: their folder and their variables."""

    folder: Path
    variables: dict[str, str]

    def types(self, command: str) -> str:
        return shell(self.filled(command), self.folder, self.variables)

    def filled(self, command: str) -> str:
        return command.replace("SUBSCRIPTION_ID", fleet.FIRST)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """`gallerist` and `az` are on the path; Azure is the simulator."""
    folder = tmp_path_factory.mktemp("reader")
    with SimulatorServer(fleet.seed()) as azure:
        az = Az(folder / "bin", azure.identity_endpoint, azure.identity_header, fleet.FIRST)
        az.sign_in()
        paths = [
            ROOT,
            ROOT / "packages/azure-compute-simulator/src",
            ROOT / "packages/functions-testhost/src",
        ]
        imports = shlex.quote(os.pathsep.join(map(str, paths)))
        program = written(
            folder / "bin" / "gallerist",
            f'#!/bin/sh\nPYTHONPATH={imports} exec {shlex.quote(sys.executable)} -m cli "$@"\n',
        )
        program.chmod(0o700)
        written(folder / "policy.yaml", POLICY)
        written(folder / "new-policy.yaml", POLICY.replace("[eastus2]", "[eastus2, westus2]"))
        variables = {
            "HOME": str(folder),
            "XDG_STATE_HOME": "",
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "GALLERIST_ARM_ENDPOINT": azure.arm,
            "GALLERIST_ARM_AUDIENCE": "https://management.azure.com",
        }
        yield Reader(folder, variables)


@runs(SNAPSHOT, RENAMED)
def test_a_snapshot_is_taken(reader: Reader, command: str) -> None:
    assert re.search(r"^images +7$", reader.types(f"{command} --force"), re.MULTILINE)


@runs(
    "gallerist rehearse fleet.json policy.yaml",
    "gallerist rehearse fleet.json policy.yaml --promote --approve --days 60 --faults --seed 3",
    "gallerist rehearse fleet.json policy.yaml --price Standard_LRS=0.05 --price transfer=0.02",
)
def test_a_policy_is_rehearsed(reader: Reader, command: str) -> None:
    reader.types(f"{SNAPSHOT} --force")
    output = reader.types(command)
    assert re.search(r"^migrations +3 completed$", output, re.MULTILINE)
    assert ("4.50 a month for replicas" in output) == ("--price" in command)


@runs("gallerist rehearse fleet.json policy.yaml new-policy.yaml")
def test_two_policies_are_compared(reader: Reader, command: str) -> None:
    reader.types(f"{SNAPSHOT} --force")
    output = reader.types(f"{command} || test $? = 2")
    assert "3 images treated differently" in output
    assert re.search(r"^gigabytes of new replicas +90 -> 180$", output, re.MULTILINE)


@runs("gallerist rehearse renamed.json policy.yaml --key key.json --real-names")
def test_a_snapshot_with_pseudonyms_is_rehearsed(reader: Reader, command: str) -> None:
    reader.types(f"{RENAMED} --force")
    output = reader.types(command)
    assert re.search(r"^ +web-03 -> golden/web/1\.0\.3 in eastus2", output, re.MULTILINE)


@runs(UP, IMAGES)
def test_the_app_runs_without_being_deployed(reader: Reader, command: str) -> None:
    """The second command finds the first one; both are run for either."""
    with running(f"{reader.filled(UP)} --port 0", reader.folder, reader.variables) as lines:
        said = []
        for line in lines:
            said.append(line)
            if line.startswith("Ctrl+C"):
                break
        assert re.search(r"^address +http://127\.0\.0\.1:\d+/api$", "".join(said), re.MULTILINE), "".join(
            said
        )
        assert "events: a new image is not noticed" in "".join(said)
        assert re.search(r"^web-01\b", reader.types(IMAGES), re.MULTILINE)


@runs("gallerist up --simulated")
def test_a_simulated_azure_is_served(reader: Reader, command: str) -> None:
    with running(command, reader.folder, reader.variables) as lines:
        assert any(line.startswith("Everything keeps running") for line in lines)
