"""A worker that dies during any step of retention, before or after its effects, ends no run; nothing is done twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.resources.ids import ImageDefinitionId
from domain.retention.run import ENDS, retention_id
from local.stack import Stack
from tests.workflow.deaths import dies_in_each, in_activities, in_episodes, survived
from tests.workflow.estate import SEED
from tests.workflow.test_retention import PLAIN, START, definition, version

POLICY = f"""\
defaults:
  galleries: [{PLAIN}]
  retention: {{keep_last: 2, keep_days: 30, grace_days: 3, dry_run: false}}
"""
ACTIVITIES = [
    "plan_retention",
    "plan_scan",
    "take_retention_step",
    "confirm_retention_step",
    "record_evidence",
]
CASES = 12
EPISODES = 14
BETWEEN_DEATHS = 3
LONGEST = timedelta(hours=8)
STEP = timedelta(minutes=20)
names = iter(f"victim-{number}" for number in range(CASES))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Definitions whose oldest version is deleted in this run, and whose second oldest is excluded."""
    excluded = {"gallerist-retention": (START - timedelta(days=30)).isoformat()}
    resources = [{"id": PLAIN, "location": "eastus2", "properties": {}}]
    for number in range(CASES):
        name = f"victim-{number}"
        resources += [
            definition(PLAIN, name),
            version(PLAIN, name, "1.0.0", tags=excluded),
            *(version(PLAIN, name, f"1.0.{patch}") for patch in range(1, 4)),
        ]
    folder: Path = tmp_path_factory.mktemp("stack")
    seed = {**SEED, "resources": resources}
    running = CrashStack(
        folder, seed, POLICY, "seconds:60", one_clock=True, recovery_schedule="0 */2 * * * *"
    )
    with running:
        yield running


class CrashStack(Stack):
    """A stack whose keys may decide: nobody signs in here."""

    def app_settings(self) -> dict[str, str]:
        own = {"GALLERIST_ALLOW_KEYS_TO_APPROVE": "true", "GALLERIST_RETENTION_SCHEDULE": self.sweep_schedule}
        return super().app_settings() | own


def applied(stack: Stack, name: str) -> dict[str, Any]:
    """Starts a run, and lets time pass until it ends."""
    definition_id = f"{PLAIN}/images/{name}"
    body = {"definition": definition_id}
    httpx.post(f"{stack.api}/retention/apply", json=body, timeout=30).raise_for_status()
    instance_id = retention_id(ImageDefinitionId.parse(definition_id))
    for _ in range(int(LONGEST / STEP)):
        stack.let_pass(STEP)
        answer = httpx.get(f"{stack.api}/retention/{instance_id}", timeout=30)
        # a worker that dies takes other requests along
        if answer.is_success and answer.json()["state"] in ENDS:
            return answer.json()
    raise AssertionError(f"after {LONGEST} the run has not ended: {answer.text}")


def check(stack: Stack, name: str) -> None:
    """The oldest version is gone, the next one excluded, the others as they were; each write was accepted once."""
    run = applied(stack, name)
    assert run["state"] == "done", run
    assert survived(stack) == []
    prefix = f"{PLAIN}/images/{name}/versions/".lower()
    found = {
        resource["name"]: resource
        for resource in stack.control("GET", "state")["resources"]
        if resource["id"].lower().startswith(prefix)
    }
    assert sorted(found) == ["1.0.1", "1.0.2", "1.0.3"]
    marked = [number for number, one in found.items() if "gallerist-retention" in one["tags"]]
    assert marked == ["1.0.1"]
    requests = [
        (entry["method"], entry["path"].rpartition("/")[2].partition("?")[0], entry["status"])
        for entry in stack.control("GET", "requests")
        if entry["path"].lower().startswith(prefix) and entry["method"] in ("PUT", "DELETE")
    ]
    assert sorted(requests) == [("DELETE", "1.0.0", 202), ("PUT", "1.0.1", 200)]
    records = [
        json.loads(path.read_text()) for path in (stack.folder / "evidence" / "lineage").rglob("*.json")
    ]
    intents = [
        record["details"]["state"]
        for record in records
        if record["subject"].lower() == f"{prefix}1.0.0" and record["details"]["state"] == "intended"
    ]
    assert len(intents) >= 1


def test_after_a_deletion_was_sent(stack: Stack) -> None:
    dies_in_each(stack, in_activities(["take_retention_step"], after_effects=True))
    check(stack, next(names))


def test_during_an_episode(stack: Stack) -> None:
    """Nothing inside the orchestrator can catch it: the timer continues the run."""
    dies_in_each(stack, in_episodes("apply_retention", [4]))
    check(stack, next(names))


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("after_effects", [False, True], ids=["before its effects", "after its effects"])
def test_during_every_activity(stack: Stack, times: int, *, after_effects: bool) -> None:
    """In one life: what one death leaves behind is there when the next one comes."""
    dies_in_each(stack, in_activities(ACTIVITIES, after_effects=after_effects, times=times))
    check(stack, next(names))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BETWEEN_DEATHS))
def test_during_every_third_episode(stack: Stack, first: int) -> None:
    dies_in_each(stack, in_episodes("apply_retention", range(first, EPISODES, BETWEEN_DEATHS)))
    check(stack, next(names))
