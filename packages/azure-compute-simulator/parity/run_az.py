"""Runs the real `az` against the simulator over HTTPS, and checks what it prints: `run_az.py --az <path of az>`.

`az` gets the simulator as a cloud of its own, and logs in with the simulated managed identity.
"""
# ruff: noqa: INP001 - a script, not a package

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure_compute_simulator import SimulatorServer

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Images"
COMPUTE = f"{GROUP_ID}/providers/Microsoft.Compute"
VERSION_ID = f"{COMPUTE}/galleries/gallery/images/web/versions/1.0.0"
NIC_ID = f"{GROUP_ID}/providers/Microsoft.Network/networkInterfaces/nic"

SEED: dict[str, Any] = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Simulated"}],
    "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "Images", "location": "eastus2"}],
    "resources": [
        {
            "id": f"{COMPUTE}/images/web",
            "location": "eastus2",
            "properties": {
                "hyperVGeneration": "V1",
                "storageProfile": {
                    "osDisk": {
                        "osType": "Linux",
                        "diskSizeGB": 30,
                        "managedDisk": {"id": f"{COMPUTE}/disks/web"},
                    }
                },
            },
        },
        {
            "id": f"{COMPUTE}/disks/web",
            "location": "eastus2",
            "properties": {"osType": "Linux", "diskSizeGB": 30, "hyperVGeneration": "V1"},
        },
        {
            "id": NIC_ID,
            "location": "eastus2",
            "properties": {"macAddress": "00-0D-3A-00-00-01", "ipConfigurations": []},
        },
    ],
}


@dataclass(frozen=True)
class Step:
    """A command, without the word `az`, and the JSON that it must print; None if it prints nothing."""

    command: str
    printed: Any = None


IN_GROUP = "-g Images"
IN_GALLERY = f"{IN_GROUP} -r gallery"
IN_DEFINITION = f"{IN_GALLERY} -i web"

STEPS = [
    Step("image list --query [].name", ["web"]),
    Step(f"image show {IN_GROUP} -n web --query [name,hyperVGeneration]", ["web", "V1"]),
    Step(
        f"image create {IN_GROUP} -n copy --source {COMPUTE}/disks/web --os-type Linux --location eastus2 "
        "--query [provisioningState,storageProfile.osDisk.diskSizeGB]",
        ["Succeeded", 30],
    ),
    Step(f"image update {IN_GROUP} -n copy --tags a=b --query tags", {"a": "b"}),
    Step(
        f"tag update --resource-id {COMPUTE}/images/copy --operation Merge --tags gallerist=migrate "
        "--query properties.tags",
        {"a": "b", "gallerist": "migrate"},
    ),
    Step(
        f"tag update --resource-id {COMPUTE}/images/copy --operation Delete --tags a=b --query properties.tags",
        {"gallerist": "migrate"},
    ),
    Step(f"tag list --resource-id {COMPUTE}/images/copy --query properties.tags", {"gallerist": "migrate"}),
    Step(f"image list {IN_GROUP} --query [].name", ["web", "copy"]),
    Step(f"image delete {IN_GROUP} -n copy"),
    Step("image list --query [].name", ["web"]),
    Step(f"sig create {IN_GROUP} -r gallery --location eastus2 --query provisioningState", "Succeeded"),
    Step(f"sig show {IN_GROUP} -r gallery --query name", "gallery"),
    Step("sig list --query [].id", [f"{COMPUTE}/galleries/gallery".replace("Images", "IMAGES")]),
    Step(
        f"sig image-definition create {IN_DEFINITION} -p publisher -f offer -s sku --os-type Linux "
        "--os-state Generalized --hyper-v-generation V1 --features SecurityType=Standard --location eastus2 "
        "--query [provisioningState,identifier.sku]",
        ["Succeeded", "sku"],
    ),
    Step(f"sig image-definition show {IN_DEFINITION} --query [osType,osState]", ["Linux", "Generalized"]),
    Step(f"sig image-definition list {IN_GALLERY} --query [].name", ["web"]),
    Step(
        f"sig image-version create {IN_DEFINITION} -e 1.0.0 --managed-image web --location eastus2 "
        "--target-regions eastus2=1 westus=2=standard_zrs "
        "--query [provisioningState,publishingProfile.targetRegions[].[name,regionalReplicaCount,storageAccountType]]",
        ["Succeeded", [["East US 2", 1, "Standard_LRS"], ["West US", 2, "Standard_ZRS"]]],
    ),
    Step(
        f"sig image-version show {IN_DEFINITION} -e 1.0.0 --expand ReplicationStatus "
        "--query [replicationStatus.aggregatedState,replicationStatus.summary[].[region,progress]]",
        ["Completed", [["eastus2", 100], ["westus", 100]]],
    ),
    Step(
        f"sig image-version update {IN_DEFINITION} -e 1.0.0 "
        "--add publishingProfile.targetRegions name=westeurope regionalReplicaCount=1 "
        "--query publishingProfile.targetRegions[].name",
        ["East US 2", "West US", "West Europe"],
    ),
    Step(f"sig image-version list {IN_DEFINITION} --query [].name", ["1.0.0"]),
    Step(
        f"vm create {IN_GROUP} -n machine --image {VERSION_ID} --nics {NIC_ID} --location eastus2 "
        "--admin-username simulated --admin-password Sim-12345678 --security-type Standard "
        "--query [powerState,macAddress]",
        ["VM running", "00-0D-3A-00-00-01"],
    ),
    Step(
        f"vm show {IN_GROUP} -n machine --query [provisioningState,storageProfile.imageReference.exactVersion]",
        ["Succeeded", "1.0.0"],
    ),
    Step(f"vm list {IN_GROUP} --query [].name", ["machine"]),
    Step("vmss list --query [].name", []),
    Step(f"vm delete {IN_GROUP} -n machine --yes"),
    Step("vm list --query [].name", []),
    Step(f"sig image-version delete {IN_DEFINITION} -e 1.0.0"),
    Step(f"sig image-definition delete {IN_DEFINITION}"),
    Step(f"sig delete {IN_GROUP} -r gallery"),
    Step("sig list", []),
]


@dataclass(frozen=True)
class CommandLine:
    """An installed `az` and the environment that points it at the simulator."""

    path: str
    environment: Mapping[str, str]

    def run(self, command: str) -> Any:
        """Runs a command and returns the JSON that it prints, or None. Raises RuntimeError with its error output."""
        finished = subprocess.run(  # noqa: S603 - only the commands above
            [self.path, *command.split(), "--only-show-errors", "--output", "json"],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if finished.returncode:
            raise RuntimeError(finished.stderr.strip())
        return json.loads(finished.stdout) if finished.stdout.strip() else None


def main(arguments: list[str] | None = None) -> int:
    """Runs every step and prints a line for each. Returns 0 if all printed what they must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--az", required=True, help="the az executable")
    options = parser.parse_args(arguments)
    with (
        SimulatorServer(SEED, transitions="polls:2", tls=True) as simulator,
        tempfile.TemporaryDirectory(prefix="parity-az-") as folder,
    ):
        # so that lists of two items have a second page
        simulator.switches.page_size = 1
        az = CommandLine(options.az, _environment(simulator, folder))
        az.run(f"cloud register --name Simulated --endpoint-resource-manager {simulator.arm}")
        az.run("cloud set --name Simulated")
        az.run("login --identity")
        failed = [step for step in STEPS if not _passes(az, step)]
    print(f"{len(STEPS) - len(failed)} of {len(STEPS)} commands of az printed what they must")
    return 1 if failed else 0


def _environment(simulator: SimulatorServer, folder: str) -> Mapping[str, str]:
    return os.environ | {
        "AZURE_CONFIG_DIR": folder,
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_SURVEY_MESSAGE": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "IDENTITY_ENDPOINT": simulator.identity_endpoint,
        "IDENTITY_HEADER": simulator.identity_header,
        "REQUESTS_CA_BUNDLE": str(simulator.ca_file),
        "NO_PROXY": "127.0.0.1",
    }


def _passes(az: CommandLine, step: Step) -> bool:
    began = time.monotonic()
    try:
        printed = az.run(step.command)
        failure = "" if printed == step.printed else f"printed {printed!r}, not {step.printed!r}"
    except RuntimeError as error:
        failure = str(error)
    seconds = time.monotonic() - began
    print(f"{'FAILED' if failure else 'passed'} {seconds:5.1f} s  az {step.command}", flush=True)
    if failure:
        print(f"       {failure}", flush=True)
    return not failure


if __name__ == "__main__":
    sys.exit(main())
