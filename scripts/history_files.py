"""The files in which histories of orchestrations are saved."""

import json
import re
from collections.abc import Iterable
from typing import Any

from functions_testhost.history import Event
from functions_testhost.instances import Instance

from local.stack import ROOT

HISTORIES = ROOT / "tests" / "replay" / "histories"
_KEYS = re.compile(r"[?&]t=\d+&c=[^\"\\]*")


def document_of(instance: Instance, history: list[Event]) -> dict[str, Any]:
    """An orchestration with the history of an execution, as it is saved."""
    return {
        "orchestrator": instance.orchestrator,
        "instance_id": instance.instance_id,
        "execution_id": instance.execution_id,
        "parent_instance_id": instance.parent.instance_id if instance.parent else None,
        "input": instance.input_text,
        "status": instance.status,
        "output": instance.output,
        "history": history,
    }


def write_histories(saved: Iterable[dict[str, Any]]) -> int:
    """Writes histories in place of those of the same orchestrators, without keys; returns how many there are."""
    numbers: dict[str, int] = {}
    for document in saved:
        name = document["orchestrator"]
        if name not in numbers:
            for old in HISTORIES.glob(f"{name}-*.json"):
                old.unlink()
        number = numbers[name] = numbers.get(name, 0) + 1
        text = _KEYS.sub("", json.dumps(document, indent=1))
        (HISTORIES / f"{name}-{number}.json").write_text(f"{text}\n", encoding="utf-8")
    return sum(numbers.values())
