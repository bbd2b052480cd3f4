"""The files in which histories of orchestrations are saved: those of the code as it is, and those of each release."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from functions_testhost.history import Event
from functions_testhost.instances import Instance

from local.stack import ROOT

HISTORIES = ROOT / "tests" / "replay" / "histories"
# a folder for each release, which is never written again
RELEASES = ROOT / "tests" / "replay" / "releases"
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


def write_histories(saved: Iterable[dict[str, Any]], folder: Path = HISTORIES) -> int:
    """Writes histories in place of those of the same orchestrators, without keys; returns how many there are."""
    numbers: dict[str, int] = {}
    for document in saved:
        name = document["orchestrator"]
        if name not in numbers:
            for old in folder.glob(f"{name}-*.json"):
                old.unlink()
        number = numbers[name] = numbers.get(name, 0) + 1
        write_json(folder / f"{name}-{number}.json", document)
    return sum(numbers.values())


def write_json(path: Path, document: Any) -> None:
    """Writes a document without keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{_KEYS.sub('', json.dumps(document, indent=1))}\n", encoding="utf-8")
