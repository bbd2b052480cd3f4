"""The settings of `host.json` that this host applies, with the defaults of the Functions host."""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from functions_testhost.versions import FailureStrategy, MatchStrategy, Versioning

Choice = TypeVar("Choice", bound=StrEnum)


def _default_concurrency() -> int:
    return 10 * (os.cpu_count() or 1)


class ReplaceableStates(StrEnum):
    """`overridableExistingInstanceStates`: which instances a start may replace."""

    NON_RUNNING = "NonRunningStates"
    ANY = "AnyState"


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
    versioning: Versioning = field(default_factory=Versioning)
    function_timeout: timedelta | None = timedelta(minutes=30)

    @classmethod
    def load(cls, app_folder: Path) -> "HostJson":
        """Reads the `host.json` of an app. Without the file, the defaults apply.

        Raises:
            ValueError: the file is not JSON, a setting with a choice of values has another one, or
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
        states = _choice(durable, "overridableExistingInstanceStates", ReplaceableStates.NON_RUNNING)
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
            may_replace_running=states is ReplaceableStates.ANY,
            versioning=Versioning(
                default=_value(durable, "defaultVersion", None),
                match=_choice(durable, "versionMatchStrategy", MatchStrategy.CURRENT_OR_OLDER),
                failure=_choice(durable, "versionFailureStrategy", FailureStrategy.REJECT),
            ),
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


def _choice(section: dict[str, Any], name: str, default: Choice) -> Choice:
    """Returns one of the values of an enumeration.

    Raises:
        ValueError: the value is none of them. The extension does not start then either.
    """
    kind = type(default)
    value = _value(section, name, default)
    try:
        return kind(value)
    except ValueError:
        choices = " or ".join(repr(one.value) for one in kind)
        raise ValueError(f"{name} cannot be {value!r}; use {choices}") from None
