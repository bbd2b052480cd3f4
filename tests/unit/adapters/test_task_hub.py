"""The task hub on a backend that takes no large values, and whose lists are in no known order."""

from typing import Any

import pytest

from adapters.task_hub import TaskHub
from domain.errors import TooLargeError
from domain.fleet.interruptions import Interruptions
from domain.migration.messages import MigrationRequest
from domain.records.freeze import Freeze
from tests.unit.builders import image_id
from tests.unit.fakes import FakeDurableClient

SMALL = 400


async def test_a_request_that_the_backend_does_not_take_is_refused_before_it_is_sent() -> None:
    client = FakeDurableClient()
    request = MigrationRequest(image=image_id(), started_by="x" * SMALL)
    with pytest.raises(
        TooLargeError, match=r"the request has .* bytes, and the Durable Task Scheduler takes 400"
    ):
        await TaskHub(client, SMALL).start("migrate_image", "migration-1", request)
    assert client.started == []
    assert await TaskHub(client).start("migrate_image", "migration-1", request)


async def test_the_state_of_an_entity_that_the_backend_does_not_take_is_refused() -> None:
    hub = TaskHub(FakeDurableClient(), SMALL)
    await hub.keep_interruptions(Interruptions())
    with pytest.raises(TooLargeError, match="the state of 'freeze' has"):
        await hub.keep_freeze(Freeze(frozen=True, by="ana", reason="x" * SMALL))


@pytest.mark.parametrize("segments", [(), (3,), (1, 0, 2)])
async def test_a_list_in_any_order_leaves_nothing_out_and_has_no_instance_of_another_kind(
    segments: tuple[int, ...],
) -> None:
    client = FakeDurableClient()
    client.sorts_and_selects, client.segments = False, segments
    wanted = [f"migration-{number}" for number in (4, 2, 9, 1, 7)]
    for name in ("batch-1", *wanted, "users-3"):
        client.add(name, "Running", {"image": str(image_id()), "started_by": "test"})
    hub = TaskHub(client)
    listed = [one async for one in hub.instances("migration-")]
    assert sorted(one.instance.id for one in listed) == sorted(wanted)
    for index, one in enumerate(listed):
        rest = [later.instance.id async for later in hub.instances("migration-", one.next)]
        assert rest == [later.instance.id for later in listed[index + 1 :]]


class EndingHub(FakeDurableClient):
    """A task hub in which what runs ends as soon as a start was refused because of it."""

    async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
        try:
            return await super().start_new(name, instance_id, input_)
        except Exception:
            self.instances[instance_id]["runtimeStatus"] = "Completed"
            raise


async def test_what_ends_while_it_is_looked_at_is_started_again() -> None:
    """The refusal would be an unforeseen error of whoever asked for the start."""
    client = EndingHub()
    client.add("migration-1", "Running")
    request = MigrationRequest(image=image_id(), started_by="test")
    assert await TaskHub(client).start("migrate_image", "migration-1", request)
    assert [started[:2] for started in client.started] == [("migrate_image", "migration-1")]
