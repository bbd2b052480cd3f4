"""The calls to Azure: what does not need a server. The others run over HTTP against the simulator."""

import pytest

from adapters.azure.compute import Compute
from tests.unit.builders import SUBSCRIPTION
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
    compute = Compute(SETTINGS, credential=None)
    assert await compute.get_operation_error(SUBSCRIPTION, url) is None
