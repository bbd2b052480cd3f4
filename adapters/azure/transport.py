"""The HTTP transport of the Azure clients: each call is one attempt. Orchestrators decide about retries."""

from typing import Any
from urllib.request import getproxies

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from azure.core.pipeline.transport import AioHttpTransport


def one_attempt_transport() -> Any:
    """Returns a transport that raises when a connection breaks, instead of sending the request again.

    aiohttp repeats a PUT by itself when a reused connection breaks, although the service may have carried out the
    first one. The caller must read what happened before it writes again.
    """
    session = aiohttp.ClientSession(
        # the same arguments as AioHttpTransport uses for its own session, plus the middleware
        # where it is trusted, aiohttp looks for a proxy and for netrc in a thread, twice for each request
        trust_env=bool(getproxies()),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        middlewares=(_one_attempt,),
    )
    return AioHttpTransport(session=session)


async def _one_attempt(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        # raise a type that aiohttp does not retry
        raise aiohttp.ClientError(f"the connection broke: {error}") from error
