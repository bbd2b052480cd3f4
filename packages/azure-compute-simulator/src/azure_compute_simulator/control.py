"""The control plane under `/_simulator`: HTTP in front of the methods of `Simulator`, nothing more."""

import json
from collections.abc import Callable
from typing import Any

from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.service import Simulator

PREFIX = "/_simulator"

_Answer = tuple[int, Any]


def handle(simulator: Simulator, method: str, path: str, data: bytes) -> _Answer:
    """Answer a control request with a status and a JSON body; what is wrong with it is said in a 400."""
    try:
        body = json.loads(data) if data else {}
        if not isinstance(body, dict):
            return 400, {"error": "The body must be a JSON object."}
        return _dispatch(simulator, method, path.removeprefix(PREFIX).strip("/"), body)
    except (ValueError, TypeError) as error:
        return 400, {"error": str(error)}


def _dispatch(simulator: Simulator, method: str, path: str, body: Json) -> _Answer:
    name, _, rest = path.partition("/")
    if name == "event-subscriptions":
        return _event_subscriptions(simulator, method, rest, body)
    readers: dict[str, Callable[[], Any]] = {
        "state": simulator.state,
        "transitions": simulator.transitions,
        "switches": simulator.switches,
        "requests": simulator.requests,
        "events": simulator.events,
        "faults": simulator.faults,
        "roles": simulator.roles,
        "locks": simulator.locks,
    }
    writers: dict[str, Callable[..., Any]] = {
        "reset": simulator.reset,
        "transitions": simulator.set_transitions,
        "switches": simulator.set_switches,
        "events": simulator.set_event_switches,
        "faults": simulator.add_fault,
        "roles": simulator.set_roles,
        "locks": simulator.set_locks,
        "time": simulator.skip_time,
        "publish": lambda event=None, resourceId=None: simulator.publish(event, resourceId),  # noqa: N803 - JSON's name
    }
    if method == "GET" and name in readers:
        return 200, readers[name]()
    if method == "POST" and name in writers:
        return 200, writers[name](**body) or {}
    if method == "DELETE" and name == "faults":
        simulator.clear_faults()
        return 200, {}
    return 404, {
        "error": f"{method} {PREFIX}/{path} does not exist.",
        "read": list(readers),
        "write": list(writers),
    }


def _event_subscriptions(simulator: Simulator, method: str, name: str, body: Json) -> _Answer:
    if method == "GET" and not name:
        return 200, simulator.event_subscriptions()
    if method == "PUT" and name:
        simulator.put_event_subscription(name, body)
        return 201, body
    if method == "DELETE" and name:
        simulator.delete_event_subscription(name)
        return 200, {}
    raise ValueError(f"Use PUT or DELETE {PREFIX}/event-subscriptions/<name>, or GET without a name.")
