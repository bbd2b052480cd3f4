"""The second step of a deployment: which az commands it runs, and that it stops when something is missing."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.contract.infra.bicep import INFRA, ROOT

HOOK = ROOT / "scripts" / "subscribe_to_events.sh"
# records its arguments; fails where they contain $REFUSE
AZ = """\
#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *"$REFUSE"*) exit 3 ;; esac
"""
ENVIRONMENT = {
    "AZURE_SUBSCRIPTION_ID": "subscription",
    "AZURE_LOCATION": "eastus2",
    "AZURE_RESOURCE_GROUP": "group",
    "AZURE_FUNCTION_APP_NAME": "app",
    "AZURE_FUNCTION_APP_ID": "app-id",
    "GALLERIST_SYSTEM_TOPIC_ID": "topic-id",
    "GALLERIST_DEAD_LETTER_STORAGE_ID": "storage-id",
}


def run(folder: Path, environment: dict[str, str], refuse: str = "nothing") -> tuple[int, str, list[str]]:
    az, calls = folder / "az", folder / "calls"
    az.write_text(AZ, encoding="utf-8")
    az.chmod(0o755)
    calls.touch()
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(HOOK)],
        env={**environment, "PATH": path, "CALLS": str(calls), "REFUSE": refuse},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, calls.read_text(encoding="utf-8").splitlines()


def test_the_hook_waits_for_the_function_and_deploys_the_event_subscription(tmp_path: Path) -> None:
    code, _, (look, deploy) = run(tmp_path, ENVIRONMENT)
    assert code == 0
    assert look.startswith("functionapp function show")
    assert look.endswith("--resource-group group --name app --function-name image_events")
    assert deploy.startswith("deployment sub create")
    template = deploy.partition("--template-file ")[2].split()[0]
    assert Path(template).resolve() == INFRA / "events.bicep"
    assert deploy.endswith(
        "--parameters systemTopicId=topic-id functionAppId=app-id deadLetterStorageId=storage-id"
    )


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_the_hook_names_a_missing_variable_and_calls_nothing(name: str, tmp_path: Path) -> None:
    environment = {known: value for known, value in ENVIRONMENT.items() if known != name}
    code, output, calls = run(tmp_path, environment)
    assert code != 0
    assert f"{name}: is not set; set it to" in output
    assert calls == []


def test_the_hook_fails_if_the_deployment_fails(tmp_path: Path) -> None:
    """Then azd reports the failure; otherwise a deployment without events would look complete."""
    code, output, _ = run(tmp_path, ENVIRONMENT, refuse="deployment sub create")
    assert code == 3
    assert "Event Grid now sends" not in output
