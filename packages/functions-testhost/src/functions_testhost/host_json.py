"""The settings of `host.json` that this host applies, with the defaults of the Functions host."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _default_concurrency() -> int:
    return 10 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class HostJson:
    """One app's settings. Documented defaults; the concurrency limits are per processor, as in Azure."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    max_concurrent_activities: int = field(default_factory=_default_concurrency)
    max_concurrent_orchestrators: int = field(default_factory=_default_concurrency)
    max_entity_batch: int = 50
    max_actions: int = 100_000
    may_replace_running: bool = False
    default_version: str | None = None

    @classmethod
    def load(cls, app_folder: Path) -> "HostJson":
        """Reads the `host.json` of an app. Without the file, the defaults apply.

        Raises:
            ValueError: the file is not JSON, or `overridableExistingInstanceStates` has an unknown value.
        """
        file = app_folder / "host.json"
        return cls.parse(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else cls()

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "HostJson":
        """Picks the settings out of the parsed file; null means the default."""
        defaults = cls()
        extensions = document.get("extensions", {})
        http, durable = extensions.get("http", {}), extensions.get("durableTask", {})
        states = _value(durable, "overridableExistingInstanceStates", "NonRunningStates")
        if states not in ("NonRunningStates", "AnyState"):
            raise ValueError(
                f"overridableExistingInstanceStates cannot be {states!r};"
                " use 'NonRunningStates' or 'AnyState'"
            )
        return cls(
            route_prefix=_value(http, "routePrefix", defaults.route_prefix),
            hub_name=_value(durable, "hubName", defaults.hub_name),
            max_concurrent_activities=_value(
                durable, "maxConcurrentActivityFunctions", defaults.max_concurrent_activities
            ),
            max_concurrent_orchestrators=_value(
                durable, "maxConcurrentOrchestratorFunctions", defaults.max_concurrent_orchestrators
            ),
            max_entity_batch=_value(durable, "maxEntityOperationBatchSize", defaults.max_entity_batch),
            max_actions=_value(durable, "maxOrchestrationActions", defaults.max_actions),
            may_replace_running=states == "AnyState",
            default_version=_value(durable, "defaultVersion", defaults.default_version),
        )


def _value(section: dict[str, Any], name: str, default: Any) -> Any:
    value = section.get(name)
    return default if value is None else value
