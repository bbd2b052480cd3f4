"""The transport sends each request once, even if a reused connection breaks."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from azure.core import AsyncPipelineClient
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest

from adapters.azure.transport import one_attempt_transport


@asynccontextmanager
async def breaking_server(seen: list[str]) -> AsyncIterator[str]:
    """Responds to a GET; accepts a PUT and closes the connection without a response."""

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.method)
        if request.method == "PUT":
            assert request.transport is not None
            request.transport.close()
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_request_is_sent_once(method: str) -> None:
    """By default aiohttp sends a PUT again if its connection breaks, even if the service has carried it out."""
    seen: list[str] = []
    async with (
        breaking_server(seen) as url,
        AsyncPipelineClient(url, policies=[], transport=one_attempt_transport()) as client,
    ):
        # the next request reuses this connection
        await client.send_request(HttpRequest("GET", url))
        if method == "PUT":
            with pytest.raises(ServiceRequestError, match="the connection broke"):
                await client.send_request(HttpRequest("PUT", url, json={}))
        else:
            await client.send_request(HttpRequest("GET", url))
    assert seen == ["GET", method]


@pytest.mark.parametrize(
    ("environment", "trusted"), [({}, False), ({"HTTPS_PROXY": "http://127.0.0.1:8080"}, True)]
)
async def test_the_environment_is_asked_for_a_proxy_only_where_it_names_one(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, trusted: bool
) -> None:
    """Each look for one takes a thread."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    transport = one_attempt_transport()
    try:
        assert transport.session.trust_env is trusted
    finally:
        await transport.session.close()
