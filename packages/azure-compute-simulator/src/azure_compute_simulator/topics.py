"""Custom topics of Event Grid as a publisher sees them: a data action, and not an action of ARM, allows to send.

In Azure a topic has a host of its own. Here the path below `PREFIX` is the topic's resource id, then `/api/events`.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from azure_compute_simulator.access import grants_data
from azure_compute_simulator.errors import SimulatedError
from azure_compute_simulator.identity import Identity
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json

PREFIX = "/topics"
SEND = "Microsoft.EventGrid/events/send/action"
AUDIENCES = frozenset({"https://eventgrid.azure.net"})
_END = "/api/events"
# documented: the version of a topic's endpoint, and how CloudEvents are sent in a batch or alone
_API_VERSION = "2018-01-01"
_BATCH = "application/cloudevents-batch+json"
_SINGLE = "application/cloudevents+json"
# documented: what CloudEvents 1.0 require
_REQUIRED = ("specversion", "id", "source", "type")
# documented: an array of events may have 1 MB
_LARGEST = 1024 * 1024


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Published(NamedTuple):
    """An event that a topic took."""

    topic: str
    event: Json


class Topics:
    """Every custom topic: whoever has the data action may send, and what was sent is kept. Nothing is delivered."""

    def __init__(self, azure: Azure, identity: Identity) -> None:
        self._azure = azure
        self._identity = identity
        self.published: list[Published] = []

    def publish(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], data: bytes
    ) -> tuple[int, Json | None]:
        """Answers a POST of events: 200 without a body, or a status with an error."""
        topic = path.removeprefix(PREFIX).removesuffix(_END)
        try:
            self._check(path, topic, query, headers.get("Authorization"))
            events = _events(headers.get("Content-Type", ""), data)
        except SimulatedError as error:
            return 401, _error("Unauthorized", str(error))
        except _RefusedError as refusal:
            return refusal.status, _error(refusal.code, str(refusal))
        with self._azure.lock:
            self.published += [Published(topic, event) for event in events]
        return 200, None

    def _check(self, path: str, topic: str, query: Mapping[str, str], authorization: str | None) -> None:
        if not path.endswith(_END) or "/providers/microsoft.eventgrid/topics/" not in topic.lower():
            raise _RefusedError(404, "NotFound", "There is no topic at this address.")
        principal = self._identity.principal(authorization, AUDIENCES)
        if not grants_data(self._azure.roles, principal, SEND, topic):
            # reported
            message = (
                "The principal associated with access token presented with the incoming request does not have "
                f"permission to send data to {topic}."
            )
            raise _RefusedError(403, "Forbidden", message)
        if query.get("api-version") != _API_VERSION:
            raise _RefusedError(400, "BadRequest", f"The api-version must be {_API_VERSION}.")


def _events(content_type: str, data: bytes) -> list[Json]:
    """The CloudEvents of a body. Raises _RefusedError."""
    if len(data) > _LARGEST:
        raise _RefusedError(413, "RequestEntityTooLarge", "The events have more than 1 MB.")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (_BATCH, _SINGLE):
        raise _RefusedError(400, "BadRequest", f"A topic for CloudEvents does not take {kind or 'no type'}.")
    try:
        body: Any = json.loads(data)
    except ValueError:
        raise _RefusedError(400, "BadRequest", "The body is not JSON.") from None
    events = body if kind == _BATCH else [body]
    if not isinstance(events, list) or not all(
        isinstance(event, dict) and all(event.get(name) for name in _REQUIRED) for event in events
    ):
        raise _RefusedError(400, "BadRequest", "An event lacks what CloudEvents 1.0 require.")
    return events


def _error(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message, "details": [{"code": code, "message": message}]}}
