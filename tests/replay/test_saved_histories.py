"""Saved histories replay: an orchestrator that has changed must not break the migrations that are under way.

When an orchestrator changes on purpose, `python -m scripts.save_histories` saves them anew; whoever does that has to
say in the changelog what becomes of migrations that run while the change is deployed.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from functions_testhost.app import App, load_app
from functions_testhost.history import EventType, kind
from functions_testhost.replay import NonDeterministicOrchestrationError, Replay
from functions_testhost.sdk import OrchestratorAnswer, orchestrator_context, run_orchestrator

from domain import names
from local.stack import ROOT

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


@pytest.fixture(scope="module")
def app() -> App:
    return load_app(ROOT)


def saved(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def replay(app: App, document: dict[str, Any]) -> tuple[OrchestratorAnswer, Replay]:
    """Run today's orchestrator over the saved history, as the host does for the last episode."""
    events = [event for event in document["history"] if kind(event) is not EventType.EXECUTION_COMPLETED]
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


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_saved_history_replays_to_the_same_end(app: App, path: Path) -> None:
    """The same calls in the same order, nothing more to do, and the same output."""
    document = saved(path)

    answer, replayed = replay(app, document)

    assert answer.is_done
    assert replayed.new_decisions() == []
    assert json.loads(answer.output or "null") == json.loads(document["output"])


def test_every_orchestrator_has_a_saved_history() -> None:
    orchestrators = {
        names.MIGRATE_IMAGE,
        names.MIGRATE_BATCH,
        names.ADD_REGIONS,
        names.PREPARE_DEFINITION,
        names.PUBLISH_VERSION,
        names.WATCH_REPLICATION,
    }
    assert {saved(path)["orchestrator"] for path in HISTORIES} == orchestrators


def test_a_call_that_has_changed_is_found(app: App) -> None:
    """The check can fail: a history with another activity in it does not replay."""
    document = saved(next(path for path in HISTORIES if path.stem == "migrate_image-1"))
    scheduled = next(event for event in document["history"] if kind(event) is EventType.TASK_SCHEDULED)
    scheduled["Name"] = "another_activity"

    with pytest.raises(NonDeterministicOrchestrationError, match="another_activity"):
        replay(app, document)
