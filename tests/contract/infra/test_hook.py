"""The second step of a deployment: what both of its scripts ask for, in which order, and when they give up."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.infra.bicep import INFRA, ROOT, BicepFile

SCRIPTS = ROOT / "scripts"
# where the Makefile installs it; elsewhere it is on the path
TOOLS = ROOT / "build" / "extension" / "tools" / "bin"
PWSH = shutil.which("pwsh", path=os.pathsep.join([os.environ["PATH"], str(TOOLS)]))
# Each stand-in records its arguments, and takes the next of its answers from a file, the last one again and again. An
# answer is what it prints, and after a `|` its exit code.
STAND_IN = """\
#!/bin/sh
printf '%s\\n' "{name} $*" >> "$CALLS"
answers="$ANSWERS/{name}${{1:+-}}$1"
[ -e "$answers" ] || answers="$ANSWERS/{name}"
[ -e "$answers" ] || exit 0
line=$(head -n 1 "$answers")
[ "$(wc -l < "$answers")" -gt 1 ] && sed -i 1d "$answers"
printf '%b\\n' "${{line%|*}}"
exit "${{line##*|}}"
"""
ENVIRONMENT = {
    "AZURE_ENV_NAME": "test",
    "AZURE_SUBSCRIPTION_ID": "subscription",
    "AZURE_LOCATION": "eastus2",
    "AZURE_RESOURCE_GROUP": "group",
    "AZURE_FUNCTION_APP_NAME": "app",
    "AZURE_FUNCTION_APP_ID": "app-id",
    "GALLERIST_API_URL": "https://app.example/api",
    "GALLERIST_SYSTEM_TOPIC_ID": "topic-id",
}
DEAD_LETTERS = {"GALLERIST_DEAD_LETTER_STORAGE_ID": "storage-id"}
HEALTHY, STARTING = "healthy\\n200|0", "no token\\n503|0"
NO_ANSWER = "curl: (6) no such host\\n000|6"
HANDSHAKE = "Webhook validation handshake failed|1"


class Ran(NamedTuple):
    """What a script left: its exit code, all that it printed, the calls of az and curl, and the pauses in seconds."""

    code: int
    output: str
    calls: list[str]
    pauses: list[int]


Hook = Callable[..., Ran]


@pytest.fixture(params=["sh", pytest.param("pwsh", marks=pytest.mark.slow)])
def hook(request: pytest.FixtureRequest, tmp_path: Path) -> Hook:
    """Runs one of the scripts with stand-ins for az, curl and the pause."""
    if request.param == "pwsh" and PWSH is None:
        pytest.skip("PowerShell is not installed")
    command = {
        "sh": ["sh", str(SCRIPTS / "subscribe_to_events.sh")],
        "pwsh": [str(PWSH), "-NoProfile", "-File", str(SCRIPTS / "subscribe_to_events.ps1")],
    }[request.param]
    calls, prepared = tmp_path / "calls", tmp_path / "answers"
    calls.touch()
    prepared.mkdir()
    for name in ("az", "curl", "rest"):
        (tmp_path / name).write_text(STAND_IN.format(name=name), encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    def run(environment: dict[str, str], **answers: list[str]) -> Ran:
        for name, lines in answers.items():
            file = prepared / name.replace("_", "-")
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        done = subprocess.run(
            command,
            env={
                **environment,
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "CALLS": str(calls),
                "ANSWERS": str(prepared),
                "GALLERIST_PAUSE_COMMAND": "rest",
                "NO_COLOR": "1",
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        lines = calls.read_text(encoding="utf-8").splitlines()
        pauses = [int(line.split()[1]) for line in lines if line.startswith("rest ")]
        # PowerShell wraps a long message
        output = re.sub(r"\s*\n\s*\|?\s*", " ", done.stdout + done.stderr)
        return Ran(done.returncode, output, [line for line in lines if not line.startswith("rest ")], pauses)

    return run


def kinds(calls: list[str]) -> list[str]:
    """The calls without their arguments."""
    return [" ".join(call.split()[:4]) if call.startswith("az") else "curl" for call in calls]


def test_the_app_answers_before_event_grid_asks_it(hook: Hook) -> None:
    """A role that does not hold yet, and a host that just starts, are waited for."""
    ran = hook(ENVIRONMENT | DEAD_LETTERS, curl=[NO_ANSWER, STARTING, HEALTHY])
    assert ran.code == 0, ran.output
    assert kinds(ran.calls) == ["curl", "curl", "curl", "az deployment sub create"]
    assert ran.calls[0].endswith(" https://app.example/api/health")
    assert ran.pauses == [10, 10]
    assert "Event Grid now sends" in ran.output


def test_the_deployment_is_named_after_environment_and_region_and_passes_the_parameters(hook: Hook) -> None:
    ran = hook(ENVIRONMENT | DEAD_LETTERS, curl=[HEALTHY])
    *_, deployment = ran.calls
    assert (
        "--subscription subscription --location eastus2 --name gallerist-events-test-eastus2 " in deployment
    )
    template = deployment.partition("--template-file ")[2].split()[0]
    assert Path(template).resolve() == INFRA / "events.bicep"
    assert deployment.endswith(
        "--parameters environmentName=test systemTopicId=topic-id functionAppId=app-id"
        " deadLetterStorageId=storage-id"
    )


def test_the_scripts_pass_only_parameters_of_the_template() -> None:
    script = (SCRIPTS / "subscribe_to_events.sh").read_text(encoding="utf-8")
    passed = set(re.findall(r"\b(\w+)=\"\$", script.partition("--parameters ")[2].partition("\n}")[0]))
    declared = BicepFile(INFRA / "events.bicep").parameters()
    assert passed == declared.keys()


def test_a_deployment_without_dead_letters_has_event_subscriptions(hook: Hook) -> None:
    ran = hook(ENVIRONMENT, curl=[HEALTHY])
    assert ran.code == 0, ran.output
    assert ran.calls[-1].endswith(" deadLetterStorageId=")


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named_and_nothing_is_called(hook: Hook, name: str) -> None:
    ran = hook({known: value for known, value in ENVIRONMENT.items() if known != name})
    assert ran.code != 0
    assert f"{name}: is not set; set it to" in ran.output
    assert ran.calls == []


def test_a_failed_handshake_is_tried_again_with_growing_pauses(hook: Hook) -> None:
    ran = hook(ENVIRONMENT, curl=[HEALTHY], az_deployment=[HANDSHAKE, HANDSHAKE, HANDSHAKE, "|0"])
    assert ran.code == 0, ran.output
    assert ran.pauses == [15, 30, 60]
    assert kinds(ran.calls)[1:] == ["az deployment sub create"] * 4


def test_the_hook_fails_if_no_try_succeeds(hook: Hook) -> None:
    """Then azd reports the failure; otherwise a deployment without events would look complete."""
    ran = hook(ENVIRONMENT, curl=[HEALTHY], az_deployment=[HANDSHAKE])
    assert ran.code == 1
    assert len(ran.calls) == 6
    assert ran.pauses == [15, 30, 60, 120]
    assert "Webhook validation handshake failed" in ran.output
    assert "not created in five tries" in ran.output
    assert "Event Grid now sends" not in ran.output


def test_an_app_that_never_becomes_healthy_ends_the_hook_with_its_last_answer(hook: Hook) -> None:
    ran = hook(ENVIRONMENT, curl=[STARTING])
    assert ran.code == 1
    assert len(ran.calls) == 60
    assert set(kinds(ran.calls)) == {"curl"}
    assert sum(ran.pauses) == 590
    assert "https://app.example/api/health does not answer with 200 after ten minutes" in ran.output
    assert "no token" in ran.output


@pytest.mark.parametrize("answer", ["moved\\n302|0", "denied\\n401|0", "200 bytes\\n000|28"])
def test_only_an_answer_with_200_counts(hook: Hook, answer: str) -> None:
    """A sign-in in front of the app, a timeout, and a 200 within a text do not."""
    ran = hook(ENVIRONMENT, curl=[answer, HEALTHY])
    assert ran.code == 0, ran.output
    assert ran.pauses == [10]


def test_from_outside_of_a_private_network_arm_is_asked_instead(hook: Hook) -> None:
    private = ENVIRONMENT | {"GALLERIST_PRIVATE_NETWORKING": "true"}
    ran = hook(private, az_functionapp=["NotFound|3", "|0"])
    assert ran.code == 0, ran.output
    assert kinds(ran.calls) == [
        "az functionapp function show",
        "az functionapp function show",
        "az deployment sub create",
    ]
    assert ran.calls[0].endswith("--resource-group group --name app --function-name image_events")
    assert ran.pauses == [10]
