"""Where Durable Functions keeps its state: what host.json says, whether the settings agree, and what fits into it.

`scripts/package.py` writes the backend into host.json. What scales the app reads that file alone, so an app setting
that overrides it would leave migrations asleep (Azure/azure-functions-durable-extension, issue 2622).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from adapters.settings import APP_ROOT, SCHEDULER, Settings
from domain.errors import SettingError, TooLargeError

Backend = Literal["storage", "scheduler"]

# "1 MB" for inputs, outputs, events, custom status and entity state (documented: "Durable Task Scheduler"), of which
# this is the smaller reading. Only apps in .NET can have more stored elsewhere (documented: "Large payload support
# with Durable Task Scheduler").
LARGEST_SCHEDULER_BYTES = 1_000_000


def backend_of(folder: Path = APP_ROOT) -> Backend:
    """Returns the backend that host.json names.

    Raises:
        SettingError: it names one that Gallerist does not know.
    """
    file = folder / "host.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    durable = (document.get("extensions") or {}).get("durableTask") or {}
    provider = durable.get("storageProvider") or {}
    kind = str(provider.get("type") or "AzureStorage")
    known: dict[str, Backend] = {"azurestorage": "storage", "azuremanaged": "scheduler"}
    if kind.lower() not in known:
        raise SettingError(
            f"host.json has the storage provider '{kind}'; use AzureStorage, or azureManaged for the scheduler"
        )
    name = provider.get("connectionStringName")
    if known[kind.lower()] == "scheduler" and name != SCHEDULER:
        raise SettingError(
            f"host.json reads the scheduler's address from the setting '{name}'; name {SCHEDULER}"
        )
    return known[kind.lower()]


def check_backend(settings: Settings, folder: Path = APP_ROOT) -> None:
    """Compares the backend of host.json with the settings.

    Raises:
        SettingError: they disagree, so the app would keep its state in one backend and be scaled by another.
    """
    backend = backend_of(folder)
    if backend == "storage" and settings.has_scheduler:
        raise SettingError(
            f"{SCHEDULER} is set, but host.json names Azure Storage; deploy a package that was built for the "
            "scheduler (make package BACKEND=scheduler; docs/deploying.md), or remove the setting"
        )
    if backend == "scheduler" and not settings.has_scheduler:
        raise SettingError(
            f"host.json names the Durable Task Scheduler, but {SCHEDULER} is not set; deploy infra/ with "
            "durableBackend=scheduler, or a package that was built for Azure Storage (make package)"
        )


@cache
def largest_bytes() -> int | None:
    """How large a value may be that the task hub stores; None where it stores larger ones elsewhere by itself."""
    return LARGEST_SCHEDULER_BYTES if backend_of() == "scheduler" else None


def check_size(what: str, value: Any, largest: int | None) -> None:
    """Refuses a value that the task hub would refuse later, or never hand over.

    Raises:
        TooLargeError: its JSON has more bytes.
    """
    if largest is None:
        return
    size = len(json.dumps(value))
    if size > largest:
        raise TooLargeError(
            f"{what} has {size:,} bytes, and the Durable Task Scheduler takes {largest:,}: name fewer images at a "
            "time, or deploy with durableBackend=storage, which has no such limit"
        )
