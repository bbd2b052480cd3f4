"""A fleet that was migrated long ago, written into the file of the task hub: nothing of it runs again."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions_testhost.instances import Instance, Status, new_execution_id
from functions_testhost.tables import save_instance
from functions_testhost.task_hub import TaskHub

from demo.seed import GALLERY, PRODUCTION
from domain.migration.status import MigrationStatus
from domain.names import MIGRATE_IMAGE
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id

BEGIN = datetime(2026, 8, 3, 6, tzinfo=UTC)
FAMILIES = (
    "ubuntu-2204",
    "ubuntu-2404",
    "win2022-iis",
    "alma-9",
    "debian-12",
    "sql-2019",
    "suse-15",
    "rhel-9",
)
REGIONS = ("eastus2", "westus2", "northeurope")
# one in so many ended otherwise, with its reason and fix
OTHERWISE = {
    211: ("blocked", "the data disk at LUN 0 has 4095 GB; the service accepts at most 2048 GB",
          "shrink the disk to at most 2048 GB and capture the image again"),
    307: ("failed", "Azure did not replicate the version to northeurope", "start the migration again"),
    499: ("partial", "northeurope did not complete within 24 hours", "add the region again"),
}  # fmt: skip


def write_fleet(file: Path, count: int) -> dict[str, int]:
    """Writes so many migrations into a new task hub; returns how many there are in each state."""
    counts: dict[str, int] = {}
    hub = TaskHub(file)
    try:
        with hub._transaction() as connection:
            for instance, state in _instances(count):
                save_instance(connection, instance)
                counts[state] = counts.get(state, 0) + 1
    finally:
        hub.close()
    return counts


def _instances(count: int) -> Iterator[tuple[Instance, str]]:
    for number in range(count):
        name = f"{FAMILIES[number % len(FAMILIES)]}-{number:05}"
        group = f"/subscriptions/{PRODUCTION}/resourceGroups/team-{number % 40:02}"
        image = f"{group}/providers/Microsoft.Compute/images/{name}"
        begun = BEGIN + timedelta(minutes=number * 7)
        status = _status(number, name, image)
        request = {"image": image, "started_by": "batch-2026", "started_at": begun.isoformat()}
        instance = Instance(
            instance_id=migration_id(ImageId.parse(image)),
            execution_id=new_execution_id(),
            orchestrator=MIGRATE_IMAGE,
            version="1.0",
            status=Status.COMPLETED,
            input_text=json.dumps(request),
            output=json.dumps(status),
            custom_status=json.dumps(status),
            parent=None,
            created=begun,
            updated=begun + timedelta(minutes=20),
        )
        yield instance, status["state"]


def _status(number: int, name: str, image: str) -> dict[str, Any]:
    ended = next((end for every, end in OTHERWISE.items() if number % every == every - 1), None)
    state, reason, fix = ended or ("completed", None, None)
    definition = f"{GALLERY}/images/{name.rpartition('-')[0]}"
    target = {
        "state": state,
        "definition": definition,
        "version_id": f"{definition}/versions/2026.{number // 100}.{number % 100}",
        "outcome": "created",
        "regions": [{"region": region, "state": "Completed", "progress": 100} for region in REGIONS],
    }
    status = {
        "state": state,
        "image": image,
        "started_by": "batch-2026",
        "rule": "builds named family-date",
        "fingerprint": hashlib.sha256(name.encode()).hexdigest(),
        "reason": reason,
        "fix": fix,
        "targets": [] if state == "blocked" else [target],
    }
    # as the app itself would store it
    return MigrationStatus.model_validate(status).model_dump(mode="json")
