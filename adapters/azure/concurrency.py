"""Asking Azure for many things: side by side, and never more at once than the service puts up with."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

# the service counts lists and reads per subscription
CALLS_AT_ONCE = 8
Value = TypeVar("Value")


async def gather(calls: Iterable[Awaitable[Value]]) -> list[Value]:
    """What the calls give, in their order; the first one that raises ends it."""
    limit = asyncio.Semaphore(CALLS_AT_ONCE)

    async def one(call: Awaitable[Value]) -> Value:
        async with limit:
            return await call

    return await asyncio.gather(*(one(call) for call in calls))
