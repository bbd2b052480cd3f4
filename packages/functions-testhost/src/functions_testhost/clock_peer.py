"""Another program that shares the host's time, such as a simulator of the services that an app calls.

The peer's clock stands still, and the host moves it. The peer answers two requests at its URL: GET returns
`{"now": TIME, "next": TIME or null}`, where `next` is when something happens there by itself, and POST `{"to": TIME}`
moves its clock and returns the same once everything that was due then has happened.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp


class ClockPeerError(Exception):
    """The peer does not answer as it must."""


@dataclass(frozen=True)
class PeerTime:
    """A peer's time, and when something happens there next; None if nothing does."""

    now: datetime
    next: datetime | None


class ClockPeer:
    """The client of one peer."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def read(self) -> PeerTime:
        """Returns the peer's time. Raises ClockPeerError."""
        return await self._request("GET", None)

    async def move_to(self, moment: datetime) -> PeerTime:
        """Moves the peer's clock forward. Raises ClockPeerError."""
        return await self._request("POST", {"to": moment.isoformat()})

    async def _request(self, method: str, body: dict[str, str] | None) -> PeerTime:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, self._url, json=body, raise_for_status=True) as response,
            ):
                return _parse(await response.json())
        except (aiohttp.ClientError, KeyError, TypeError, ValueError) as error:
            raise ClockPeerError(f"The clock's peer at {self._url} does not answer: {error}") from error


def _parse(document: dict[str, Any]) -> PeerTime:
    due = document["next"]
    return PeerTime(datetime.fromisoformat(document["now"]), datetime.fromisoformat(due) if due else None)
