"""The creation time of an image over HTTP: from a list that the images of its group share while it has them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from azure.core.rest import HttpRequest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from adapters.azure.kept import KeptLists
from domain.errors import NotYetError
from domain.resources.ids import ImageId
from tests.integration.simulated_azure import way_to
from tests.workflow.estate import HERE, SEED, an_image


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    async with way_to(server, monkeypatch, HERE) as way:
        yield way.arm


async def test_an_image_that_was_created_just_after_the_list_was_read_has_its_time(
    arm: Arm, server: SimulatorServer
) -> None:
    """The next image of a build often comes within the second, and a migration waits a minute for a missing time."""
    compute = Compute(arm, KeptLists(arm, arm.clock.now))
    first, second = await _create(arm, server, "first"), ImageId.parse(an_image("second")["id"])
    await compute.get_managed_image(first)

    await _create(arm, server, "second")
    image = await compute.get_managed_image(second)

    assert image is not None
    assert image.created_at is not None


async def test_an_image_that_is_being_created_is_read_again_however_young_the_last_answer_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two waiting migrations made no call to ARM for an hour, and were given up while their images were there."""
    with SimulatorServer(SEED, transitions="seconds:428") as server:
        async with way_to(server, monkeypatch, HERE) as way:
            compute = Compute(way.arm, KeptLists(way.arm, way.arm.clock.now))
            image = await _create(way.arm, server, "slow")
            with pytest.raises(NotYetError, match="Creating"):
                await compute.get_managed_image(image, within=3600)

            server.skip_time(600)

            assert await compute.get_managed_image(image, within=3600) is not None


async def _create(arm: Arm, server: SimulatorServer, name: str) -> ImageId:
    image = an_image(name)
    body = {key: value for key, value in image.items() if key != "id"}
    url = f"{server.arm}{image['id']}?api-version=2024-07-01"
    response = await arm.client(HERE).send_request(HttpRequest("PUT", url, json=body))
    response.raise_for_status()
    server.skip_time(0.2)
    return ImageId.parse(image["id"])
