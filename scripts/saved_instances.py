"""The instances that a release saves, with the answers that it gives about them itself.

What is saved is what a later release finds: the instances and entities of the task hub, the resources with their tags,
and the evidence. The answers of the API say what the release read in them.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from functions_testhost.instances import Instance, Parent, Status, new_execution_id
from functions_testhost.tables import Query, save_instance
from functions_testhost.task_hub import TaskHub
from functions_testhost.timestamps import from_text, to_text

from local.stack import Stack
from scripts.history_files import write_json
from scripts.saved_fleet import GALLERY, PACE, POLICY, Fleet, seed

_HOST = re.compile(r"http://127\.0\.0\.1:\d+")
_LISTS = ("migrations", "batches", "promotions", "retirements")
# what is read in Azure as well as in the task hub
_QUERIES = (
    "freeze",
    f"lineage?version={GALLERY}/images/done/versions/1.0.0",
    f"adoption?definition={GALLERY}/images/web",
    f"definitions/history?definition={GALLERY}/images/web",
    f"retention?definition={GALLERY}/images/old",
    "coverage",
)


def save_instances(folder: Path, working: Path, app: Path) -> None:
    """Begins the fleet on an app, and saves what there is when it is in the midst of its work."""
    # the gauge, the look for interrupted work and Azure's events leave entities of their own
    often = "0 */10 * * * *"
    stack = Stack(working, seed(), POLICY, PACE, one_clock=True, app=app, gauge=True, recovery_schedule=often)
    with stack:
        stack.subscribe_to_events()
        fleet = Fleet(stack)
        fleet.interrupt_one()
        fleet.end_some()
        fleet.begin_some()
        write_json(folder / "answers.json", answers(stack))
        write_json(folder / "azure.json", {**seed(), "resources": stack.control("GET", "state")["resources"]})
        now = stack.now()
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    hub = TaskHub(working / "taskhub.sqlite")
    instances = [_to_json(instance) for instance in hub.query(Query())]
    entities = {entity.entity_id: json.loads(entity.state) for entity in hub.entities("@", "", 1000)}
    hub.close()
    write_json(folder / "instances.json", instances)
    write_json(folder / "entities.json", {"now": to_text(now), "states": entities})
    for path in sorted((working / "evidence").rglob("*.json")):
        # as it is: certificates are known by their digest
        copy = folder / "evidence" / path.relative_to(working / "evidence")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


def answers(stack: Stack) -> dict[str, Any]:
    """Returns what the app answers about everything that there is, by the path that was asked."""
    return dict(_answers(stack))


def _answers(stack: Stack) -> Iterator[tuple[str, Any]]:
    for kind in _LISTS:
        listed = _get(stack, kind)
        yield kind, listed
        for one in listed[kind]:
            yield f"{kind}/{one['id']}", _get(stack, f"{kind}/{one['id']}")
            if one["state"] == "retired":
                yield f"{kind}/{one['id']}/certificate", _get(stack, f"{kind}/{one['id']}/certificate")
    for run in _ids(stack, "retention-"):
        yield f"retention/{run}", _get(stack, f"retention/{run}")
    for query in _QUERIES:
        yield query, _get(stack, query)


def _get(stack: Stack, path: str) -> Any:
    answer = stack.http.get(f"{stack.api}/{path}").raise_for_status()
    return json.loads(_HOST.sub("", answer.text))


def _ids(stack: Stack, prefix: str) -> list[str]:
    """Lists the instances whose ids begin so; the API has no list of them."""
    found = stack.http.get(f"{stack.host['durable']}/instances", params={"instanceIdPrefix": prefix})
    return [one["instanceId"] for one in found.raise_for_status().json()]


def _to_json(instance: Instance) -> dict[str, Any]:
    texts = {"input": instance.input_text, "output": instance.output, "custom_status": instance.custom_status}
    return {
        "id": instance.instance_id,
        "orchestrator": instance.orchestrator,
        "version": instance.version,
        "status": instance.status,
        "parent": instance.parent.to_json() if instance.parent else None,
        "created": to_text(instance.created),
        "updated": to_text(instance.updated),
        **texts,
    }


def restore_instances(folder: Path, database: Path) -> datetime:
    """Writes saved instances and entities into a new task hub; returns the time at which they were saved."""
    saved = json.loads((folder / "entities.json").read_text(encoding="utf-8"))
    now = from_text(saved["now"])
    hub = TaskHub(database)
    with hub.store.transaction() as connection:
        for document in json.loads((folder / "instances.json").read_text(encoding="utf-8")):
            save_instance(connection, _parse(document))
        for entity_id, state in saved["states"].items():
            row = (entity_id, json.dumps(state), saved["now"])
            connection.execute("INSERT INTO entities VALUES (?, ?, ?)", row)
    hub.close()
    return now


def _parse(document: dict[str, Any]) -> Instance:
    instance = Instance(
        instance_id=document["id"],
        execution_id=new_execution_id(),
        orchestrator=document["orchestrator"],
        version=document["version"],
        status=Status(document["status"]),
        input_text=document["input"],
        output=document["output"],
        custom_status=document["custom_status"],
        parent=None,
        created=from_text(document["created"]),
        updated=from_text(document["updated"]),
    )
    parent = document["parent"]
    return replace(instance, parent=Parent.parse(parent)) if parent else instance
