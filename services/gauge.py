"""Reads the gauge from the task hub, and keeps the last one for the health. It asks nothing of Azure."""

import time
from datetime import UTC, datetime
from typing import NamedTuple

import azure.durable_functions as df
from pydantic import ValidationError

from adapters.task_hub import TaskHub
from domain import names
from domain.errors import TaskHubError
from domain.fleet.batches import SWEEP_BATCH_ID
from domain.fleet.gauge import Gauge
from domain.migration.status import MigrationRecord
from services.container import Services, services
from services.view_migration import list_migrations

# anybody may ask for the health: the task hub is read once in this time, whoever asks how often
_KEPT_SECONDS = 60


class LastHeard(NamedTuple):
    """When the sweep was last at work, and when an event last started a migration, as of the last gauge."""

    sweep: datetime | None
    event: datetime | None


class _Kept(NamedTuple):
    by: Services
    until: float
    heard: LastHeard


_kept: _Kept | None = None


async def read_gauge(client: df.DurableOrchestrationClient) -> Gauge:
    """Counts every migration that the task hub knows, and keeps the result."""
    records = [record async for record, _ in list_migrations(client) if isinstance(record, MigrationRecord)]
    hub = TaskHub(client)
    gauge = Gauge.of(records, datetime.now(UTC), await _last_sweep(hub))
    await hub.keep_gauge(gauge)
    return gauge


async def last_heard(client: df.DurableOrchestrationClient) -> LastHeard:
    """When the app was last told of images, at most a minute old in this process.

    Raises:
        TaskHubError: the task hub does not answer.
    """
    global _kept  # noqa: PLW0603 # one for the process, and for its services
    if _kept is not None and _kept.by is services() and time.monotonic() < _kept.until:
        return _kept.heard
    hub = TaskHub(client)
    try:
        heard = LastHeard(await _last_sweep(hub), await _last_event(hub))
    except Exception as error:  # the SDK raises bare Exceptions
        raise TaskHubError(f"the task hub does not answer: {error}") from error
    _kept = _Kept(services(), time.monotonic() + _KEPT_SECONDS, heard)
    return heard


async def _last_sweep(hub: TaskHub) -> datetime | None:
    sweep = await hub.get(SWEEP_BATCH_ID)
    return sweep.updated if sweep else None


async def _last_event(hub: TaskHub) -> datetime | None:
    try:
        return Gauge.model_validate(await hub.entity_state(names.LAST_GAUGE, "all")).last_event
    except ValidationError:
        # none yet, or one of another release
        return None
