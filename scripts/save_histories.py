"""Saves histories of the orchestrators in tests/replay/histories. Run it after an intended change of an orchestrator.

A saved history represents an orchestration in production: code that cannot replay it breaks the migrations that run
during its deployment.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from functions_testhost.tables import Query
from functions_testhost.task_hub import TaskHub

from client import Gallerist
from local.capture import TENANT, captured
from local.stack import ROOT, Stack, temporary_folder

HISTORIES = ROOT / "tests" / "replay" / "histories"

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/golden, {_GROUP}/galleries/golden_twin, {_GROUP}/galleries/archive]
  regions: [westus2]
rules:
  - name: in waves
    match: {{names: ["waves"]}}
    galleries: [{_GROUP}/galleries/golden]
    regions: [{{name: westus2, replicas: 3}}]
    replication: {{waves: home-first, first_replicas: 1}}
  - name: ignored
    match: {{names: ["scratch"]}}
    action: ignore
"""
_KEYS = re.compile(r"[?&]t=\d+&c=[^\"\\]*")


def main() -> None:
    """Migrates a few images with different ends, and saves the history of each orchestration."""
    with temporary_folder() as folder:
        stack = Stack(Path(folder), _seed(), _POLICY, "polls:3", host_options=["--clock", "skip"])
        with stack:
            _migrate(stack)
        saved = _save(Path(folder) / "taskhub.sqlite")
    sys.stdout.write(f"saved {saved} histories in {HISTORIES.relative_to(ROOT)}\n")


def _seed() -> dict[str, Any]:
    images = [
        captured(_SUBSCRIPTION, "images", "twins"),
        captured(_SUBSCRIPTION, "images", "waves", generation="V2"),
        captured(_SUBSCRIPTION, "images", "widened"),
        captured(_SUBSCRIPTION, "images", "scratch"),
        captured(_SUBSCRIPTION, "images", "too-large", data_disks_gb=(4095,)),
    ]
    galleries = [f"{_GROUP}/galleries/{name}" for name in ("golden", "golden_twin", "archive")]
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            *({"id": gallery, "location": "eastus2", "properties": {}} for gallery in galleries),
            *(image.machine for image in images),
            *(image.image for image in images),
        ],
    }


def _migrate(stack: Stack) -> None:
    """Injects a throttled call, a lost answer and a region that fails once, then migrates all images as a batch."""
    throttled = {
        "status": 429,
        "code": "TooManyRequests",
        "retry_after": 60,
        "path": "/images/twins",
        "times": 1,
    }
    stack.control("POST", "faults", throttled)
    stack.control(
        "POST", "faults", {"kind": "lost-answer", "method": "PUT", "path": "/versions/", "times": 1}
    )
    stack.control("POST", "faults", {"kind": "failed", "region": "westus2", "version": "/waves/", "times": 1})
    with Gallerist(stack.api, sleep=_look_again) as gallerist:
        batch = gallerist.start_batch([{"subscription": _SUBSCRIPTION}])
        gallerist.wait_for_batch(batch.id)
        skipped = gallerist.start_migration(f"{_GROUP}/images/scratch")
        gallerist.wait_for_migration(skipped.id)
        # its version is adopted: the whole migration is one execution
        adopted = next(one for one in gallerist.migrations() if one.image.name == "waves")
        gallerist.start_migration(str(adopted.image))
        gallerist.wait_for_migration(adopted.id)
        widened = next(one for one in gallerist.migrations() if one.image.name == "widened")
        gallerist.add_regions(widened.id, ["japaneast"])
        gallerist.wait_for_migration(widened.id)


def _look_again(_seconds: float) -> None:
    """The host's clock skips, so that there is nothing to wait for."""
    time.sleep(0.02)


def _save(database: Path) -> int:
    for old in HISTORIES.glob("*.json"):
        old.unlink()
    hub = TaskHub(database)
    numbers: dict[str, int] = {}
    for instance in sorted(hub.query(Query()), key=lambda found: found.created):
        number = numbers[instance.orchestrator] = numbers.get(instance.orchestrator, 0) + 1
        saved = {
            "orchestrator": instance.orchestrator,
            "instance_id": instance.instance_id,
            "execution_id": instance.execution_id,
            "parent_instance_id": instance.parent.instance_id if instance.parent else None,
            "input": instance.input_text,
            "status": instance.status,
            "output": instance.output,
            "history": hub.history(instance.instance_id),
        }
        text = _KEYS.sub("", json.dumps(saved, indent=1))
        (HISTORIES / f"{instance.orchestrator}-{number}.json").write_text(f"{text}\n", encoding="utf-8")
    hub.close()
    return sum(numbers.values())


if __name__ == "__main__":
    main()
