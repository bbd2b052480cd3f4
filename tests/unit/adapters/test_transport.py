"""The transport: a call is one attempt, also where a connection that was used before breaks."""

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
    """Answers a GET, and takes a PUT without ever answering it."""

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
    """By itself aiohttp would send a PUT again whose connection broke after the work was done."""
    seen: list[str] = []
    async with (
        breaking_server(seen) as url,
        AsyncPipelineClient(url, policies=[], transport=one_attempt_transport()) as client,
    ):
        # so that the connection is one that was used before
        await client.send_request(HttpRequest("GET", url))
        if method == "PUT":
            with pytest.raises(ServiceRequestError, match="the connection broke"):
                await client.send_request(HttpRequest("PUT", url, json={}))
        else:
            await client.send_request(HttpRequest("GET", url))
    assert seen == ["GET", method]
