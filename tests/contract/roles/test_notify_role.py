"""The role `notify` has exactly the required data action: with it a notice arrives, and without it none does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from adapters.azure.credentials import default_credential
from adapters.notices import HttpNotices
from domain.records.delivery import DeliveryAnswer
from tests.contract.infra.bicep import INFRA
from tests.integration.simulated_azure import way_to
from tests.workflow.estate import HERE, SEED

ROLE = json.loads((INFRA / "roles" / "notify.json").read_text(encoding="utf-8"))
EVENT = {"specversion": "1.0", "id": "1", "source": "/gallerist", "type": "gallerist.migration.ended"}
TOPIC = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.EventGrid/topics/notices"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


async def sent(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, **actions: Any) -> DeliveryAnswer:
    """Sends a notice to the topic with the app's own credential, which has these actions on the topic."""
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": TOPIC, "actions": [], **actions}
    server.set_roles([role])
    async with (
        way_to(server, monkeypatch, HERE) as (settings, _),
        default_credential(settings) as credential,
    ):
        sender = HttpNotices(credential)
        try:
            return await sender.to_topic(f"{server.arm}/topics{TOPIC}/api/events", EVENT)
        finally:
            await sender.close()


async def test_a_notice_arrives_with_the_role(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"actions": ROLE["actions"], "dataActions": ROLE["dataActions"]}
    assert (await sent(server, monkeypatch, **given)).outcome == "delivered"
    assert server.published() == [{"topic": TOPIC, "event": EVENT}]


@pytest.mark.parametrize("lacking", ROLE["dataActions"])
async def test_no_notice_arrives_without_any_of_its_data_actions(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """Not even for an owner: no action of ARM includes a data action."""
    left = [action for action in ROLE["dataActions"] if action != lacking]
    answer = await sent(server, monkeypatch, actions=["*"], dataActions=left)
    assert answer.outcome != "delivered"
    assert "403" in answer.reason
    assert server.published() == []


def test_the_role_has_no_action_of_arm() -> None:
    assert ROLE["actions"] == []
