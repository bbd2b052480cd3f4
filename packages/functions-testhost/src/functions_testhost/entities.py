"""Runs one batch of operations on one entity through the SDK, and builds the answers for its callers."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions_testhost import history
from functions_testhost.app import Function
from functions_testhost.instances import Message
from functions_testhost.replay import EXTENSION
from functions_testhost.tables import Batch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EntityId:
    """An entity's name (lower case) and key."""

    name: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "EntityId":
        """Reads `@name@key`; the key may hold further `@`."""
        _, name, key = text.split("@", 2)
        return cls(name.lower(), key)

    def __str__(self) -> str:
        return f"@{self.name.lower()}@{self.key}"


@dataclass(frozen=True)
class BatchResult:
    """The entity's new state as JSON text (None: it does not exist), and one result per operation."""

    state: str | None
    results: list[dict[str, Any]]


def signal(operation: str, input_text: str | None, request_id: str) -> str:
    """Builds the request of a client that waits for no answer."""
    return json.dumps(
        {"op": operation, "signal": True, "input": input_text, "id": request_id, "parent": None}
    )


def run_batch(batch: Batch, entities: Mapping[str, Function]) -> BatchResult:
    """Runs the operations in order. If the batch as a whole fails, each operation fails and the state stays."""
    entity_id = EntityId.parse(batch.entity_id)
    function = entities.get(entity_id.name)
    if function is None:
        return _refused(batch, f"There is no entity function '{entity_id.name}'.")
    requests = [json.loads(text) for _, text in batch.requests]
    context = {
        "self": {"name": entity_id.name, "key": entity_id.key},
        "exists": batch.state is not None,
        "state": batch.state,
        "batch": [
            {"name": r["op"], "input": r["input"], "isSignal": r.get("signal", False), "id": r["id"]}
            for r in requests
        ],
    }
    try:
        answer = json.loads(function.run(json.dumps(context)))
    except Exception as failure:
        # the SDK catches what operations raise; anything else, such as a state that is not JSON, fails them all
        log.exception("Entity %s could not run its operations", batch.entity_id)
        return _refused(batch, f"{type(failure).__name__}: {failure}")
    return BatchResult(answer["entityState"] if answer["entityExists"] else None, answer["results"])


def answers(batch: Batch, result: BatchResult, now: datetime) -> list[Message]:
    """Builds the answers to the orchestrators that called. A signal gets none."""
    messages = []
    for (_, text), outcome in zip(batch.requests, result.results, strict=True):
        request = json.loads(text)
        if request.get("signal"):
            continue
        response = {
            "$type": f"{EXTENSION}.ResponseMessage, {EXTENSION}",
            "result": outcome["result"],
            **({"exceptionType": "Error"} if outcome["isError"] else {}),
        }
        event = history.event_raised(now, request["id"], json.dumps(response))
        messages.append(Message(request["parent"], event, now, request["parentExecution"]))
    return messages


def _refused(batch: Batch, reason: str) -> BatchResult:
    return BatchResult(batch.state, [{"isError": True, "result": json.dumps(reason)} for _ in batch.requests])
