"""Saved histories replay, so that a changed orchestrator does not break running migrations.

After an intended change of an orchestrator, run `python -m scripts.save_histories`, and say in the changelog what
happens to migrations that run during the deployment of the change. Those of a release stay as they are: where the code
can replay them no more, the change needs another `defaultVersion` and a branch for the older one.
"""

import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from functions_testhost.app import App, load_app
from functions_testhost.history import EventType, kind
from functions_testhost.replay import NonDeterministicOrchestrationError, Replay
from functions_testhost.sdk import OrchestratorAnswer, orchestrator_context, run_orchestrator

from domain import names
from local.stack import ROOT

HERE = Path(__file__).parent
CURRENT = sorted((HERE / "histories").glob("*.json"))
RELEASES = sorted((HERE / "releases").iterdir())
HISTORIES = [*CURRENT, *sorted((HERE / "releases").glob("*/histories/*.json"))]
# what continues as new is saved while it rests, with its calls so far
ENDED = [path for path in HISTORIES if '"status": "Completed"' in path.read_text(encoding="utf-8")]
RESTING = [path for path in HISTORIES if path not in ENDED]


def name_of(path: Path) -> str:
    """The name of a history, with that of its release."""
    release = path.parents[1]
    return f"{release.name}-{path.stem}" if release in RELEASES else path.stem


# the SDK says so of an event that nobody waits for: a decision that came while the retirement was at work
pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion for TaskId. decided")


@pytest.fixture(scope="module")
def app() -> App:
    return load_app(ROOT)


def saved(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def events_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in document["history"] if kind(event) is not EventType.EXECUTION_COMPLETED]


def replay(
    app: App, document: dict[str, Any], events: list[dict[str, Any]] | None = None
) -> tuple[OrchestratorAnswer, Replay]:
    """Runs the current orchestrator over these events, or over the whole history, as the host does for an episode."""
    events = events_of(document) if events is None else events
    context = orchestrator_context(
        history=events,
        instance_id=document["instance_id"],
        input_text=document["input"],
        parent_instance_id=document["parent_instance_id"],
    )
    answer = run_orchestrator(app.orchestrators[document["orchestrator"]].code, context)
    assert answer.error is None, answer.error
    replayed = Replay(document["instance_id"], document["execution_id"], answer.actions)
    replayed.run(events)
    return answer, replayed


@pytest.mark.parametrize("path", ENDED, ids=name_of)
def test_a_saved_history_replays_to_the_same_output(app: App, path: Path) -> None:
    """The orchestrator makes the same calls in the same order and no further one."""
    document = saved(path)

    answer, replayed = replay(app, document)

    assert answer.is_done
    assert replayed.new_decisions() == []
    assert json.loads(answer.output or "null") == json.loads(document["output"])


@pytest.mark.parametrize("path", RESTING, ids=name_of)
def test_an_orchestration_that_rests_goes_on_to_rest(app: App, path: Path) -> None:
    """It waits for what it waited for: a promotion and a retirement wait for days, and deployments come meanwhile."""
    answer, replayed = replay(app, saved(path))

    assert not answer.is_done
    assert replayed.new_decisions() == []


@pytest.mark.parametrize("path", HISTORIES, ids=name_of)
def test_an_unfinished_history_replays_without_new_calls(app: App, path: Path) -> None:
    """A deployment can happen after every episode, not only after the last one."""
    document = saved(path)
    events = events_of(document)
    kinds = [kind(event) for event in events]
    # after a continue_as_new the end of the old episode comes with the first one of the new execution, and what that
    # one decides follows it
    ends = [
        index
        for index, (one, following) in enumerate(zip_longest(kinds, kinds[1:]))
        if one is EventType.ORCHESTRATOR_COMPLETED and following in (EventType.ORCHESTRATOR_STARTED, None)
    ]

    for end in ends:
        _, replayed = replay(app, document, events[: end + 1])
        assert replayed.new_decisions() == []


@pytest.mark.parametrize("folder", [HERE, *RELEASES], ids=lambda folder: folder.name)
def test_every_orchestrator_has_a_saved_history(folder: Path) -> None:
    """A release has those that it had; one that comes later is added here, and not there."""
    orchestrators = {
        names.MIGRATE_IMAGE,
        names.MIGRATE_BATCH,
        names.ADD_REGIONS,
        names.PREPARE_DEFINITION,
        names.PUBLISH_VERSION,
        names.PROMOTE_VERSION,
        names.RETIRE_IMAGE,
        names.APPLY_RETENTION,
        names.FIND_USERS,
    }
    added_after: dict[str, set[str]] = {"0.1.0": set()}
    found = {saved(path)["orchestrator"] for path in (folder / "histories").glob("*.json")}
    assert found == orchestrators - added_after.get(folder.name, set())


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_the_histories_of_a_release_are_its_own(release: Path) -> None:
    """The tag of what it made says which release it was."""
    texts = [path.read_text(encoding="utf-8") for path in (release / "histories").glob("*.json")]
    tags = {tag for text in texts for tag in re.findall(r'gallerist-release\W+"([^"\\]+)', text)}
    assert tags == {release.name}


@pytest.mark.parametrize(
    "name", ["migrate_image-1", "promote_version-1", "retire_image-2", "apply_retention-2"]
)
def test_the_replay_finds_a_changed_call(app: App, name: str) -> None:
    """This shows that the check can fail: a history with another activity does not replay."""
    document = saved(next(path for path in CURRENT if path.stem == name))
    scheduled = next(event for event in document["history"] if kind(event) is EventType.TASK_SCHEDULED)
    scheduled["Name"] = "another_activity"

    with pytest.raises(NonDeterministicOrchestrationError, match="another_activity"):
        replay(app, document)
