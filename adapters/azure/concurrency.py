"""Makes many calls to Azure at the same time, within a limit that the service tolerates."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

# the service counts lists and reads per subscription
CALLS_AT_ONCE = 8
Value = TypeVar("Value")


async def gather(calls: Iterable[Awaitable[Value]]) -> list[Value]:
    """Returns the results in the order of the calls. The first call that raises ends the whole."""
    limit = asyncio.Semaphore(CALLS_AT_ONCE)

    async def limited(call: Awaitable[Value]) -> Value:
        async with limit:
            return await call

    return await asyncio.gather(*(limited(call) for call in calls))
