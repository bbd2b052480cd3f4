"""Passing hints on: to the migration that waits for the version, with one read of the task hub and none of Azure."""

from typing import Any

import pytest
from azure.durable_functions import EntityId
from azure.durable_functions.models.EntityStateResponse import EntityStateResponse

from domain.migration.durations import Duration, Durations
from domain.migration.hints import HintRecord
from domain.migration.publishing import ledger_key
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import migration_id
from services.hints import pass_on
from services.watch_memory import durations_of, hints_of
from tests.unit.builders import GALLERY, OTHER_GALLERY, definition_id, image_id
from tests.unit.fakes import FakeDurableClient

VERSION = definition_id().version("1.0.0")
MIGRATION = migration_id(image_id())


class Hub(FakeDurableClient):
    """Entities by name and key. An event to an instance that does not run is refused, as by the SDK."""

    def __init__(self, ledger: Any = None) -> None:
        super().__init__()
        self.reads = 0
        self.unavailable: Exception | None = None
        self.states: dict[tuple[str, str], Any] = {}
        if ledger is not None:
            self.states["version_ledger", ledger_key(definition_id())] = ledger

    async def read_entity_state(self, entity: EntityId) -> EntityStateResponse:
        self.reads += 1
        state = self.states.get((entity.name, entity.key))
        return EntityStateResponse(state is not None, state)

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        if self.unavailable is not None:
            raise self.unavailable
        status = await self.get_status(instance_id)
        if not status:
            raise Exception(f"No instance with ID {instance_id} found.")  # noqa: TRY002 # as the SDK does
        if status.runtime_status.value in ("Completed", "Failed", "Terminated"):
            raise Exception(f"Instance with ID {instance_id} is gone: either completed or failed")  # noqa: TRY002
        await super().raise_event(instance_id, event_name, event_data)


def reserved() -> dict[str, str]:
    return {f"{image_id().key}@fingerprint": "1.0.0", f"{image_id('other').key}@fingerprint": "1.0.1"}


@pytest.mark.parametrize("version", [VERSION, ImageVersionId.parse(str(VERSION).upper())])
async def test_a_hint_reaches_the_migration_that_reserved_the_number(version: ImageVersionId) -> None:
    """Event Grid changes the case of ids."""
    hub = Hub(reserved())
    hub.add(MIGRATION, "Running")
    assert await pass_on(hub, version) == [MIGRATION]
    assert hub.raised == [(MIGRATION, "look")]
    assert hub.reads == 1


async def test_a_hint_that_comes_twice_is_passed_on_twice() -> None:
    """The migration looks again, which is all that a hint may cost."""
    hub = Hub(reserved())
    hub.add(MIGRATION, "Running")
    for _ in range(2):
        await pass_on(hub, VERSION)
    assert hub.raised == [(MIGRATION, "look")] * 2


@pytest.mark.parametrize("status", [None, "Completed", "Failed", "Terminated"])
async def test_a_migration_that_has_ended_or_is_gone_is_not_asked(status: str | None) -> None:
    hub = Hub(reserved())
    if status is not None:
        hub.add(MIGRATION, status)
    assert await pass_on(hub, VERSION) == []
    assert hub.raised == []


@pytest.mark.parametrize(
    ("ledger", "version"),
    [
        (None, VERSION),
        (reserved(), definition_id().version("9.9.9")),
        (reserved(), definition_id("another").version("1.0.0")),
        (reserved(), definition_id(within=OTHER_GALLERY).version("1.0.0")),
        ("damaged", VERSION),
        ({"damaged": "1.0.0"}, VERSION),
    ],
)
async def test_a_version_that_nobody_here_publishes_concerns_nobody(
    ledger: Any, version: ImageVersionId
) -> None:
    hub = Hub(ledger)
    hub.add(MIGRATION, "Running")
    assert await pass_on(hub, version) == []
    assert (hub.raised, hub.reads) == ([], 1)


async def test_a_hint_fails_if_the_task_hub_does() -> None:
    """Event Grid then delivers it again."""
    hub = Hub(reserved())
    hub.add(MIGRATION, "Running")
    hub.unavailable = Exception("Webhook returned unrecognized status code 500")
    with pytest.raises(Exception, match="status code 500"):
        await pass_on(hub, VERSION)


async def test_what_earlier_watches_taught_is_read_by_gallery_and_by_definition() -> None:
    hub = Hub()
    hub.states["gallery_hints", GALLERY.digest] = {"outcomes": [True] * 5}
    past = [{"seconds": 428, "size_gb": 30, "regions": 3}]
    hub.states["definition_durations", definition_id().digest] = {"past": past}
    assert (await hints_of(hub, GALLERY)).proven
    assert await durations_of(hub, definition_id()) == Durations(
        past=[Duration(seconds=428, size_gb=30, regions=3)]
    )
    assert await hints_of(hub, OTHER_GALLERY) == HintRecord()
    assert await durations_of(hub, definition_id("another")) == Durations()


@pytest.mark.parametrize("state", ["text", {"outcomes": 7, "past": 7}])
async def test_a_damaged_memory_is_an_empty_one(state: Any) -> None:
    hub = Hub()
    hub.states["gallery_hints", GALLERY.digest] = state
    hub.states["definition_durations", definition_id().digest] = state
    assert await hints_of(hub, GALLERY) == HintRecord()
    assert await durations_of(hub, definition_id()) == Durations()
