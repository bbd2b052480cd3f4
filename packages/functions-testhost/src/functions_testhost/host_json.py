"""The settings of ``host.json`` that this host obeys, with the defaults of the Functions host."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class HostJson:
    """What the app asks of its host. Documented defaults; the concurrency limits are per processor, as in Azure."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    max_concurrent_activities: int = field(default_factory=lambda: 10 * (os.cpu_count() or 1))
    max_concurrent_orchestrators: int = field(default_factory=lambda: 10 * (os.cpu_count() or 1))
    max_entity_batch: int = 50
    max_actions: int = 100_000
    may_replace_running: bool = False
    default_version: str | None = None

    @classmethod
    def load(cls, app_folder: Path) -> "HostJson":
        """Read ``host.json`` of an app; a missing file means defaults.

        Raises:
            ValueError: the file is not JSON, or a state policy is unknown.
        """
        file = app_folder / "host.json"
        return cls.parse(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else cls()

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "HostJson":
        """Pick the settings out of the parsed file."""
        extensions = document.get("extensions", {})
        durable = extensions.get("durableTask", {})
        given = {
            "route_prefix": extensions.get("http", {}).get("routePrefix"),
            "hub_name": durable.get("hubName"),
            "max_concurrent_activities": durable.get("maxConcurrentActivityFunctions"),
            "max_concurrent_orchestrators": durable.get("maxConcurrentOrchestratorFunctions"),
            "max_entity_batch": durable.get("maxEntityOperationBatchSize"),
            "max_actions": durable.get("maxOrchestrationActions"),
            "default_version": durable.get("defaultVersion"),
            "may_replace_running": _may_replace_running(durable.get("overridableExistingInstanceStates")),
        }
        return cls(**{name: value for name, value in given.items() if value is not None})


def _may_replace_running(states: str | None) -> bool | None:
    if states not in (None, "NonRunningStates", "AnyState"):
        raise ValueError(f"host.json: overridableExistingInstanceStates cannot be {states!r}.")
    return None if states is None else states == "AnyState"
