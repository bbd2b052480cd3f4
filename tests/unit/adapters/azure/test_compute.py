"""The calls to Azure: what does not need a server. The others run over HTTP against the simulator."""

import asyncio

import pytest

from adapters.azure.arm import Arm, Page
from adapters.azure.compute import Compute
from tests.unit.builders import SUBSCRIPTION, definition_id
from tests.unit.fakes import SETTINGS


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/operations/1",
        "https://management.azure.com.example/1",
        "http://management.azure.com/1",
    ],
)
async def test_a_token_is_sent_to_the_configured_endpoint_only(url: str) -> None:
    """The operation's URL comes from a response. Without a credential any request would raise."""
    compute = Compute(Arm(SETTINGS, credential=None))
    assert await compute.get_operation_error(definition_id(), url) is None


class ListingArm(Arm):
    """Answers every list with one location, after the others had their turn, and notes what was asked for."""

    def __init__(self) -> None:
        super().__init__(SETTINGS, credential=None)
        self.paths: list[str] = []

    async def page(self, _: str, path: str) -> Page:
        self.paths.append(path.partition("?")[0])
        answered = asyncio.Event()
        asyncio.get_running_loop().call_soon(answered.set)
        await answered.wait()
        return Page({"value": [{"id": str(definition_id()), "location": "West US 2", "name": "westus2"}]})


async def test_plans_at_once_share_one_read_of_the_counts_and_the_regions() -> None:
    arm = ListingArm()
    compute = Compute(arm)

    counted = definition_id().type_name()
    counts = await asyncio.gather(*(compute.count_resources(SUBSCRIPTION, counted) for _ in range(3)))
    regions = await asyncio.gather(*(compute.list_regions(SUBSCRIPTION) for _ in range(3)))

    assert counts == [{"westus2": 1}] * 3
    assert regions == [frozenset({"westus2"})] * 3
    assert arm.paths == [
        f"/subscriptions/{SUBSCRIPTION}/resources",
        f"/subscriptions/{SUBSCRIPTION}/locations",
    ]
