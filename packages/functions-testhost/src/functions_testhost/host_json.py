"""The settings of `host.json` that this host applies, with the defaults of the Functions host."""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any


def _default_concurrency() -> int:
    return 10 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class HostJson:
    """One app's settings. Documented defaults; the concurrency limits are per processor, as in Azure.

    `function_timeout` is None for no limit. Its default is that of the Flex Consumption and Premium plans.
    """

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    max_concurrent_activities: int = field(default_factory=_default_concurrency)
    max_concurrent_orchestrators: int = field(default_factory=_default_concurrency)
    max_entity_batch: int = 50
    max_actions: int = 100_000
    may_replace_running: bool = False
    default_version: str | None = None
    function_timeout: timedelta | None = timedelta(minutes=30)

    @classmethod
    def load(cls, app_folder: Path) -> "HostJson":
        """Reads the `host.json` of an app. Without the file, the defaults apply.

        Raises:
            ValueError: the file is not JSON, `overridableExistingInstanceStates` has an unknown value, or
                `functionTimeout` is no time span.
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
            function_timeout=_parse_timeout(document["functionTimeout"])
            if document.get("functionTimeout")
            else defaults.function_timeout,
        )


def _parse_timeout(text: str) -> timedelta | None:
    """Parses `functionTimeout`: `[days.]hours:minutes:seconds`, or `-1` for none (documented)."""
    if text == "-1":
        return None
    found = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+)", str(text))
    if found is None:
        raise ValueError(f"functionTimeout cannot be {text!r}; use '00:10:00', or '-1' for no limit")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _value(section: dict[str, Any], name: str, default: Any) -> Any:
    value = section.get(name)
    return default if value is None else value
