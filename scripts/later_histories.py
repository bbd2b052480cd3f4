"""The histories of what follows a migration: promotions, retirements and retention.

Their orchestrators continue as new after each step, and the task hub keeps the last execution only. So every execution
is looked at while it rests: that is how one in production waits when another version of the app is deployed.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions_testhost.tables import parse_instance

from client import Gallerist
from local.capture import TENANT, captured
from local.stack import Stack
from scripts.history_files import document_of

# what is saved; the other orchestrations are those of the first half
ORCHESTRATORS = ("promote_version", "retire_image", "apply_retention", "find_users")
_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_GALLERY = f"{_GROUP}/galleries/golden"
_POLICY = f"""\
defaults:
  galleries: [{_GALLERY}]
  regions: [westus2]
  retire_source: {{when: never, soak_days: 0.5, approval_days: 2}}
  notify: {{notice_days: 0.25}}
  retention: {{keep_last: 2, keep_days: 30, grace_days: 3, dry_run: false}}
"""
_OLD = "2025-03-01T00:00:00+00:00"
_LONGEST = timedelta(days=10)


class _KeysDecide(Stack):
    """A stack whose keys may decide: nobody signs in here."""

    def app_settings(self) -> dict[str, str]:
        return super().app_settings() | {"GALLERIST_ALLOW_KEYS_TO_APPROVE": "true"}


class _Rests:
    """Every execution that was seen, each with the longest history that it had while it rested."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.seen: dict[str, dict[str, Any]] = {}

    def look(self) -> None:
        """Notes what rests or has ended. The host works on the same file, so it is only read."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            marks = ", ".join("?" for _ in ORCHESTRATORS)
            statement = f"SELECT * FROM instances WHERE orchestrator IN ({marks}) ORDER BY created"  # noqa: S608 # constants
            for row in connection.execute(statement, ORCHESTRATORS).fetchall():
                events = connection.execute(
                    "SELECT event FROM history WHERE instance_id = ? ORDER BY sequence", (row["instance_id"],)
                )
                history = [json.loads(event["event"]) for event in events]
                known = self.seen.get(row["execution_id"])
                if known is None or len(history) > len(known["history"]):
                    self.seen[row["execution_id"]] = document_of(parse_instance(row), history)

    def distinct(self) -> Iterator[dict[str, Any]]:
        """Yields one history of each kind: the calls and their order tell the kinds apart."""
        kinds: set[tuple[Any, ...]] = set()
        for document in self.seen.values():
            calls = [(event["EventType"], event.get("Name")) for event in document["history"]]
            kind = (document["orchestrator"], document["status"], *calls)
            if kind not in kinds:
                kinds.add(kind)
                yield document


def later_histories(folder: Path, app: Path) -> Iterator[dict[str, Any]]:
    """Promotes, retires and applies retention, each with its ways; yields the histories of the executions."""
    with _KeysDecide(folder, _seed(), _POLICY, "seconds:60", one_clock=True, app=app) as stack:
        rests = _Rests(folder / "taskhub.sqlite")
        stack.subscribe_to_events()
        with Gallerist(stack.api) as gallerist:
            _promote(stack, gallerist, rests)
            _retire(stack, gallerist, rests)
            _keep(stack, gallerist, rests)
    yield from rests.distinct()


def _promote(stack: Stack, gallerist: Gallerist, rests: _Rests) -> None:
    """A promotion in two rings that is paused between them, and rolled back at its end."""
    version = f"{_GALLERY}/images/web/versions/1.0.1"
    started = gallerist.start_promotion(version, rings=[["eastus2"], ["westus2"]], bake_hours=1)

    def state() -> str:
        return str(gallerist.promotion(started.id).state)

    _pass_until(stack, rests, lambda: state() == "baking")
    _order(stack, f"promotions/{started.id}/pause")
    _pass_until(stack, rests, lambda: state() == "paused")
    _order(stack, f"promotions/{started.id}/resume")
    _pass_until(stack, rests, lambda: state() == "promoted")
    _order(stack, f"promotions/{started.id}/rollback")
    _pass_until(stack, rests, lambda: state() == "rolled-back")


def _retire(stack: Stack, gallerist: Gallerist, rests: _Rests) -> None:
    """One retirement that is approved, and one that is rejected."""
    for name, decision in (("approved", "approve"), ("rejected", "reject")):
        image = f"{_GROUP}/images/{name}"
        migration = gallerist.start_migration(image)
        _pass_until(stack, rests, lambda id_=migration.id: str(gallerist.migration(id_).state) == "completed")
        retirement = gallerist.start_retirement(image).id

        def state(id_: str = retirement) -> str:
            return str(gallerist.retirement(id_).state)

        _pass_until(stack, rests, lambda state=state: state() == "awaiting-approval")
        body = {"reason": "the fleet moved"}
        if decision == "approve":
            body["fingerprint"] = gallerist.retirement(retirement).fingerprint
        _order(stack, f"retirements/{retirement}/{decision}", body)
        _pass_until(stack, rests, lambda state=state: state() in ("retired", "kept"))


def _keep(stack: Stack, gallerist: Gallerist, rests: _Rests) -> None:
    """A run that deletes one version and excludes another."""
    run = gallerist.apply_retention(f"{_GALLERY}/images/old")
    _pass_until(stack, rests, lambda: str(gallerist.retention_run(run.id).state) == "done")


def _order(stack: Stack, path: str, body: dict[str, str] | None = None) -> None:
    stack.http.post(f"{stack.api}/{path}", json=body or {}).raise_for_status()
    stack.let_pass(timedelta())


def _pass_until(stack: Stack, rests: _Rests, arrived: Callable[..., bool]) -> None:
    """Lets time pass to each moment at which something is due, and looks who rests there."""
    end = stack.now() + _LONGEST
    stack.let_pass(timedelta())
    rests.look()
    while not arrived():
        moment = stack.let_next_happen()
        if moment is None or moment > end:
            raise TimeoutError("an orchestration did not come where it should")
        rests.look()
    rests.look()


def _seed() -> dict[str, Any]:
    images = [captured(_SUBSCRIPTION, "images", name) for name in ("source", "approved", "rejected")]
    excluded = {"gallerist-retention": _OLD}
    scale_set = {
        "id": f"{_GROUP}/virtualMachineScaleSets/web",
        "location": "eastus2",
        "properties": {
            "upgradePolicy": {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}},
            "virtualMachineProfile": {"storageProfile": {"imageReference": {"id": f"{_GALLERY}/images/web"}}},
        },
        "_simulator": {"instances": ["1.0.0"]},
    }
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            {"id": _GALLERY, "location": "eastus2", "properties": {}},
            *(image.machine for image in images),
            *(image.image for image in images),
            _definition("web"),
            _version("web", "1.0.0", excluded=False),
            _version("web", "1.0.1"),
            _definition("old"),
            _version("old", "1.0.0", tags=excluded),
            *(_version("old", f"1.0.{patch}") for patch in (1, 2, 3)),
            scale_set,
        ],
    }


def _definition(name: str) -> dict[str, Any]:
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": name},
    }
    return {"id": f"{_GALLERY}/images/{name}", "location": "eastus2", "properties": properties}


def _version(
    name: str, number: str, *, excluded: bool = True, tags: dict[str, str] | None = None
) -> dict[str, Any]:
    """A version that Gallerist made long ago."""
    source = f"{_GROUP}/images/source"
    own = {
        "gallerist-migration": "migration-1",
        "gallerist-fingerprint": f"f-{number}",
        "gallerist-source": source,
        "gallerist-started-by": "anna",
        "gallerist-rule": "defaults",
    }
    regions = [{"name": region} for region in ("eastus2", "westus2")]
    profile = {"targetRegions": regions, "excludeFromLatest": excluded, "publishedDate": _OLD}
    return {
        "id": f"{_GALLERY}/images/{name}/versions/{number}",
        "location": "eastus2",
        "tags": own | (tags or {}),
        "properties": {"publishingProfile": profile, "storageProfile": {"source": {"id": source}}},
    }
