"""How long the client waits for an end. No I/O: both clients share it."""

from http import HTTPStatus
from typing import Generic, TypeVar

import httpx

from api import answers
from client.calls import Call, retry_after
from client.errors import ProblemError, StillRunningError
from domain.fleet.states import ENDS as BATCH_ENDS
from domain.migration.states import ENDS as MIGRATION_ENDS

# where an answer does not say when to ask again
POLL_SECONDS = 10.0

Ending = TypeVar("Ending", answers.Migration, answers.Batch)


def has_ended(found: answers.Migration | answers.Batch) -> bool:
    """Whether the migration or batch is in an end state."""
    if isinstance(found, answers.Migration):
        return found.state in MIGRATION_ENDS
    return found.state in BATCH_ENDS


class Wait(Generic[Ending]):
    """Waits for an end: as long as the answers ask for, and no longer than the caller allows."""

    def __init__(self, call: Call[Ending], within_seconds: float | None) -> None:
        self.call: Call[Ending] = call
        self._within_seconds = within_seconds
        self._waited_seconds = 0.0

    def read(self, response: httpx.Response) -> tuple[Ending | None, float]:
        """Returns what has ended, or None and the seconds until the next request.

        Raises:
            ProblemError: the API refused the request. A 503 is waited out.
            StillRunningError: the time is up.
        """
        try:
            found = self.call.read(response)
        except ProblemError as error:
            if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        else:
            if has_ended(found):
                return found, 0
        return None, self._pause(response)

    def _pause(self, response: httpx.Response) -> float:
        if self._within_seconds is not None and self._waited_seconds >= self._within_seconds:
            raise StillRunningError(self.call.ids["id"], self._waited_seconds)
        asked = retry_after(response)
        seconds = POLL_SECONDS if asked is None else asked
        self._waited_seconds += seconds
        return seconds
