"""Saved histories replay: a changed orchestrator must not break running migrations.

When an orchestrator changes on purpose, run `python -m scripts.save_histories`, and say in the changelog what happens
to migrations that run while the change is deployed.
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


def events_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in document["history"] if kind(event) is not EventType.EXECUTION_COMPLETED]


def replay(
    app: App, document: dict[str, Any], events: list[dict[str, Any]] | None = None
) -> tuple[OrchestratorAnswer, Replay]:
    """Runs today's orchestrator over these events, or the whole history, as the host does for an episode."""
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


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_saved_history_replays_to_the_same_end(app: App, path: Path) -> None:
    """The same calls in the same order, nothing more to do, and the same output."""
    document = saved(path)

    answer, replayed = replay(app, document)

    assert answer.is_done
    assert replayed.new_decisions() == []
    assert json.loads(answer.output or "null") == json.loads(document["output"])


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_that_stopped_midway_replays_too(app: App, path: Path) -> None:
    """A deployment meets orchestrations in every episode, not only in their last one."""
    document = saved(path)
    events = events_of(document)
    ends = [index for index, event in enumerate(events) if kind(event) is EventType.ORCHESTRATOR_COMPLETED]

    for end in ends:
        _, replayed = replay(app, document, events[: end + 1])
        assert replayed.new_decisions() == []


def test_every_orchestrator_has_a_saved_history() -> None:
    orchestrators = {
        names.MIGRATE_IMAGE,
        names.MIGRATE_BATCH,
        names.ADD_REGIONS,
        names.PREPARE_DEFINITION,
        names.PUBLISH_VERSION,
        names.REPLICATE_VERSION,
    }
    assert {saved(path)["orchestrator"] for path in HISTORIES} == orchestrators


def test_a_call_that_has_changed_is_found(app: App) -> None:
    """The check can fail: a history with another activity in it does not replay."""
    document = saved(next(path for path in HISTORIES if path.stem == "migrate_image-1"))
    scheduled = next(event for event in document["history"] if kind(event) is EventType.TASK_SCHEDULED)
    scheduled["Name"] = "another_activity"

    with pytest.raises(NonDeterministicOrchestrationError, match="another_activity"):
        replay(app, document)
