"""The HTTP transport of the Azure clients: a call is one attempt; what follows from its end is decided elsewhere."""

from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from azure.core.pipeline.transport import AioHttpTransport


def one_attempt_transport() -> Any:
    """A transport that tells of a connection that broke instead of sending the request again.

    aiohttp repeats a PUT by itself when a connection that was used before breaks, although the first one may have
    been carried out. Whoever asked has to read what happened before anything is written again.
    """
    session = aiohttp.ClientSession(
        # as the transport makes its session, but for the last
        trust_env=True,
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
        # an error that aiohttp takes for no reason to repeat
        raise aiohttp.ClientError(f"the connection broke: {error}") from error
