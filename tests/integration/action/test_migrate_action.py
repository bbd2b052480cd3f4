"""The GitHub action asks the running app for a migration, waits, and fails if the image was not migrated."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest
import yaml

from local.stack import ROOT, Stack
from tests.integration.callers import COMPUTE, POLICY, Time, image, seed

ACTION = ROOT / ".github" / "actions" / "migrate"
SEED = seed(image("good"), image("slow"), image("too-large", disk_gb=4000))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app with keys on, on a clock that stands still until the action sleeps."""
    folder = tmp_path_factory.mktemp("action")
    with Stack(folder, SEED, POLICY, "polls:3", host_options=["--clock", "manual", "--keys"]) as stack:
        yield stack


@pytest.fixture(scope="module")
def action() -> ModuleType:
    spec = importlib.util.spec_from_file_location("migrate_action", ACTION / "migrate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def variables(stack: Stack, tmp_path: Path) -> dict[str, str]:
    """What the runner gives to the script."""
    return {
        "GALLERIST_URL": stack.api,
        "GALLERIST_FUNCTION_KEY": stack.host["keys"]["function"],
        "GALLERIST_TIMEOUT_MINUTES": "300",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }


def outputs(variables: dict[str, str]) -> dict[str, str]:
    text = Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in text.splitlines())


def test_an_image_is_migrated_and_the_outputs_name_the_migration(
    action: ModuleType, stack: Stack, variables: dict[str, str]
) -> None:
    clock = Time(stack)
    action.main({**variables, "GALLERIST_IMAGE": f"{COMPUTE}/images/good"}, clock.sleep)
    written = outputs(variables)
    assert written["state"] == "completed"
    answer = httpx.get(
        f"{stack.api}/migrations/{written['id']}",
        headers={"x-functions-key": variables["GALLERIST_FUNCTION_KEY"]},
    )
    assert answer.json()["image"].endswith("/good")
    assert set(clock.slept) == {10}


def test_a_blocked_image_fails_the_step_with_the_reason_and_the_fix(
    action: ModuleType, stack: Stack, variables: dict[str, str]
) -> None:
    with pytest.raises(action.MigrateError, match=r"is blocked: .*4000 GB.*capture the image again"):
        action.main({**variables, "GALLERIST_IMAGE": f"{COMPUTE}/images/too-large"}, Time(stack).sleep)
    assert outputs(variables)["state"] == "blocked"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"GALLERIST_FUNCTION_KEY": "wrong"}, "is not started: HTTP 401"),
        ({"GALLERIST_IMAGE": "no-id"}, "is not started: HTTP 400"),
    ],
)
def test_a_request_that_is_refused_is_not_repeated(
    action: ModuleType, stack: Stack, variables: dict[str, str], change: dict[str, str], why: str
) -> None:
    clock = Time(stack)
    with pytest.raises(action.MigrateError, match=why):
        action.main({**variables, "GALLERIST_IMAGE": f"{COMPUTE}/images/good", **change}, clock.sleep)
    assert clock.slept == []


def test_no_answer_is_asked_for_again_until_the_time_is_over(
    action: ModuleType, variables: dict[str, str]
) -> None:
    slept: list[float] = []
    nowhere = {**variables, "GALLERIST_URL": "http://127.0.0.1:9/api", "GALLERIST_TIMEOUT_MINUTES": "2"}
    with pytest.raises(action.MigrateError, match="is not started: HTTP 0"):
        action.main({**nowhere, "GALLERIST_IMAGE": f"{COMPUTE}/images/good"}, slept.append)
    assert slept == [30, 30, 30, 30]


def test_a_migration_that_takes_longer_goes_on_and_is_found_again(
    action: ModuleType, stack: Stack, variables: dict[str, str]
) -> None:
    """The step ends with the address; a second run waits for the same migration."""
    slow = {**variables, "GALLERIST_IMAGE": f"{COMPUTE}/images/slow"}
    with pytest.raises(action.MigrateError, match="the migration goes on, look at http"):
        action.main({**slow, "GALLERIST_TIMEOUT_MINUTES": "0"}, Time(stack).sleep)
    action.main(slow, Time(stack).sleep)
    assert outputs(variables)["state"] == "completed"


def test_the_script_reads_every_input_of_the_action(action: ModuleType) -> None:
    document = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    [step] = document["runs"]["steps"]
    assert step["run"] == 'python3 "$GITHUB_ACTION_PATH/migrate.py"'
    passed = set(step["env"].values())
    assert passed == {f"${{{{ inputs.{name} }}}}" for name in document["inputs"]}
    source = Path(str(action.__file__)).read_text(encoding="utf-8")
    assert [name for name in step["env"] if f'"{name}"' not in source] == []
