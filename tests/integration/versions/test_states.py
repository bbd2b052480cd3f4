"""The states of a definition's versions, as a batch reads them over HTTP."""

from collections.abc import AsyncIterator

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from domain.errors import ArmError
from domain.resources.galleries import VersionStates
from domain.resources.ids import ImageDefinitionId
from tests.integration.simulated_azure import way_to
from tests.integration.versions.test_passed_end_of_life import LATER, VERSION, resources
from tests.workflow.estate import HERE, SEED

NOBODYS = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    async with way_to(server, monkeypatch, HERE) as way:
        server.reset({**SEED, "resources": [*SEED["resources"], *resources(LATER)]})
        yield way.arm


async def test_each_version_has_its_state(arm: Arm) -> None:
    found = await Compute(arm).list_version_states(VERSION.definition)
    assert found == VersionStates({VERSION.name: "Succeeded"}, 1)


async def test_a_definition_that_is_gone_has_no_versions(arm: Arm) -> None:
    gone = VERSION.definition.gallery.definition("nobody")
    assert (await Compute(arm).list_version_states(gone)).states == {}


async def test_another_failure_is_not_an_empty_list(arm: Arm) -> None:
    elsewhere = ImageDefinitionId.parse(str(VERSION.definition).replace(HERE, NOBODYS))
    with pytest.raises(ArmError, match="SubscriptionNotFound"):
        await Compute(arm).list_version_states(elsewhere)
    await arm.client(NOBODYS).close()
