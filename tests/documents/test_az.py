"""The az commands of the documents: some run on the simulated Azure, and az checks the arguments of the others."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure_compute_simulator import SimulatorServer

from scripts.package import ROOT
from tests.documents.commands import NOT_RUN
from tests.documents.runs import runs, shell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AZ = ROOT / "build" / "az" / "bin" / "az"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
IMAGES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/packer/providers/Microsoft.Compute/images"
SEED = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Simulated"}],
    "resourceGroups": [
        {"subscription": SUBSCRIPTION, "name": name, "location": "eastus2"} for name in ("images", "packer")
    ],
    "resources": [
        {
            "id": f"{IMAGES}/ubuntu-2204",
            "location": "eastus2",
            "properties": {
                "hyperVGeneration": "V1",
                "storageProfile": {
                    "osDisk": {
                        "osType": "Linux",
                        "osState": "Generalized",
                        "diskSizeGB": 30,
                        "blobUri": "https://disks.blob.core.windows.net/vhds/ubuntu.vhd",
                    }
                },
            },
        }
    ],
}
# prints something where a command needs the output of another
STUB = "#!/bin/sh\necho value\n"
# the real az refuses wrong arguments with exit code 2, before it asks for a login
CHECKING_AZ = f"""\
#!/bin/sh
'{AZ}' "$@" > /dev/null 2> "$FOLDER/errors" < /dev/null
case $? in 2) {{ echo "az $*"; cat "$FOLDER/errors"; }} >> "$FOLDER/refused" ;; esac
echo "az $1" >> "$FOLDER/checked"
echo value
"""


# the variables that earlier commands set, and the files that they wrote
SET = (
    "API",
    "KEY",
    "APP",
    "STORAGE",
    "PRINCIPAL",
    "ACCOUNT",
    "GROUP",
    "SITE",
    "SP",
    "OPERATOR",
    "WHO",
    "ROLE",
    "TOPIC",
)
WRITTEN = {"dist/variable.json": "{}", "dist/assignment.json": "{}", "dist/assignments": "id\n"}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of az: a configuration of its own, and nothing that asks or installs."""
    if not AZ.exists():
        pytest.skip("az is not installed; make test-slow installs it")
    return {
        "PATH": f"{AZ.parent}{os.pathsep}{os.environ['PATH']}",
        "AZURE_CONFIG_DIR": str(tmp_path_factory.mktemp("az")),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_SURVEY_MESSAGE": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def simulated(variables: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of az after a login to the simulated Azure."""
    with SimulatorServer(SEED, transitions="immediate", tls=True) as azure:
        ours = {
            **variables,
            "IDENTITY_ENDPOINT": azure.identity_endpoint,
            "IDENTITY_HEADER": azure.identity_header,
            "REQUESTS_CA_BUNDLE": str(azure.ca_file),
        }
        shell(f"az cloud register --name Simulated --endpoint-resource-manager {azure.arm}", ROOT, ours)
        shell("az cloud set --name Simulated && az login --identity", ROOT, ours)
        yield ours


@runs(
    "az sig create --resource-group images --gallery-name gallerist --location eastus2",
    "az image update --resource-group packer --name ubuntu-2204 --set tags.gallerist=migrate",
    "az group create --name images --location eastus2",
)
def test_a_command_works_on_the_simulated_azure(simulated: dict[str, str], command: str) -> None:
    output = shell(command, ROOT, simulated)
    assert re.search(r'"provisioningState": "Succeeded"', output)


def test_the_gallery_that_was_created_has_the_id_that_a_deployment_needs(simulated: dict[str, str]) -> None:
    """The command stands inside one of azd."""
    [printed] = {
        found
        for commands in NOT_RUN.values()
        for command in commands
        for found in re.findall(r"az sig show [^)]*--gallery-name gallerist [^)]*", command)
    }
    shell(
        "az sig create --resource-group images --gallery-name gallerist --location eastus2", ROOT, simulated
    )
    assert shell(printed, ROOT, simulated).strip().endswith("/Microsoft.Compute/galleries/gallerist")


@pytest.mark.parametrize("command", NOT_RUN["needs a subscription of Azure"])
def test_az_accepts_the_arguments_of_a_command(
    variables: dict[str, str], tmp_path: Path, command: str
) -> None:
    """Nothing is sent: az has no login. The shell of the reader passes the arguments, quotes and all."""
    for name, text in {"az": CHECKING_AZ, "azd": STUB, "curl": STUB}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    # what the commands read: files of a checkout, and what earlier commands wrote
    for name in ("docs", "infra", "runbooks", "policy.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    for file, text in WRITTEN.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    ours = {**variables, "PATH": f"{tmp_path}{os.pathsep}{variables['PATH']}", "FOLDER": str(tmp_path)}
    given = " ".join(f"{name}=value" for name in SET)
    shell(f"{given}; {command}", tmp_path, ours)
    refused = tmp_path / "refused"
    assert not refused.exists(), refused.read_text(encoding="utf-8")
    assert (tmp_path / "checked").exists()
